import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const root = fileURLToPath(new URL("../", import.meta.url))

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^~(.*)/, replacement: `${root}$1` },
      // JSPI does not exist in Node 20: the plain build has the same interface and runs the wasm provider.
      { find: /^onnxruntime-web\/jspi$/, replacement: "onnxruntime-web" },
    ],
  },
  test: { setupFiles: ["test/speak-english.ts"], include: ["test/**/*.test.{ts,tsx}"], testTimeout: 60_000, hookTimeout: 60_000 },
})

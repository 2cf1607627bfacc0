// Bundles one TypeScript entry for Node, dependencies left outside.
import fs from "node:fs"
import { inRoot } from "./project.mjs"

/**
 * Bundles `entry` (from the root) to node_modules/.cache/pedigree/NAME.mjs and answers that path. Takes about half a second, so
 * it is always done afresh. The dependencies must be installed.
 * @param {string} entry @param {string} name
 */
export async function bundle(entry, name) {
  const { build } = await import("esbuild")
  const outfile = inRoot("node_modules", ".cache", "pedigree", `${name}.mjs`)
  // Written aside and renamed: another process may be about to load the same file.
  const aside = outfile.replace(/\.mjs$/, `.${process.pid}.mjs`)
  await build({
    absWorkingDir: inRoot(),
    entryPoints: [entry],
    outfile: aside,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    // JSPI does not exist in Node 20: the plain build has the same interface and runs the wasm provider.
    alias: { "onnxruntime-web/jspi": "onnxruntime-web" },
    jsx: "automatic",
    loader: { ".onnx": "binary" },
    sourcemap: "inline",
    logLevel: "warning",
  })
  fs.renameSync(aside, outfile)
  return outfile
}

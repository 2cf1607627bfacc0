// Before a build: makes ONNX Runtime's jspi bundle fit for a classic service worker (the package.json alias points to the result).
// The bundle's `import.meta.url` is a syntax error there, and the worker would silently be left without listeners.
import fs from "node:fs"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("../../node_modules/onnxruntime-web/dist/ort.jspi.bundle.min.mjs", import.meta.url))
const target = new URL("../../node_modules/.cache/ort/ort.mjs", import.meta.url)

const bundle = fs.readFileSync(source, "utf8")
if (!bundle.includes("import.meta.url")) {
  throw new Error("onnxruntime-web's bundle no longer uses import.meta.url: check src/tools/prepare-ort.mjs against the new version.")
}
fs.mkdirSync(new URL(".", target), { recursive: true })
// The source map is not in the build folder; Parcel would warn about it.
fs.writeFileSync(target, bundle.replaceAll("import.meta.url", "self.location.href").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"))

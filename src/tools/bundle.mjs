// Bundles one TypeScript entry for Node, dependencies left outside.
import fs from "node:fs"
import path from "node:path"
import { inRoot } from "./project.mjs"

/**
 * Bundles `entry` (from the root) to node_modules/.cache/pedigree/NAME.mjs and answers that path. Takes about half a second, so
 * it is always done afresh. The dependencies must be installed.
 * @param {string} entry @param {string} name
 * @param {Readonly<Record<string, string>>} [substitutes] files to take in place of others; a substitute itself imports what it replaces
 */
export async function bundle(entry, name, substitutes = {}) {
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
    plugins: Object.entries(substitutes).map(([original, substitute]) => substitution(inRoot(original), inRoot(substitute))),
    sourcemap: "inline",
    logLevel: "warning",
  })
  fs.renameSync(aside, outfile)
  return outfile
}

/** @param {string} original @param {string} substitute @returns {import("esbuild").Plugin} */
function substitution(original, substitute) {
  return {
    name: `instead of ${original}`,
    setup({ onResolve, onEnd, resolve }) {
      let used = false
      const stem = path.basename(original, path.extname(original))
      onResolve({ filter: new RegExp(`/${stem}$`) }, async ({ path: wanted, importer, pluginData, ...rest }) => {
        if (pluginData === original || importer === substitute) return null
        const found = await resolve(wanted, { ...rest, importer, pluginData: original })
        if (found.path !== original) return found
        used = true
        return { path: substitute }
      })
      // Otherwise a renamed file would quietly stop being replaced.
      onEnd(() => (used ? null : { errors: [{ text: `nothing imports ${original}, so nothing could be replaced` }] }))
    },
  }
}

// Starts the local Hub from the command line: node test/hub/serve.mjs --help
import { pathToFileURL } from "node:url"
import { bundle } from "../../src/tools/bundle.mjs"

await import(pathToFileURL(await bundle("test/hub/serve.ts", "serve-hub")).href)

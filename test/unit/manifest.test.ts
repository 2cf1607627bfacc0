import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { agreedGrants, grantsFromBuild, grantsFromSource } from "~src/tools/manifest.mjs"
import { inRoot } from "~src/tools/project.mjs"

const build = inRoot("build", "chrome-mv3-prod")

describe("what the extension may do", () => {
  test("is what was agreed to", () => {
    expect(grantsFromSource()).toEqual(agreedGrants())
  })

  test("stays narrow: no tabs, no cookies, no scripts on other sites, no code from text", () => {
    const agreed = agreedGrants()
    expect(agreed.permissions.filter((permission: string) => !["storage", "contextMenus"].includes(permission))).toEqual([])
    const hosts = [...agreed.host_permissions, ...agreed.content_scripts.flat()]
    expect(hosts.filter((host: string) => !/^https:\/\/(huggingface\.co|\*\.hf\.co)\//.test(host))).toEqual([])
    expect(agreed.content_security_policy.extension_pages.match(/'[^']*'/g)).toEqual(["'self'", "'wasm-unsafe-eval'", "'self'"])
  })

  // npm test builds first, so there this always runs.
  test.runIf(existsSync(build))("is the same in the built extension", () => {
    expect(grantsFromBuild(build)).toEqual(agreedGrants())
    const { web_accessible_resources: accessible = [] } = JSON.parse(readFileSync(`${build}/manifest.json`, "utf8"))
    const pages = accessible.flatMap(({ matches }: { matches: string[] }) => matches)
    expect([...new Set(pages)]).toEqual(["https://huggingface.co/*"])
  })

  test.runIf(existsSync(build))("runs no more than 15 kB on a page before its first sentence", () => {
    const { content_scripts: scripts } = JSON.parse(readFileSync(`${build}/manifest.json`, "utf8"))
    const files = scripts.flatMap(({ js }: { js: string[] }) => js)
    expect(files).toHaveLength(readdirSync(inRoot("contents")).length)
    for (const file of files) expect(statSync(`${build}/${file}`).size, file).toBeLessThanOrEqual(15_000)
  })
})

// `npm test`: checks, a build, then all tests, in real Chromium too. Further arguments go to vitest.
import fs from "node:fs"
import { check } from "./check.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { findBrowser } from "./find-browser.mjs"
import { buildExtension, inRoot, Refusal, runBin, runTool } from "./project.mjs"

const SUMMARY = inRoot("out", "test-summary.txt")
const RESULTS = inRoot("out", "test-results.json")

/** Runs vitest and answers its counts; a file that failed without a failing test (not loaded, not set up) counts as one failure. @param {string} browser */
async function runTests(browser) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${RESULTS}`]
  const args = ["run", "--config", "test/vitest.config.ts", ...reporters, ...process.argv.slice(2)]
  const { status } = await runBin("vitest", args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CHROME_PATH: browser },
  })
  if (!fs.existsSync(RESULTS)) throw new Refusal("The tests could not be started: see the messages above.")
  const results = JSON.parse(fs.readFileSync(RESULTS, "utf8"))
  const unready = results.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" && !file.assertionResults.some((/** @type {any} */ test) => test.status === "failed"),
  ).length
  const failed = results.numFailedTests + unready
  return { passed: results.numPassedTests, failed: status !== 0 && failed === 0 ? 1 : failed, skipped: results.numPendingTests }
}

await runTool(async () => {
  for (const file of [SUMMARY, RESULTS]) fs.rmSync(file, { force: true })
  fs.mkdirSync(inRoot("out"), { recursive: true })
  await ensureInstall()
  const browser = await findBrowser()
  const checks = await check()
  console.log("Building the extension ...")
  await buildExtension()
  const tests = await runTests(browser)
  // By hand one may choose among the tests; what is skipped in CI went untested.
  const skipped = process.env.CI ? tests.skipped : 0
  if (tests.skipped > 0) console.log(`${tests.skipped} skipped${skipped > 0 ? ", counted as failed" : ""}`)
  const failed = checks.failed + tests.failed + skipped + (tests.passed + tests.failed === 0 ? 1 : 0)
  const summary = `${checks.passed + tests.passed} passed, ${failed} failed`
  fs.writeFileSync(SUMMARY, `${summary}\n`)
  console.log(summary)
  return failed === 0 ? 0 : 1
})

import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { inRoot } from "~src/tools/project.mjs"

/** The sources of what runs on pages of the Hub, by path. */
const ON_PAGES = new Map(
  ["page", "panel", "browsing"].flatMap((folder) =>
    readdirSync(inRoot("src", "ui", folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file): [string, string] => [`${folder}/${file}`, readFileSync(inRoot("src", "ui", folder, file), "utf8")]),
  ),
)
/** The files that say it, each as often as it does. */
const saying = (pattern: RegExp) => [...ON_PAGES].flatMap(([file, text]) => [...text.matchAll(pattern)].map(() => file))

test("one observer watches a model's page, and one a list", () => {
  expect(saying(/new \w*Observer\(/g)).toEqual(["page/mount.ts", "browsing/start-badges.ts"])
})

test("no clock ticks but that of a countdown, while it is shown", () => {
  expect(saying(/\bsetInterval\(/g)).toEqual(["panel/FailureBox.tsx"])
})

import { createHash } from "node:crypto"
import fs from "node:fs/promises"
import path from "node:path"
import { parse } from "yaml"
import { PedigreeError } from "~src/core/errors"
import { parseModel } from "~src/hub/schemas"
import type { ModelRecord, RepoFile } from "~src/hub/types"
import { countParameters, listFiles } from "./local-files"

/** A model in a folder in Hub layout. */
export interface LocalModel {
  readonly folder: string
  readonly record: ModelRecord
  readonly files: readonly RepoFile[]
}

const MOST_TEXT = 10_000_000

/** Reads what the Hub would say of a folder: its card, configuration and files. Throws PedigreeError "no-weights". */
export async function readLocalModel(id: string, folder: string): Promise<LocalModel> {
  const files: RepoFile[] = []
  const stamp = createHash("sha1")
  for (const name of await listFiles(folder)) {
    const { size, mtimeMs } = await fs.stat(path.join(folder, name))
    files.push({ path: name, size, oid: null, xetHash: null })
    stamp.update(`${name}\0${size}\0${mtimeMs}\0`)
  }
  if (files.length === 0) {
    throw new PedigreeError("no-weights", `${folder} holds no files.`, "Give a folder that holds a model's weights and config.json.")
  }
  const config = record(await json(folder, "config.json"))
  const adapter = record(await json(folder, "adapter_config.json"))
  const weights = files.filter((file) => /^[^/]*\.safetensors$/.test(file.path))
  const found = parseModel({
    id,
    // Stands in for the commit: it changes when any file does.
    sha: stamp.digest("hex"),
    cardData: frontMatter(await text(folder, "README.md")),
    config: { ...config, ...(Object.keys(adapter).length > 0 ? { peft: adapter } : {}) },
    tags: [],
    safetensors: { parameters: await countParameters(folder, weights) },
    siblings: files.map((file) => ({ rfilename: file.path })),
  })
  if (!found) throw new PedigreeError("malformed", `${folder} cannot be read as a model.`, "Check its config.json and README.md.")
  return { folder, record: found, files }
}

async function text(folder: string, name: string): Promise<string> {
  const full = path.join(folder, name)
  const size = await fs.stat(full).then(
    (stat) => stat.size,
    () => 0,
  )
  return size === 0 || size > MOST_TEXT ? "" : fs.readFile(full, "utf8")
}

async function json(folder: string, name: string): Promise<unknown> {
  const content = await text(folder, name)
  try {
    return content === "" ? null : (JSON.parse(content) as unknown)
  } catch {
    throw new PedigreeError("malformed", `${path.join(folder, name)} is not JSON.`, "Download the file again.")
  }
}

/** The card's YAML head; an unreadable one declares nothing, as on the Hub. */
function frontMatter(card: string): unknown {
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1]
  try {
    return head === undefined ? {} : (parse(head, { maxAliasCount: 100 }) as unknown)
  } catch {
    return {}
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

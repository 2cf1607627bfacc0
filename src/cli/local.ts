import { createHash } from "node:crypto"
import fs from "node:fs/promises"
import path from "node:path"
import { PedigreeError } from "~src/core/errors"
import type { Hub, RepoFile } from "~src/hub/types"
import { readRange } from "./local-files"
import { type LocalModel, readLocalModel } from "./local-record"

/**
 * Takes the folders among `names` (paths, or names that exist here as folders) for local models. `ids` are the names with each
 * folder replaced by an id of the form `local/folder-name`, and `wrap` makes a hub serve those ids from disk.
 * Throws PedigreeError "not-found" for a path that is no folder, "no-weights" or "malformed" for one that holds no model.
 */
export async function openLocalModels(names: readonly string[]): Promise<{ ids: readonly string[]; wrap: (hub: Hub) => Hub }> {
  const models = new Map<string, LocalModel>()
  const ids: string[] = []
  for (const name of names) {
    const folder = await localFolder(name)
    if (folder === null) {
      ids.push(name)
      continue
    }
    const id = freeId(path.basename(folder), models, folder)
    if (!models.has(id)) models.set(id, await readLocalModel(id, folder))
    ids.push(id)
  }
  return { ids, wrap: (hub) => (models.size === 0 ? hub : serveLocally(hub, models)) }
}

/** The folder that a name means, or null when it is for the Hub. Plain names are folders only if they exist as such, as for transformers. */
async function localFolder(name: string): Promise<string | null> {
  const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), name)
  const isFolder = await fs.stat(folder).then(
    (stat) => stat.isDirectory(),
    () => false,
  )
  if (isFolder) return folder
  if (path.isAbsolute(name) || /^\.{0,2}[\\/]|^\.{1,2}$/.test(name)) {
    throw new PedigreeError("not-found", `There is no folder ${name}.`, "Give a folder in Hub layout, or a model as owner/name.")
  }
  return null
}

function freeId(name: string, models: ReadonlyMap<string, LocalModel>, folder: string): string {
  const stem = `local/${name.replace(/[^\w.-]+|\.\.+|--+/g, "-").replace(/^[-.]+|[-.]+$|\.git$/g, "") || "model"}`.slice(0, 90)
  for (let count = 1; ; count += 1) {
    const id = count === 1 ? stem : `${stem}-${count}`
    const taken = models.get(id)
    if (!taken || taken.folder === folder) return id
  }
}

function serveLocally(hub: Hub, models: ReadonlyMap<string, LocalModel>): Hub {
  const fileOf = (model: LocalModel, name: string): RepoFile & { full: string } => {
    const file = model.files.find((known) => known.path === name)
    if (!file) throw new PedigreeError("no-such-file", `${model.record.id} has no file ${name}.`, "Look into the folder.")
    return { ...file, full: path.join(model.folder, name) }
  }
  return {
    endpoint: hub.endpoint,
    list: (query, call) => hub.list(query, call),
    async model(id, revision, call) {
      return models.get(id)?.record ?? hub.model(id, revision, call)
    },
    async files(ref, call) {
      const model = models.get(ref.id)
      return model ? Promise.all(model.files.map((file) => withOid(model, file))) : hub.files(ref, call)
    },
    async text(ref, name, maxBytes, call) {
      const model = models.get(ref.id)
      if (!model) return hub.text(ref, name, maxBytes, call)
      const file = fileOf(model, name)
      if (file.size > maxBytes) throw new PedigreeError("malformed", `${file.full} is longer than ${maxBytes} bytes.`, "Check the file.")
      const text = await fs.readFile(file.full, "utf8")
      call.meter.add(0, file.size, 0)
      return text
    },
    async range(ref, name, begin, end, options, call) {
      const model = models.get(ref.id)
      if (!model) return hub.range(ref, name, begin, end, options, call)
      call.signal.throwIfAborted()
      const { full, size } = fileOf(model, name)
      const answer = await readRange(full, size, begin, end)
      call.meter.add(0, answer.bytes.length, options.purpose === "weights" ? answer.bytes.length : 0)
      return answer
    },
  }
}

/** Files up to this size get their content address, by which the Hub's exact copies are known; larger ones would take minutes. */
const MOST_HASHED = 4 * 2 ** 30
const hashes = new Map<string, Promise<string>>()

async function withOid(model: LocalModel, file: RepoFile): Promise<RepoFile> {
  if (!/\.(safetensors|bin|gguf|pt|pth|onnx)$/.test(file.path) || file.size > MOST_HASHED) return file
  const full = path.join(model.folder, file.path)
  const hash = hashes.get(full) ?? sha256(full)
  hashes.set(full, hash)
  return { ...file, oid: await hash }
}

async function sha256(full: string): Promise<string> {
  const hash = createHash("sha256")
  const handle = await fs.open(full)
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Uint8Array)
  return hash.digest("hex")
}

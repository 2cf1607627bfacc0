import { MAX_NAME, MAX_TENSORS } from "~src/formats/safetensors-header"
import { PickleObject, type PickleValue } from "./pickle-values"
import { type TensorClaim, tensorOf, type Unreadable } from "./tensors"

/** Training tools nest the state dict two or three deep. */
const MAX_DEPTH = 6
/** Modules in modules; a transformer's reach some ten. */
const MAX_MODULE_DEPTH = 32

type Entries = ReadonlyMap<PickleValue, PickleValue>
type Tensors = Map<string, TensorClaim | Unreadable>

export interface StateDict {
  /** Names as the file has them, less what wraps all of them (`module.`). */
  readonly tensors: ReadonlyMap<string, TensorClaim | Unreadable>
  /** Where in the file it was found: `state_dict`, `model` ...; empty at the top. */
  readonly path: string
}

/**
 * The dictionary with the most tensors in it: the model's, whatever a training tool put beside and around it. Of equals the one
 * nearest to the top, then the first. A module that was saved whole counts as the state dict that it would give.
 * @throws PedigreeError "malformed", see {@link tensorOf}
 */
export function findStateDict(file: string, root: PickleValue): StateDict {
  const dictionaries = new Dictionaries()
  let best: StateDict = { tensors: new Map(), path: "" }
  let level: { readonly value: PickleValue; readonly path: string }[] = [{ value: root, path: "" }]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const below: typeof level = []
    for (const { value, path } of level) {
      const entries = dictionaries.open(value)
      if (entries === null) continue
      const tensors: Tensors = new Map()
      if (entries.has("_parameters") && entries.has("_modules")) addModule(file, dictionaries, entries, "", tensors, 0)
      else addTensors(file, entries, "", tensors)
      if (tensors.size > best.tensors.size) best = { tensors: unwrapped(tensors), path }
      for (const [key, inner] of entries) {
        if (typeof inner === "object" && inner !== null)
          below.push({ value: inner, path: path === "" ? label(key) : `${path}.${label(key)}` })
      }
    }
    level = below
  }
  return best
}

/** Opens every dictionary once: a pickle may hold one a million times, or hold it in itself. */
class Dictionaries {
  private readonly seen = new Set<PickleValue>()

  /** The entries of a dictionary, whatever class it is of; null for other values and for one seen before. */
  open(value: PickleValue | undefined): Entries | null {
    const store = storeOf(value)
    if (store === null || this.seen.has(store)) return null
    this.seen.add(store)
    if (store instanceof Map) return store
    return store.every((pair) => Array.isArray(pair) && pair.length === 2) ? new Map(store as [PickleValue, PickleValue][]) : null
  }
}

/** What holds the entries of a dictionary: a map, or Python 2's list of pairs. */
function storeOf(value: PickleValue | undefined): Map<PickleValue, PickleValue> | PickleValue[] | null {
  if (value instanceof Map) return value
  if (!(value instanceof PickleObject)) return null
  if (value.items.size > 0) return value.items
  if (value.state instanceof Map) return value.state
  const pairs = Array.isArray(value.args) ? value.args[0] : null
  return Array.isArray(pairs) ? pairs : null
}

function label(key: PickleValue): string {
  return typeof key === "string" ? key.slice(0, MAX_NAME) : typeof key === "number" ? String(key) : "?"
}

/** Wrappers that DataParallel and torch.compile put around a whole model. */
const WRAPPERS = ["module.", "_orig_mod."]

function unwrapped(tensors: Tensors): Tensors {
  const prefix = WRAPPERS.find((wrapper) => [...tensors.keys()].every((name) => name.startsWith(wrapper)))
  if (prefix === undefined || tensors.size === 0) return tensors
  return unwrapped(new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])))
}

function addTensors(file: string, entries: Entries, prefix: string, into: Tensors): void {
  for (const [key, value] of entries) {
    if (typeof key !== "string" || prefix.length + key.length > MAX_NAME) continue
    const tensor = tensorOf(file, value)
    if (tensor !== null) into.set(prefix + key, tensor)
  }
}

/** The parameters and buffers of a module and the modules in it, by the names that its state dict would give them. */
function addModule(file: string, dictionaries: Dictionaries, entries: Entries, prefix: string, into: Tensors, depth: number): void {
  if (depth === MAX_MODULE_DEPTH || into.size > MAX_TENSORS) return
  for (const part of ["_parameters", "_buffers"]) addTensors(file, dictionaries.open(entries.get(part)) ?? new Map(), prefix, into)
  for (const [key, value] of dictionaries.open(entries.get("_modules")) ?? []) {
    const inner = typeof key === "string" && prefix.length + key.length < MAX_NAME ? dictionaries.open(value) : null
    if (inner !== null) addModule(file, dictionaries, inner, `${prefix}${String(key)}.`, into, depth + 1)
  }
}

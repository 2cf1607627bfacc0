/** A class or function that a pickle names. It is only ever a name: nothing is imported, nothing is called. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`
  }
}

/** What a pickle would make by calling `callee` with `args`, kept as a description. */
export class PickleObject {
  /** Entries that it was filled with: an OrderedDict's. */
  readonly items = new Map<PickleValue, PickleValue>()
  /** What it was told to set itself up from; undefined if nothing. */
  state: PickleValue | undefined = undefined

  constructor(
    readonly callee: PickleValue,
    readonly args: PickleValue,
  ) {}
}

/** An object that lies outside the pickle, by the id that it has there. */
export class PickleReference {
  constructor(readonly id: PickleValue) {}
}

/** Lists, tuples and sets are arrays; whole numbers beyond 2^53 are bigints. A value may contain itself. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PickleReference

/** Modules through which a pickle reaches programs, files, the network or code; no weights need them. */
const DANGEROUS = new Set(
  (
    "os posix nt posixpath ntpath subprocess sys socket shutil runpy importlib imp pty commands popen2 webbrowser ctypes code codeop " +
    "pickle _pickle cPickle marshal shelve operator _operator pdb bdb timeit profile cProfile builtins __builtin__ " +
    "urllib urllib2 http httplib requests ftplib telnetlib smtplib multiprocessing pip winreg _winapi msvcrt"
  ).split(" "),
)
/** Whole names of such functions elsewhere. */
const DANGEROUS_NAMES =
  /^torch\.(load|hub\..*|jit\..*|storage\._load_from_bytes|serialization\.(load|_load.*)|_inductor\..*|utils\.(cpp_extension|_config_module)\..*)$|^types\.(FunctionType|LambdaType|CodeType)$|^numpy\.(load|fromfile|testing\..*)$/
/** Built-in types that are mere values. */
const HARMLESS_BUILTINS = new Set(
  "set frozenset dict list tuple int float long str unicode bytes bytearray bool complex object slice range xrange".split(" "),
)

/** True for what only an attack would name in a file of weights. */
export function isDangerous({ module, name, path }: PickleGlobal): boolean {
  const top = module.split(".")[0] ?? ""
  if (top === "builtins" || top === "__builtin__") return !HARMLESS_BUILTINS.has(name)
  return DANGEROUS.has(top) || DANGEROUS_NAMES.test(path)
}

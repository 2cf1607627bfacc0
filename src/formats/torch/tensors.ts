import { dtypeSize } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import { badTorch } from "./errors"
import { PickleGlobal, PickleObject, PickleReference, type PickleValue } from "./pickle-values"

/** A storage as the pickle names it: a run of elements of one type that lies outside. */
export interface StorageClaim {
  readonly key: string
  /** Null for a type that Pedigree doesn't read. */
  readonly dtype: Dtype | null
  /** The class that the pickle names. */
  readonly typeName: string
  /** Null for a class of unknown size. */
  readonly bytes: number | null
  /** True for a part of another storage, as files before 2018 have it. */
  readonly isView: boolean
}

/** A tensor as a view of a storage: element (i, j, ...) lies at offset + i * stride[0] + j * stride[1] + ... */
export interface TensorClaim {
  readonly storage: StorageClaim
  readonly dtype: Dtype
  readonly offset: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

/** A tensor that is there and can't be read, and why. */
export interface Unreadable {
  readonly reason: string
}

/** As for safetensors. */
const MAX_RANK = 8
/** Wrapped parameters come one or two deep. */
const MAX_WRAPPING = 8

const STORAGES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
}
/** Bytes of one element of storages whose values are not read. */
const OTHER_STORAGES: Readonly<Record<string, number>> = {
  UntypedStorage: 1,
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
}
/** `torch.float8_e4m3fn` and so on, as newer rebuild functions name an element type. */
const DTYPES: Readonly<Record<string, Dtype>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
}

/**
 * What a described object is as a tensor: a claim, an unreadable tensor, or null when it is none.
 * The rebuild functions are those of `torch/_utils.py`; their arguments are looked at, they are never run.
 * @throws PedigreeError "malformed" when its shape, strides or offset are no whole numbers below 2^53
 */
export function tensorOf(file: string, value: PickleValue): TensorClaim | Unreadable | null {
  let object = value
  for (let depth = 0; depth < MAX_WRAPPING; depth++) {
    if (!(object instanceof PickleObject) || !(object.callee instanceof PickleGlobal) || !Array.isArray(object.args)) return null
    const { args } = object
    switch (object.callee.path) {
      case "torch._utils._rebuild_parameter":
      case "torch._utils._rebuild_parameter_with_state":
      case "torch.nn.parameter.Parameter":
        object = args[0] as PickleValue
        break
      case "torch._tensor._rebuild_from_type_v2":
        object = new PickleObject(args[0] as PickleValue, args[2] as PickleValue)
        break
      case "torch._utils._rebuild_tensor":
      case "torch._utils._rebuild_tensor_v2":
        return claim(file, args, null)
      case "torch._utils._rebuild_tensor_v3":
        return claim(file, args, args[6])
      default:
        return /^torch\._utils\._rebuild_\w*tensor|^torch\._tensor\./.test(object.callee.path)
          ? { reason: `made by ${object.callee.path}, which Pedigree does not read` }
          : null
    }
  }
  return null
}

/** True for names that {@link tensorOf} and {@link storageOf} understand, or that carry no values. */
export function isKnownGlobal({ module, name, path }: PickleGlobal): boolean {
  if (module === "torch" || module === "torch.cuda" || module === "torch.storage") {
    return (
      /Storage$/.test(name) || Object.hasOwn(DTYPES, name) || ["Size", "device", "per_tensor_affine", "per_channel_affine"].includes(name)
    )
  }
  return /^(torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_from_type_v2|torch\.nn\.parameter\.Parameter|torch\.serialization\._get_layout|collections\.(OrderedDict|defaultdict)|_codecs\.encode|(builtins|__builtin__)\.\w+)$/.test(
    path,
  )
}

function claim(file: string, args: readonly PickleValue[], dtypeArg: PickleValue | undefined): TensorClaim | Unreadable {
  const storage = storageOf(file, args[0] as PickleValue)
  if (storage?.isView) return { reason: "its storage is a part of another, as only the oldest files have it" }
  if (storage === null) return { reason: "its storage is not described as torch.save does" }
  const [offset, shape, stride] = [args[1], args[2], args[3]]
  if (!isCount(offset) || !isCounts(shape) || !isCounts(stride) || shape.length !== stride.length) {
    throw badTorch(file, `a tensor in storage ${JSON.stringify(storage.key.slice(0, 100))} has a shape, strides or an offset that can't be`)
  }
  let { dtype } = storage
  let named = storage.typeName
  if (dtypeArg instanceof PickleGlobal) {
    named = dtypeArg.path
    dtype = dtypeArg.module === "torch" && Object.hasOwn(DTYPES, dtypeArg.name) ? (DTYPES[dtypeArg.name] as Dtype) : null
  }
  if (dtype === null) return { reason: `element type ${named.slice(0, 60)} is not supported` }
  return { storage, dtype, offset, shape, stride }
}

/**
 * `('storage', type, key, device, elements)`, with a sixth part for views of storages in legacy files; null for anything else.
 * @throws PedigreeError "malformed" when it claims what is no number of elements below 2^53
 */
export function storageOf(file: string, value: PickleValue): StorageClaim | null {
  if (!(value instanceof PickleReference) || !Array.isArray(value.id)) return null
  const [word, type, key, , elements, view] = value.id
  if (word !== "storage" || !(type instanceof PickleGlobal) || typeof key !== "string") return null
  if (!isCount(elements)) {
    const claimed = typeof elements === "bigint" || typeof elements === "number" ? elements : "no number of"
    throw badTorch(file, `storage ${JSON.stringify(key.slice(0, 100))} claims ${claimed} elements`)
  }
  const isTorch = /^torch(\.cuda|\.storage)?$/.test(type.module)
  const dtype = isTorch && Object.hasOwn(STORAGES, type.name) ? (STORAGES[type.name] as Dtype) : null
  const other = isTorch && Object.hasOwn(OTHER_STORAGES, type.name) ? (OTHER_STORAGES[type.name] as number) : null
  const size = dtype === null ? other : dtypeSize(dtype)
  return { key, dtype, typeName: type.path, bytes: size === null ? null : elements * size, isView: (view ?? null) !== null }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount)
}

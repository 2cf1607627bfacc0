/** Element types as safetensors names them. */
export type Dtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL"

/** One tensor as its container lists it, with its canonical place in the network. */
export interface CanonicalTensor {
  readonly name: string
  readonly role: string
  readonly layer: number | null
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** File that holds it, and absolute byte offsets [begin, end) in that file. */
  readonly file: string
  readonly begin: number
  readonly end: number
}

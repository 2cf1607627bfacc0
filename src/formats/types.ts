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

/** How a tensor's values are packed into fewer bits than their dtype has. */
export interface Packing {
  /** The scheme's own name: `Q4_K`, `GPTQ`, `AWQ`, `NF4`, `FP8`, `MLX` ... */
  readonly scheme: string
  /** Bits of one weight, its share of scales and zero points left out. */
  readonly bits: number
  /** Weights that share one scale; null where a whole row or tensor does. */
  readonly group: number | null
}

/** One tensor as its container lists it, with its canonical place in the network. */
export interface CanonicalTensor {
  readonly name: string
  readonly role: string
  readonly layer: number | null
  /** Type of the values that {@link Container.unpack} gives: the stored one, or F32 where they are packed. */
  readonly dtype: Dtype
  /** Logical shape, as PyTorch has it. */
  readonly shape: readonly number[]
  /** Null where the elements are stored as they are. */
  readonly packing: Packing | null
  /** Bytes that it takes in its file, scales included. */
  readonly bytes: number
  /** What lies together in the file and is read as one line: rows, or columns where the container keeps the matrix the other way round. */
  readonly along: "rows" | "columns"
  /** Of `bytes` those that reading any line takes whole: scales of a group or of all; absent where there are none to speak of. */
  readonly overhead?: number
}

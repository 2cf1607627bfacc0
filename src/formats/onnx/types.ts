import type { Dtype } from "~src/formats/types"

/** TensorProto.DataType of onnx.proto; text, complex numbers and types below 8 bits are missing. */
export const ELEMENT_TYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, "F32"],
  [2, "U8"],
  [3, "I8"],
  [4, "U16"],
  [5, "I16"],
  [6, "I32"],
  [7, "I64"],
  [9, "BOOL"],
  [10, "F16"],
  [11, "F64"],
  [12, "U32"],
  [13, "U64"],
  [16, "BF16"],
  [17, "F8_E4M3"],
  [19, "F8_E5M2"],
])

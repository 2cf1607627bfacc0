import type { Dtype } from "../types"
import { type BlockDecoder, iq4nl, mxfp4, q4, q5, q8_0 } from "./blocks"
import { iq4xs, q2k, q3k, q4k, q5k, q6k } from "./k-blocks"

/** One of GGML's tensor types: elements stored as they are, or blocks that share scales. */
export type GgmlType = { readonly name: string; readonly block: number; readonly bytes: number } & (
  | { readonly kind: "plain"; readonly dtype: Dtype }
  | { readonly kind: "packed"; readonly bits: number; readonly decode: BlockDecoder }
  | { readonly kind: "unread" }
)

function plain(name: string, dtype: Dtype, bytes: number): GgmlType {
  return { name, kind: "plain", block: 1, bytes, dtype }
}
function packed(name: string, bits: number, block: number, bytes: number, decode: BlockDecoder): GgmlType {
  return { name, kind: "packed", block, bytes, bits, decode }
}
function unread(name: string, block: number, bytes: number): GgmlType {
  return { name, kind: "unread", block, bytes }
}

/** GGML's types by their number in a file (`enum ggml_type` in ggml.h): elements of a block and its bytes. */
const TYPES: Readonly<Record<number, GgmlType>> = {
  0: plain("F32", "F32", 4),
  1: plain("F16", "F16", 2),
  2: packed("Q4_0", 4, 32, 18, q4(false)),
  3: packed("Q4_1", 4, 32, 20, q4(true)),
  6: packed("Q5_0", 5, 32, 22, q5(false)),
  7: packed("Q5_1", 5, 32, 24, q5(true)),
  8: packed("Q8_0", 8, 32, 34, q8_0),
  9: unread("Q8_1", 32, 36),
  10: packed("Q2_K", 2, 256, 84, q2k),
  11: packed("Q3_K", 3, 256, 110, q3k),
  12: packed("Q4_K", 4, 256, 144, q4k),
  13: packed("Q5_K", 5, 256, 176, q5k),
  14: packed("Q6_K", 6, 256, 210, q6k),
  15: unread("Q8_K", 256, 292),
  16: unread("IQ2_XXS", 256, 66),
  17: unread("IQ2_XS", 256, 74),
  18: unread("IQ3_XXS", 256, 98),
  19: unread("IQ1_S", 256, 50),
  20: packed("IQ4_NL", 4, 32, 18, iq4nl),
  21: unread("IQ3_S", 256, 110),
  22: unread("IQ2_S", 256, 82),
  23: packed("IQ4_XS", 4, 256, 136, iq4xs),
  24: plain("I8", "I8", 1),
  25: plain("I16", "I16", 2),
  26: plain("I32", "I32", 4),
  27: plain("I64", "I64", 8),
  28: plain("F64", "F64", 8),
  29: unread("IQ1_M", 256, 56),
  30: plain("BF16", "BF16", 2),
  34: unread("TQ1_0", 256, 54),
  35: unread("TQ2_0", 256, 66),
  39: packed("MXFP4", 4, 32, 17, mxfp4),
  40: unread("NVFP4", 64, 36),
  41: unread("Q1_0", 128, 18),
}

/** The type of that number, or null for one that GGML had not or has no more. */
export function ggmlType(id: number): GgmlType | null {
  return Object.hasOwn(TYPES, id) ? (TYPES[id] as GgmlType) : null
}

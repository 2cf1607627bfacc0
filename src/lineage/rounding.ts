import { roundToBfloat16, roundToFloat16 } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"

/** A value as it comes back from storage in a 16-bit dtype; other dtypes leave it as it is. */
export function roundTo(dtype: Dtype): (value: number) => number {
  if (dtype === "BF16") return roundToBfloat16
  return dtype === "F16" ? roundToFloat16 : (value) => value
}

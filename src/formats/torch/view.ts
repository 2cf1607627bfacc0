import { dtypeSize } from "~src/formats/dtypes"
import { extentOf, type Strided } from "~src/formats/strided"
import { badTorch } from "./errors"
import type { TensorClaim } from "./tensors"

/**
 * Where a tensor lies in its file.
 * @param storageBegin first byte of its storage in the file
 * @throws PedigreeError "malformed" when the tensor reaches beyond its storage
 */
export function viewOf(name: string, claim: TensorClaim, file: string, storageBegin: number): Strided {
  const { dtype, shape, stride, offset, storage } = claim
  const size = dtypeSize(dtype)
  const isEmpty = shape.includes(0)
  const end = isEmpty ? 0 : (offset + extentOf(shape, stride)) * size
  const elements = shape.reduce((product, side) => product * side, 1)
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end) || storage.bytes === null || end > storage.bytes) {
    const place = `storage ${JSON.stringify(storage.key.slice(0, 100))} at byte ${storageBegin}`
    throw badTorch(file, `tensor ${JSON.stringify(name)} of shape [${shape}] from element ${offset} on reaches beyond ${place}`)
  }
  return { dtype, shape, stride, file, begin: isEmpty ? storageBegin : storageBegin + offset * size }
}

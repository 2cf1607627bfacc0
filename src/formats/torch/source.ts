import type { TensorSource } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import { extentOf, stridedSource } from "~src/formats/strided"
import { badTorch } from "./errors"
import type { TensorClaim, Unreadable } from "./tensors"

/**
 * How a tensor is read from its storage.
 * @param storageBegin first byte of the storage in the file
 * @throws PedigreeError "malformed" when the tensor reaches beyond its storage
 */
export function torchSource(name: string, claim: TensorClaim, file: string, storageBegin: number): TensorSource | Unreadable {
  const { dtype, shape, stride, offset, storage } = claim
  const size = dtypeSize(dtype)
  const isEmpty = shape.includes(0)
  const end = isEmpty ? 0 : (offset + extentOf(shape, stride)) * size
  const elements = shape.reduce((product, side) => product * side, 1)
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end) || storage.bytes === null || end > storage.bytes) {
    const place = `storage ${JSON.stringify(storage.key.slice(0, 100))} at byte ${storageBegin}`
    throw badTorch(file, `tensor ${JSON.stringify(name)} of shape [${shape}] from element ${offset} on reaches beyond ${place}`)
  }
  const begin = isEmpty ? storageBegin : storageBegin + offset * size
  return (
    stridedSource(name, { dtype, shape, stride, file, begin }) ?? {
      reason: `its elements do not lie together (shape [${shape}], strides [${stride}])`,
    }
  )
}

import { describe, expect, it } from "vitest"
import { openContainer } from "~src/formats/open"
import { call, memoryReader, ref } from "./memory-reader"
import { expectReferenceRows, referenceFiles, references } from "./reference-rows"

async function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0) {
  const reader = memoryReader(files)
  return { reader, container: await openContainer(reader, ref, reader.list, { wholeBytes, call }) }
}

describe("exports of PyTorch", () => {
  it.each(references("onnx").map((reference) => [reference.path, reference] as const))("%s", async (path, reference) => {
    for (const wholeBytes of [0, 1_000_000]) {
      const { reader, container } = await open(referenceFiles(path.slice(0, -"/onnx/model.onnx".length)), wholeBytes)
      // One matrix stands for the embedding and the decoder that is tied to it.
      const tensors = reference.tensors.filter(({ name }) => name !== "cls.predictions.decoder.bias")
      await expectReferenceRows(reader, container, { ...reference, tensors })
    }
  })
})

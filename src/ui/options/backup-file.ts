import { PedigreeError } from "~src/core/errors"

/** A gzip file of the lines, made as they come. */
export async function fileOfLines(lines: AsyncIterable<string>): Promise<Blob> {
  const encoder = new TextEncoder()
  const iterator = lines[Symbol.asyncIterator]()
  const text = new ReadableStream<BufferSource>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(`${value}\n`))
    },
  })
  return new Response(text.pipeThrough(new CompressionStream("gzip"))).blob()
}

const NO_BACKUP = { worded: { as: "no_backup", values: {} } }

/** Letters of one line; a fingerprint has some millions. More is a file made to fill the memory. */
const LONGEST = 64_000_000

/** @throws PedigreeError "malformed" when the file is no gzip file or a line never ends */
export async function* linesOfFile(file: Blob): AsyncGenerator<string> {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new PedigreeError("malformed", "This file cannot be unpacked.", "Choose a file that Pedigree exported.", NO_BACKUP)
    })
    if (done) break
    const lines = (rest + value).split("\n")
    rest = lines.pop() ?? ""
    if (rest.length > LONGEST)
      throw new PedigreeError("malformed", "This file has a line without end.", "Choose a file that Pedigree exported.", NO_BACKUP)
    yield* lines
  }
  yield rest
}

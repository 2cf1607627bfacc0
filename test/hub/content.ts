import { createHash } from "node:crypto"
import { closeSync, openSync, readSync, statSync } from "node:fs"

/** Bytes that need not all exist at once. */
export interface Content {
  readonly size: number
  /** The bytes from `begin` up to, not including, `end`; both lie within the size. */
  read(begin: number, end: number): Buffer
}

const CHUNK = 1 << 20

export function contentOf(data: string | Buffer): Content {
  const bytes = Buffer.from(data as string)
  return { size: bytes.length, read: (begin, end) => bytes.subarray(begin, end) }
}

/** A file on disk as it was when first looked at; read as needed. */
export function contentOfFile(path: string): Content {
  return {
    size: statSync(path).size,
    read(begin, end) {
      const bytes = Buffer.alloc(end - begin)
      const file = openSync(path, "r")
      try {
        let filled = 0
        while (filled < bytes.length) {
          const count = readSync(file, bytes, filled, bytes.length - filled, begin + filled)
          if (count === 0) throw new Error(`${path} became shorter while it was served`)
          filled += count
        }
      } finally {
        closeSync(file)
      }
      return bytes
    },
  }
}

export function* chunks(content: Content, begin = 0, end = content.size) {
  for (let at = begin; at < end; at += CHUNK) yield content.read(at, Math.min(end, at + CHUNK))
}

export function readText(content: Content): string {
  return content.read(0, content.size).toString("utf8")
}

export function sha256(content: Content): string {
  const hash = createHash("sha256")
  for (const part of chunks(content)) hash.update(part)
  return hash.digest("hex")
}

/** The name git gives to a file with this content. */
export function gitBlob(content: Content): string {
  const hash = createHash("sha1").update(`blob ${content.size}\0`)
  for (const part of chunks(content)) hash.update(part)
  return hash.digest("hex")
}

export const sha1Text = (text: string) => createHash("sha1").update(text).digest("hex")
export const sha256Text = (text: string) => createHash("sha256").update(text).digest("hex")

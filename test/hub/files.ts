import { type Content, contentOf, gitBlob, readText, sha256, sha256Text } from "./content"

/** A file as `/tree` describes it; hashes are made on first use. */
export interface RepoFile {
  readonly path: string
  readonly content: Content
  /** git's name of the file, or of the pointer that stands for an LFS file. */
  readonly oid: string
  readonly lfs: LfsFacts | null
}

export interface LfsFacts {
  /** SHA-256 of the content. */
  readonly oid: string
  readonly pointer: string
  /** The real one is a Merkle root over chunks; here any function of the content serves. */
  readonly xetHash: string
}

/** What a repository is made of; `identity` replaces the SHA-256 of content too large to be hashed. */
export interface SourceFile {
  readonly path: string
  readonly content: Content
  readonly identity?: string
}

const LFS_FROM = 10 * 1024 * 1024
const LFS_NAME =
  /\.(7z|arrow|bin|bz2|ckpt|ftz|gguf|gz|h5|joblib|lfs\.\w+|mlmodel|model|msgpack|npy|npz|onnx|ot|parquet|pb|pickle|pkl|pt|pth|rar|safetensors|tar|tflite|tgz|wasm|xz|zip|zst)$/

export function createFile({ path, content, identity }: SourceFile): RepoFile {
  let lfs: LfsFacts | undefined
  let oid: string | undefined
  const isLfs = LFS_NAME.test(path) || content.size >= LFS_FROM
  return {
    path,
    content,
    get lfs() {
      if (!isLfs) return null
      lfs ??= lfsFacts(identity ?? sha256(content), content.size)
      return lfs
    },
    get oid() {
      oid ??= gitBlob(this.lfs === null ? content : contentOf(this.lfs.pointer))
      return oid
    },
  }
}

function lfsFacts(oid: string, size: number): LfsFacts {
  return {
    oid,
    pointer: `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`,
    xetHash: sha256Text(`xet ${oid}`),
  }
}

/** The text of a file of the newest commit, or null. */
export function fileText(files: ReadonlyMap<string, RepoFile>, path: string): string | null {
  const file = files.get(path)
  return file === undefined ? null : readText(file.content)
}

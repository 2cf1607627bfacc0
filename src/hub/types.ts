/** One model repository at one commit. */
export interface RepoRef {
  /** `owner/name`, canonical spelling. */
  readonly id: string
  /** Commit sha; reads are always pinned to it. */
  readonly revision: string
}

/** Counts what an inspection costs. Implementations only add up. */
export interface Meter {
  /** One HTTP request answered with `bytes` body bytes, of which `weightBytes` came from a weight file beyond its header. */
  add(requests: number, bytes: number, weightBytes: number): void
}

/** What every read takes along: how to stop it and where to book it. */
export interface Call {
  readonly signal: AbortSignal
  readonly meter: Meter
  /** Of a read that can wait: it is sent when nothing else is to be, and not at all where this fires before. */
  readonly unneeded?: AbortSignal
}

/** A parent as the card or tags name it, verbatim. */
export interface DeclaredParent {
  readonly id: string
  /** The Hub's word (finetune, adapter, quantized, merge), or null when none is given. */
  readonly relation: string | null
}

/** The model record: what `GET /api/models/{id}` or one list item says, validated. Absent facts are null. */
export interface ModelRecord {
  readonly id: string
  readonly revision: string | null
  /** ISO time; the Hub's floor 2022-03-02T23:29:04.000Z means unknown and is kept as it is. */
  readonly createdAt: string | null
  readonly lastModified: string | null
  readonly gated: false | "auto" | "manual"
  readonly private: boolean
  readonly disabled: boolean
  readonly downloads: number
  readonly likes: number
  readonly tags: readonly string[]
  readonly declared: readonly DeclaredParent[]
  readonly license: string | null
  readonly pipelineTag: string | null
  readonly libraryName: string | null
  readonly modelType: string | null
  readonly architectures: readonly string[]
  /** Parameter counts by safetensors dtype, from the Hub's own header scan. */
  readonly parameters: Readonly<Record<string, number>> | null
  readonly totalParameters: number | null
  /** `config.peft.base_model_name_or_path`, if the repository is an adapter. */
  readonly adapterBase: string | null
  /** File paths (siblings) when the answer had them. */
  readonly paths: readonly string[] | null
}

export interface RepoFile {
  readonly path: string
  readonly size: number
  /** Content address: sha256 of an LFS file, else the git blob's sha1; null when masked (gated). */
  readonly oid: string | null
  readonly xetHash: string | null
}

export interface RangeAnswer {
  /** Exactly the bytes [begin, min(end, size)). */
  readonly bytes: Uint8Array
  /** The whole file's size. */
  readonly size: number
}

export interface ReadOptions {
  /** "header" and "text" do not count as weight bytes; "weights" does. */
  readonly purpose: "header" | "text" | "weights"
}

/** What reading a repository needs. The Hub client offers it; so does a local folder on the command line. */
export interface RepoReader {
  /** All files of the commit. Throws PedigreeError. */
  files(ref: RepoRef, call: Call): Promise<readonly RepoFile[]>
  /** A small text file, at most `maxBytes` (else PedigreeError "malformed"). */
  text(ref: RepoRef, path: string, maxBytes: number, call: Call): Promise<string>
  /** Bytes [begin, end) of a file; end may lie beyond the file, begin may not. */
  range(ref: RepoRef, path: string, begin: number, end: number, options: ReadOptions, call: Call): Promise<RangeAnswer>
}

/** Parameters of one list call; see `GET /api/models`. */
export interface ListQuery {
  readonly search?: string
  readonly author?: string
  /** Tags, all of which must hold. */
  readonly filter?: readonly string[]
  readonly parameters?: { readonly min: number; readonly max: number }
  readonly sort?: "downloads" | "createdAt" | "likes" | "lastModified"
  /** At most 1000 an answer; further pages are followed up to `maxPages` (default 1). */
  readonly limit?: number
  readonly maxPages?: number
}

/** The Hub as Pedigree uses it. */
export interface Hub extends RepoReader {
  /** The endpoint's origin and path without trailing slash, e.g. `https://huggingface.co`. */
  readonly endpoint: string
  /** `revision` may be a branch, tag, short or full sha; the answer carries the full sha. */
  model(id: string, revision: string | null, call: Call): Promise<ModelRecord>
  list(query: ListQuery, call: Call): Promise<readonly ModelRecord[]>
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { writeSafetensors } from "./safetensors-writer"

/** A safetensors file of one F32 tensor with these values. */
function weights(values: readonly number[]): Buffer {
  const bytes = new Uint8Array(new Float32Array(values).buffer)
  return Buffer.from(writeSafetensors({ w: { dtype: "F32", shape: [values.length], bytes } }, { format: "pt" }))
}

export const BASE_WEIGHTS = weights([1, 2, 3, 4])
const LLAMA = JSON.stringify({ model_type: "llama", architectures: ["LlamaForCausalLM"], hidden_size: 8 })
const card = (...lines: string[]) => `---\n${lines.join("\n")}\n---\n# A "model" & <more>\n`

const FILES: Record<string, string | Buffer> = {
  "acme/base/README.md": card("license: mit", "tags: [demo]", "pipeline_tag: text-generation"),
  "acme/base/config.json": LLAMA,
  "acme/base/model.safetensors": BASE_WEIGHTS,
  "acme/base/sub/notes.txt": "notes",
  "acme/base/sub/deep/more.txt": "more",
  "acme/old/config.json": LLAMA,
  "kin/tuned/README.md": card("base_model: Acme/old-name"),
  "kin/tuned/model.safetensors": weights([1, 2, 3, 5]),
  "kin/merged/README.md": card("base_model:", "- acme/base", "- gone/away"),
  "kin/stated/README.md": card("base_model: acme/base", "base_model_relation: quantized"),
  "kin/wrong/README.md": card("base_model: acme/base", "base_model_relation: cousin"),
  "kin/local/README.md": card("base_model: ./checkpoints/best"),
  "kin/self/README.md": card("base_model: kin/self"),
  "kin/lora/adapter_config.json": JSON.stringify({ base_model_name_or_path: "acme/base", task_type: "CAUSAL_LM", r: 8 }),
  "kin/lora/README.md": card("base_model: acme/base"),
  "kin/packed/model.gguf": "GGUF",
  "kin/packed/README.md": card("base_model: acme/base"),
  "shut/gated/README.md": card("license: llama2"),
  "shut/gated/config.json": LLAMA,
  "shut/gated/model.safetensors": weights([9, 9]),
  "shut/private/config.json": LLAMA,
  "shut/disabled/config.json": LLAMA,
}

const INDEX = {
  repos: [
    { id: "acme/base", createdAt: "2023-01-01T00:00:00.000Z", lastModified: "2023-02-01T00:00:00.000Z", downloads: 5, likes: 3 },
    { id: "acme/old", createdAt: "2021-01-01T00:00:00.000Z", lastModified: "2021-01-01T00:00:00.000Z" },
    { id: "shut/gated", gated: "auto" },
    { id: "shut/private", private: true },
    { id: "shut/disabled", disabled: true },
  ],
  renames: { "acme/old-name": "acme/base", base: "acme/base" },
}

/** Writes a few tiny repositories to a fresh folder; `remove` deletes it. */
export function writeRepos() {
  const root = mkdtempSync(join(tmpdir(), "pedigree-hub-"))
  for (const [path, content] of Object.entries({ ...FILES, "hub.json": JSON.stringify(INDEX) })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return { root, remove: () => rmSync(root, { recursive: true }) }
}

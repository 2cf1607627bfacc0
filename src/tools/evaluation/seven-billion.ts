import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { generatedRepo, llamaShapes } from "~test/unit/generated-repo"

/** What reading a Llama of seven billion parameters in bfloat16 takes with the default budget: weight bytes, and stretches they lie in. */
export async function readLargeModel(): Promise<{ bytes: number; ranges: number }> {
  const repo = generatedRepo(llamaShapes(4_096, 11_008, 32, 32_000), "BF16")
  const call = { signal: new AbortController().signal, meter: { add() {} } }
  await readFingerprint(repo.reader, { id: "large/model", revision: "main" }, null, { budget: DEFAULT_BUDGET, call })
  return { bytes: repo.weightBytes(), ranges: repo.reads.length }
}

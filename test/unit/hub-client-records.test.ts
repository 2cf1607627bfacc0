import fc from "fast-check"
import { expect, test } from "vitest"
import { declaredParents } from "~src/hub/declared"
import { isModelId, isPath } from "~src/hub/ids"
import { parseModel, parseTreeEntry } from "~src/hub/schemas"
import { SHA } from "./hub-client-server"

test("reads a full record", () => {
  const record = parseModel({
    _id: "1",
    id: "amber/fox",
    sha: SHA,
    createdAt: "2022-03-02T23:29:04.000Z",
    lastModified: "2025-03-12T10:30:05.000Z",
    gated: "auto",
    private: false,
    disabled: false,
    downloads: 12,
    likes: 3,
    tags: ["llama", "base_model:a/b", "base_model:quantized:a/b", "license:mit", "region:us"],
    pipeline_tag: "text-generation",
    library_name: "transformers",
    cardData: { license: "mit", base_model: ["a/b"] },
    config: { architectures: ["LlamaForCausalLM"], model_type: "llama", peft: { base_model_name_or_path: "a/b" } },
    safetensors: { parameters: { BF16: 100, F32: 20 }, total: 130 },
    siblings: [{ rfilename: "README.md" }, { rfilename: "model.safetensors" }],
  })
  expect(record).toEqual({
    id: "amber/fox",
    revision: SHA,
    createdAt: "2022-03-02T23:29:04.000Z",
    lastModified: "2025-03-12T10:30:05.000Z",
    gated: "auto",
    private: false,
    disabled: false,
    downloads: 12,
    likes: 3,
    tags: ["llama", "base_model:a/b", "base_model:quantized:a/b", "license:mit", "region:us"],
    declared: [{ id: "a/b", relation: "quantized" }],
    license: "mit",
    pipelineTag: "text-generation",
    libraryName: "transformers",
    modelType: "llama",
    architectures: ["LlamaForCausalLM"],
    parameters: { BF16: 100, F32: 20 },
    totalParameters: 130,
    adapterBase: "a/b",
    paths: ["README.md", "model.safetensors"],
  })
})

test("a record with nothing but its id is enough", () => {
  expect(parseModel({ modelId: "amber/fox" })).toMatchObject({
    id: "amber/fox",
    revision: null,
    gated: false,
    downloads: 0,
    declared: [],
    parameters: null,
    totalParameters: null,
    modelType: null,
    paths: null,
  })
})

test("odd fields read as absent, odd ids as no record", () => {
  const odd = {
    id: "amber/fox",
    sha: "../../etc",
    createdAt: "yesterday",
    gated: true,
    private: "no",
    downloads: -4,
    likes: 1e300,
    tags: ["llama", 7, null, "x".repeat(5000)],
    cardData: "none",
    config: { architectures: "LlamaForCausalLM", model_type: ["llama"], peft: 3 },
    safetensors: { parameters: { BF16: "many", F32: 5, F16: -1 }, total: Number.NaN },
    siblings: [{ rfilename: "../x" }, { rfilename: 4 }, "y", { rfilename: "config.json" }],
  }
  expect(parseModel(odd)).toMatchObject({
    revision: null,
    createdAt: null,
    gated: "manual",
    private: false,
    downloads: 0,
    likes: 0,
    tags: ["llama"],
    architectures: [],
    modelType: null,
    parameters: { F32: 5 },
    totalParameters: 5,
    adapterBase: null,
    paths: ["config.json"],
  })
  for (const none of [null, 3, "x", [], {}, { id: "../x" }, { id: 4 }, { id: "a/b/c" }]) expect(parseModel(none)).toBeNull()
})

test("prototype keys do no harm", () => {
  const record = parseModel(
    JSON.parse(`{"id":"a/b","__proto__":{"gated":"auto"},"constructor":1,"safetensors":{"parameters":{"__proto__":5,"F32":2}}}`),
  )
  expect(record?.gated).toBe(false)
  expect(record?.parameters).toEqual({ F32: 2 })
  expect(({} as Record<string, unknown>).gated).toBeUndefined()
})

test("the model type is found among the tags by the architecture", () => {
  const found = (tags: string[], architecture: string) =>
    parseModel({ id: "a/b", tags, config: { architectures: [architecture] } })?.modelType
  expect(found(["pytorch", "qwen", "qwen2", "region:us"], "Qwen2ForCausalLM")).toBe("qwen2")
  expect(found(["xlm-roberta"], "XLMRobertaModel")).toBe("xlm-roberta")
  expect(found(["pytorch"], "LlamaForCausalLM")).toBeNull()
})

test("declared parents are verbatim, in order, each once", () => {
  expect(
    declaredParents(["b/x", "./local path", "a/self", "b/x"], null, [
      "base_model:a/y",
      "base_model:merge:b/x",
      "base_model:adapter:a/y",
      "base_model:a/self",
    ]),
  ).toEqual([
    { id: "b/x", relation: "merge" },
    { id: "./local path", relation: null },
    { id: "a/self", relation: null },
    { id: "a/y", relation: "adapter" },
  ])
  expect(declaredParents(["a/b"], "finetune", ["base_model:quantized:a/b"])).toEqual([{ id: "a/b", relation: "finetune" }])
  expect(declaredParents([" ", ""], null, ["base_model:", "license:mit"])).toEqual([])
})

test("a declared parent that was renamed has its present name, which the Hub's tags follow", () => {
  const tags = ["base_model:a/b", "base_model:finetune:a/b", "base_model:new/name", "base_model:finetune:new/name"]
  expect(declaredParents(["a/b", "old/name", "./local"], null, tags)).toEqual([
    { id: "a/b", relation: "finetune" },
    { id: "./local", relation: null },
    { id: "new/name", relation: "finetune" },
  ])
  expect(declaredParents(["Old/Name"], "merge", ["base_model:new/name"])).toEqual([{ id: "new/name", relation: "merge" }])
  // Tags of the author's own beside the derived ones say nothing about names.
  expect(declaredParents(["old/name"], null, ["base_model:one/x", "base_model:two/x"])).toHaveLength(3)
})

test("tree entries: content address, masked and odd ones", () => {
  const lfs = { oid: "a".repeat(64), size: 500, pointerSize: 134 }
  expect(parseTreeEntry({ type: "file", path: "m.bin", size: 134, oid: "b".repeat(40), lfs, xetHash: "c".repeat(64) })).toEqual({
    path: "m.bin",
    size: 500,
    oid: "a".repeat(64),
    xetHash: "c".repeat(64),
  })
  expect(parseTreeEntry({ type: "file", path: "config.json", size: 3, oid: "b".repeat(40) })).toEqual({
    path: "config.json",
    size: 3,
    oid: "b".repeat(40),
    xetHash: null,
  })
  const masked = {
    type: "file",
    path: "m.bin",
    size: 9,
    oid: "b".repeat(40),
    lfs: { ...lfs, oid: "*".repeat(64) },
    xetHash: "*".repeat(64),
  }
  expect(parseTreeEntry(masked)).toMatchObject({ oid: null, xetHash: null, size: 500 })
  const odd = [
    { type: "directory", path: "d", size: 0 },
    { type: "file", path: "../d", size: 0 },
    { type: "file", path: "d", size: -1 },
    null,
    4,
  ]
  expect(odd.map(parseTreeEntry)).toEqual(odd.map(() => null))
})

test("no JSON whatever makes the parsers throw or lets an odd id or path through", () => {
  const keys = [
    "id",
    "modelId",
    "sha",
    "tags",
    "cardData",
    "config",
    "peft",
    "safetensors",
    "siblings",
    "gated",
    "type",
    "path",
    "size",
    "oid",
    "lfs",
    "__proto__",
  ]
  const value = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("a/b", "file", "../x", "", null, true, -1, 1e308, 5, "base_model:x:y", "f".repeat(40)),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys), tie("json"), { maxKeys: 8 }),
    ),
  })).json
  fc.assert(
    fc.property(value, (json) => {
      const sent: unknown = JSON.parse(JSON.stringify(json))
      const record = parseModel(sent)
      if (record !== null) {
        expect(isModelId(record.id)).toBe(true)
        expect(record.tags.concat(record.paths ?? []).every((text) => typeof text === "string")).toBe(true)
      }
      const file = parseTreeEntry(sent)
      if (file !== null) expect(isPath(file.path) && Number.isSafeInteger(file.size) && file.size >= 0).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

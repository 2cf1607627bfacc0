import type { Shapes } from "./generated-repo"
import { FLOAT, node, type OnnxPart, onnxPieces } from "./onnx-writer"
import type { PiecedFile } from "./pieced-reader"

/** A model as PyTorch's exporter lays it out: parameters by name, then transposed matrices without one; some 80 nodes a layer. */
export function exportedModel(shapes: Shapes, external: string | null): { readonly model: PiecedFile; readonly dataSize: number } {
  const linear = shapes.filter(([name, shape]) => shape.length === 2 && !/embed/.test(name))
  const named = shapes.filter((one) => !linear.includes(one))
  const filler = Array.from({ length: 80 * 32 }, (_, i) =>
    node("Mul", `/layers.${i}/self_attn/rotary_emb/Mul`, [`/a/${i}/output_0`, `/b/${i}/output_0`], [`/c/${i}/output_0`]),
  )
  const products = linear.map(([name], i) =>
    node("MatMul", `/${name.slice(0, -".weight".length).replaceAll(".", "/")}/MatMul`, [`x${i}`, `onnx::MatMul_${i}`], [`y${i}`]),
  )
  let at = 0
  const place = (name: string, shape: readonly number[]): OnnxPart => {
    const size = shape.reduce((product, side) => product * side, 4)
    const data = external === null ? size : { location: external, offset: String(at), length: String(size) }
    at += size
    return { name, type: FLOAT, shape, data }
  }
  const parts = [
    ...named.map(([name, shape]) => place(name, shape)),
    ...linear.map(([, shape], i) => place(`onnx::MatMul_${i}`, [...shape].reverse())),
  ]
  return { model: onnxPieces([...filler, ...products], parts), dataSize: at }
}

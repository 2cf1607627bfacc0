import type { Evidence } from "~src/core/words"
import { percent } from "./percent"
import type { MergeFit, MergeMethod } from "./types"

type Words = (from: string, rest: string, name: string) => readonly [as: string, text: string]

const WHOLE: Readonly<Record<Exclude<MergeMethod, "card">, Words>> = {
  mean: (from, rest, name) => [
    "mean",
    `A weighted mean of its parents (${from} from ${name}) explains all but ${rest} of the distance to the nearest one.`,
  ],
  sum: (from, rest, name) => [
    "sum",
    `Adding its parents' changes, ${from} of them from ${name}, explains all but ${rest} of the distance to the nearest one (task arithmetic).`,
  ],
  "by-tensor": (from, rest, name) => [
    "by_tensor",
    `Each tensor is a mean of its parents' with weights of its own, as SLERP or model stock makes them (${from} from ${name} on the whole); all but ${rest} of the distance to the nearest one is explained.`,
  ],
  layers: (from, _, name) => ["turns", `Its layers are its parents' by turns, element for element; ${from} of them are ${name}'s.`],
  selection: (from, rest, name) => [
    "selection",
    `Each element is the base's or carries one or several parents' change there, as TIES, DARE or breadcrumbs merges do (${from} from ${name}); all but ${rest} of the changed elements are explained.`,
  ],
  stack: (from, _, name) => [
    "stack",
    `Its layers are its parents' stacked on one another, element for element; ${from} of what they gave is ${name}'s.`,
  ],
}

/** What shows that a part of a merge was read, and another one was not. */
function partWords({ method }: MergeFit): Words {
  if (method === "card")
    return (from, _, name) => [
      "part_stated",
      `The card says that ${name} was merged with others, one of which could not be read, and the weights agree with ${name}; its share is taken to be ${from}, as if all were equal.`,
    ]
  if (method === "selection")
    return (_, rest, name) => [
      "part_selected",
      `Element by element it is the base's or carries the change of ${name}, as TIES, DARE or breadcrumbs merges do; ${rest} of the changed elements carry that of a model that was not read.`,
    ]
  return (from, rest, name) => [
    "part_mean",
    `A part of its tensors is to the last bits a weighted mean with ${from} of ${name}; the other ${rest} hold as much of ${name} and a model that was not read.`,
  ]
}

/** What shows that a model was put together from its parents, in the words of how. */
export function mergeEvidence(fit: MergeFit, share: number, name: string): Evidence {
  const words = fit.absent !== undefined || fit.method === "card" ? partWords(fit) : WHOLE[fit.method]
  const [as, text] = words(percent(share, 0), percent(fit.residual), name)
  return {
    kind: "merge-fit",
    value: fit.residual,
    says: "for",
    text,
    worded: { as, values: { share, name, rest: fit.residual } },
  }
}

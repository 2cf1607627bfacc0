import type { Evidence } from "~src/core/words"
import { percent } from "./percent"
import type { MergeFit } from "./types"

/** What shows that a model was put together from its parents, in the words of how. */
export function mergeEvidence({ method, residual }: MergeFit, share: number, name: string): Evidence {
  const [from, rest] = [percent(share, 0), percent(residual)]
  const [as, text] = {
    mean: ["mean", `A weighted mean of its parents (${from} from ${name}) explains all but ${rest} of the distance to the nearest one.`],
    sum: [
      "sum",
      `Adding its parents' changes, ${from} of them from ${name}, explains all but ${rest} of the distance to the nearest one (task arithmetic).`,
    ],
    "by-tensor": [
      "by_tensor",
      `Each tensor is a mean of its parents' with weights of its own, as SLERP or model stock makes them (${from} from ${name} on the whole); all but ${rest} of the distance to the nearest one is explained.`,
    ],
    layers: ["turns", `Its layers are its parents' by turns, element for element; ${from} of them are ${name}'s.`],
    selection: [
      "selection",
      `Each element is the base's or carries one or several parents' change there, as TIES, DARE or breadcrumbs merges do (${from} from ${name}); all but ${rest} of the changed elements are explained.`,
    ],
    stack: ["stack", `Its layers are its parents' stacked on one another, element for element; ${from} of what they gave is ${name}'s.`],
  }[method] as [string, string]
  return { kind: "merge-fit", value: residual, says: "for", text, worded: { as, values: { share, name, rest: residual } } }
}

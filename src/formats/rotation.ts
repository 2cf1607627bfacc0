import { depthOrder } from "./depth"
import type { CanonicalName } from "./names"

/** Role with its numbers blotted out: experts, stages and blocks of one kind are one class. */
function roleClass(role: string): string {
  return role.replace(/\d+/g, "#")
}

function numbersOf({ role, layer }: CanonicalName): number[] {
  return [...(role.match(/\d+/g) ?? []).map(Number), layer ?? -1]
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * All tensors in the order in which a plan opens them. Classes of roles stand in alphabetical order; pass p takes from class
 * number c the tensor at place (c + p) mod n of its depth order, so that every role appears in the first pass and the passes
 * together spread each role over first, last, middle, quarter layers ...
 */
export function rotate<T extends CanonicalName>(tensors: readonly T[]): T[] {
  const classes = new Map<string, T[]>()
  for (const tensor of tensors) {
    const key = roleClass(tensor.role)
    const members = classes.get(key)
    if (members) members.push(tensor)
    else classes.set(key, [tensor])
  }
  const ordered = [...classes.keys()].sort(compareText).map((key, number) => {
    const keyed = (classes.get(key) as T[]).map((tensor) => ({ tensor, numbers: numbersOf(tensor) }))
    keyed.sort((a, b) => compareNumbers(a.numbers, b.numbers) || compareText(a.tensor.role, b.tensor.role))
    const order = depthOrder(keyed.length).map((at) => (keyed[at] as (typeof keyed)[number]).tensor)
    // The turn stays within the first three places: first, last and middle come before quarters.
    const turn = number % Math.min(3, order.length)
    return [...order.slice(turn, 3), ...order.slice(0, turn), ...order.slice(3)]
  })
  const longest = Math.max(0, ...ordered.map((members) => members.length))
  const rotated: T[] = []
  for (let pass = 0; pass < longest; pass++) {
    for (const members of ordered) {
      const tensor = members[pass]
      if (tensor) rotated.push(tensor)
    }
  }
  return rotated
}

/**
 * Order in which `count` things along a network's depth are looked at: first, last, middle, quarters, eighths ... so that any
 * beginning of the order is spread over the depth. A permutation of 0 .. count-1.
 */
export function depthOrder(count: number): number[] {
  const order: number[] = []
  const seen = new Set<number>()
  const visit = (at: number) => {
    if (at < 0 || at >= count || seen.has(at)) return
    seen.add(at)
    order.push(at)
  }
  visit(0)
  visit(count - 1)
  for (let parts = 2; order.length < count; parts *= 2) {
    for (let odd = 1; odd < parts; odd += 2) visit(Math.floor((odd * (count - 1)) / parts))
  }
  return order
}

/** Places along one line, kept a given distance apart: finds the nearest free one and takes it. */
export class FreeRows {
  readonly #taken: number[] = []

  constructor(readonly apart: number) {}

  /** Takes a place as it is. */
  take(place: number): void {
    this.#taken.splice(this.#after(place), 0, place)
  }

  /** Takes the free place nearest to the wish, downwards when two are as near, and answers it. */
  takeNear(wish: number): number {
    const start = this.#after(wish)
    let below = Math.max(wish, this.#at(start - 1) + this.apart)
    for (let index = start; this.#at(index) < below + this.apart; index++) below = this.#at(index) + this.apart
    let above = Math.min(wish, this.#at(start) - this.apart)
    for (let index = start - 1; this.#at(index) > above - this.apart; index--) above = this.#at(index) - this.apart
    const free = below - wish <= wish - above ? below : above
    this.take(free)
    return free
  }

  /** Whether nothing stands nearer than `before` before the place, nor too near behind it. */
  isFree(place: number, before: number): boolean {
    const index = this.#after(place)
    return place - this.#at(index - 1) >= before && this.#at(index) - place >= this.apart
  }

  /** Whether nothing stands behind `from` up to `to`. */
  isClear(from: number, to: number): boolean {
    return this.#at(this.#after(from)) > to
  }

  /** The place of that index, infinitely far outside. */
  #at(index: number): number {
    return this.#taken[index] ?? (index < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
  }

  /** Index of the first place behind this one. */
  #after(place: number): number {
    let [low, high] = [0, this.#taken.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#taken[middle] as number) <= place) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A pure function of an immutable object that computes its answer once per object, for as long as the object lives. */
export function perObject<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>()
  return (key) => {
    let entry = known.get(key)
    if (!entry) {
      entry = { value: compute(key) }
      known.set(key, entry)
    }
    return entry.value
  }
}

/** The same for an ordered pair of objects, for as long as both live. */
export function perPair<K extends object, V>(compute: (first: K, second: K) => V): (first: K, second: K) => V {
  const from = perObject((first: K) => perObject((second: K) => compute(first, second)))
  return (first, second) => from(first)(second)
}

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

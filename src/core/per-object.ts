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

/** The same for a list of objects in this order, for as long as all live. */
export function perList<K extends object, V>(compute: (keys: readonly K[]) => V): (keys: readonly K[]) => V {
  interface Known {
    readonly beyond: (key: K) => Known
    readonly value: (keys: readonly K[]) => V
  }
  const known = (): Known => {
    const values: V[] = []
    return {
      beyond: perObject(known),
      value(keys) {
        if (values.length === 0) values.push(compute(keys))
        return values[0] as V
      },
    }
  }
  const none = known()
  return (keys) => keys.reduce((at, key) => at.beyond(key), none).value(keys)
}

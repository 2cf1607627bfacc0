import { type KeyboardEvent, useId, useState } from "react"

/** A word that explains itself when it is pointed at, focused or tapped; Esc puts the explanation away. */
export function Term({ word, means }: { word: string; means: string }) {
  const id = useId()
  const [shut, setShut] = useState(false)
  const close = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || shut) return
    setShut(true)
    event.stopPropagation()
  }
  return (
    <span className="term" data-shut={shut}>
      <button type="button" aria-describedby={id} onKeyDown={close} onBlur={() => setShut(false)} onPointerEnter={() => setShut(false)}>
        {word}
      </button>
      <span role="tooltip" id={id}>
        {means}
      </span>
    </span>
  )
}

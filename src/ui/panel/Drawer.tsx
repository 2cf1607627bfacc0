import { type KeyboardEvent, type ReactNode, useState } from "react"

/** Esc closes the drawer and leaves the focus on its handle. */
function closeOnEscape(event: KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return
  event.currentTarget.open = false
  event.currentTarget.querySelector("summary")?.focus()
  event.stopPropagation()
}

/** A part of the panel that opens on demand; what is in it is drawn only then, since pictures have hundreds of cells. */
export function Drawer({ title, onOpen, children }: { title: string; onOpen?: () => void; children: ReactNode }) {
  const [opened, setOpened] = useState(false)
  const toggle = (open: boolean) => {
    if (!open) return
    setOpened(true)
    onOpen?.()
  }
  return (
    <details onKeyDown={closeOnEscape} onToggle={(event) => toggle(event.currentTarget.open)}>
      <summary>{title}</summary>
      {opened && children}
    </details>
  )
}

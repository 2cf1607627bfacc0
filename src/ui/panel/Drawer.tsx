import type { KeyboardEvent, ReactNode } from "react"

/** Esc closes the drawer and leaves the focus on its handle. */
function closeOnEscape(event: KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return
  event.currentTarget.open = false
  event.currentTarget.querySelector("summary")?.focus()
  event.stopPropagation()
}

/** A part of the panel that opens on demand. */
export function Drawer({ title, onOpen, children }: { title: string; onOpen?: () => void; children: ReactNode }) {
  return (
    <details onKeyDown={closeOnEscape} onToggle={(event) => event.currentTarget.open && onOpen?.()}>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

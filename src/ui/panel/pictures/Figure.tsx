import type { ReactNode } from "react"

export interface FigureProps {
  readonly title: string
  /** What the picture shows, in a sentence: for everyone, and instead of it for those who do not see it. */
  readonly says: string
  readonly width: number
  readonly height: number
  readonly children: ReactNode
}

/** A small picture under its title and over its sentence; it shrinks with the panel, and its axes never turn round. */
export function Figure({ title, says, width, height, children }: FigureProps) {
  return (
    <figure>
      <h4>{title}</h4>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={`${title}. ${says}`} direction="ltr">
        {children}
      </svg>
      <figcaption className="quiet">{says}</figcaption>
    </figure>
  )
}

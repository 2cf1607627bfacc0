import { Fragment, type ReactNode } from "react"
import { modelUrl } from "./links"
import { modelName } from "./wording"

/** A sentence from `t` with elements in the place of its `{name}` fillings. */
export function Say({ text, fill }: { text: string; fill: Readonly<Record<string, ReactNode>> }) {
  return text.split(/\{(\w+)\}/).map((piece, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one sentence keep their places
    <Fragment key={index}>{index % 2 === 1 ? fill[piece] : piece}</Fragment>
  ))
}

/** A model's name, without control and direction marks: isolated from the sentence round it, cut when too long, whole in the tooltip, a link where there is a page. */
export function Name({ id, ghost = false }: { id: string; ghost?: boolean }) {
  const url = ghost ? null : modelUrl(id)
  const name = <bdi dir="auto">{modelName(id, 200)}</bdi>
  return url ? (
    <a className="name" href={url} title={id} target={location.protocol === "chrome-extension:" ? "_blank" : undefined}>
      {name}
    </a>
  ) : (
    <span className="name" title={modelName(id, 10_000)}>
      {name}
    </span>
  )
}

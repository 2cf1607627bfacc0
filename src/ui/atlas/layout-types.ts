import type { AtlasEdge } from "~src/app/report"
import { repositoryName } from "~src/hub/ids"
import type { ShownNode } from "./shown"

/** What the horizontal axis means; `free` is the force drawing, whose places mean nothing. */
export type Axis = "generation" | "date" | "free"

/** Sizes of the drawing, in px: a family of three generations with six models in each fits the popup at full size. */
export const CARD = { minWidth: 124, maxWidth: 194, height: 36, gapX: 118, gapY: 10, margin: 12 } as const
/** Before a card every line runs level for this long: its label stands there, and no other line crosses it. */
export const LEVEL = 76
/** Where the mark of size and colour stands on the card, and the names beside it. */
export const MARK = { x: 15, y: 18, least: 2.5, most: 10 } as const
export const TEXT_X = 29
/** In the free drawing so many names find room beside their marks. */
export const FEW = 40
/** Width of one letter of the monospaced names, and what the card needs beside them. */
const LETTER = 6.7
const OWNER_LETTER = 6
const PADDING = TEXT_X + 9

export interface PlacedNode {
  readonly node: ShownNode
  /** Top left corner of the node's card; of the square round its mark in the free drawing. */
  readonly x: number
  readonly y: number
}

export interface PlacedEdge {
  readonly edge: AtlasEdge
  /** Points of the line: from the parent's card, along the free lanes of the columns that it crosses, to the child's card. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The line falls from the parent's mark to the child's height instead of curving there. */
  readonly drops?: boolean
}

/** A finished drawing; it holds only plain values, so that a worker can send it. */
export interface Layout {
  readonly axis: Axis
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  /** All cards are as wide as the longest name needs, within bounds; 0 where there are no cards but marks alone. */
  readonly cardWidth: number
  /** The drawing's top left corner; other than 0, 0 only where a drawing grew. */
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** Marks of the date axis: place and ISO year, month or day. */
  readonly ticks: readonly (readonly [x: number, text: string])[]
  /** Milliseconds at place 0 and px per millisecond of the date axis. */
  readonly scale?: { readonly zero: number; readonly rate: number }
}

/** Radius of a node's mark in px: its area grows with the logarithm of the downloads, 1 to ten million and more. */
export function markRadius({ downloads = 0 }: ShownNode): number {
  const share = Math.min(1, Math.log10(1 + Math.max(0, downloads)) / 7)
  return MARK.least + (MARK.most - MARK.least) * Math.sqrt(share)
}

/** A model's name without its owner; an implied model that nobody names has only its number. */
export const nameOf = ({ id }: ShownNode): string => repositoryName(id)

export const ownerOf = ({ id }: ShownNode): string => id.slice(0, Math.max(0, id.indexOf("/")))

/** A name cut to what fits on a card: from its middle, because relatives often differ in how they begin or end. */
export const cutName = (name: string, cardWidth: number): string => cut(name, Math.floor((cardWidth - PADDING) / LETTER))

/** The same for the small line above it, beside the verdict's sign. */
export const cutOwner = (owner: string, cardWidth: number): string => cut(owner, Math.floor((cardWidth - PADDING - 12) / OWNER_LETTER))

function cut(name: string, room: number): string {
  const letters = [...name]
  if (letters.length <= room) return name
  const tail = Math.floor((room - 1) / 2)
  return `${letters.slice(0, room - 1 - tail).join("")}…${letters.slice(-tail).join("")}`
}

/** The width that the longest name asks for, within bounds. */
export function cardWidthFor(nodes: readonly ShownNode[]): number {
  let longest = 0
  for (const node of nodes) longest = Math.max(longest, nameOf(node).length)
  return Math.min(CARD.maxWidth, Math.max(CARD.minWidth, Math.ceil(longest * LETTER) + PADDING))
}

/** Width and height of what stands for a node. */
export function sizeOf(layout: Layout, node: ShownNode): [width: number, height: number] {
  return layout.cardWidth > 0 ? [layout.cardWidth, CARD.height] : [2 * markRadius(node), 2 * markRadius(node)]
}

/** The drawing's corner and size with its margin. */
export function boundsOf(boxes: Iterable<readonly [x: number, y: number, width: number, height: number]>) {
  let [left, top, right, bottom] = [0, 0, 0, 0]
  for (const [x, y, width, height] of boxes) {
    left = Math.min(left, x - CARD.margin)
    top = Math.min(top, y - CARD.margin)
    right = Math.max(right, x + width + CARD.margin)
    bottom = Math.max(bottom, y + height + CARD.margin)
  }
  return { left, top, width: right - left, height: bottom - top }
}

/** The point that a line or a centred view aims at. */
export function middleOf(layout: Layout, { node, x, y }: PlacedNode): [x: number, y: number] {
  const [width, height] = sizeOf(layout, node)
  return [x + width / 2, y + height / 2]
}

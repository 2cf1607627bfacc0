import path from "node:path"
import type { ContainerAnswer } from "./containers"
import { MODES, ratio, type Section } from "./section"

/** The kinds that the aims are stated for. */
const KINDS: readonly (readonly [string, (answer: ContainerAnswer) => boolean])[] = [
  ["quantised", ({ relation }) => relation === "quantized"],
  ["of these 4-bit schemes and smaller", ({ relation, container: { bits } }) => relation === "quantized" && bits !== null && bits <= FIVE],
  ["adapters", ({ relation }) => relation === "adapter"],
  ["quantised and adapters", ({ relation }) => relation === "quantized" || relation === "adapter"],
  ["conversions and copies", ({ relation }) => relation === "precision" || relation === "copy"],
  ["total", () => true],
]
/** GGUF counts its scales: schemes of 4 bits take up to 5 by element, those of 5 bits more. */
const FIVE = 5

const HEAD = [
  "",
  "models",
  "true parent",
  "parent or its twin",
  "relation",
  "of those named",
  "container and scheme",
  "verdict",
  "abstained",
]

const folderNames = (folders: readonly string[]) => folders.map((folder) => `\`${path.basename(folder)}\``).join(" and ")

/**
 * By kind, by container and scheme, and what was answered wrongly; each with dates and without.
 * @param folders of the containers
 */
export function containerSections(answers: readonly ContainerAnswer[], folders: readonly string[]): Section[] {
  if (answers.length === 0) return []
  return [
    {
      level: 1,
      heading: "Containers",
      text: `The families of ${folderNames(folders)}: models of the split published in other weight containers, quantised, and adapters. One Hub
serves everything together, so that every such model finds its candidates among full-weight models, containers and adapters. The tables above
are measured without them.

- **True parent**: the direct parent is the one named. A **twin** has the parent's weights under another name: a copy, a cast, another
  container. **Relation**, **container and scheme** and **verdict** are counted over all models, whatever parent is named; nothing said is wrong.
  **Of those named**: the relation where a parent is named at all.
- **Scheme** means the container, the packing of most matrices with its bits, and the element type or kind of adapter.`,
    },
    ...MODES.flatMap(({ time, name }): Section[] => {
      const own = answers.filter((answer) => answer.time === time)
      const schemes = [...new Set(own.map(schemeOf))].sort()
      const ofScheme = (scheme: string) => own.filter((answer) => schemeOf(answer) === scheme)
      const wrong = own.filter((answer) => answer.wrong.length > 0)
      return [
        { level: 2, heading: `By kind, ${name}`, rows: kindRows("", own) },
        {
          level: 2,
          heading: `By container and scheme, ${name}`,
          rows: [HEAD, ...schemes.map((scheme) => row(scheme, ofScheme(scheme)))],
        },
        {
          level: 2,
          heading: `Answers not wholly right, ${name}`,
          rows: [["model", "container", "said for true"], ...wrong.map((answer) => [answer.id, schemeOf(answer), answer.wrong.join("; ")])],
        },
      ]
    }),
  ]
}

/** The README's rows: kinds alone, with dates. */
export function containerSummary(answers: readonly ContainerAnswer[]): Section {
  const dated = answers.filter(({ time }) => time)
  return { level: 1, heading: "Containers, with dates", rows: kindRows("containers, with dates", dated) }
}

function kindRows(name: string, answers: readonly ContainerAnswer[]): string[][] {
  const rows = KINDS.map(([kind, holds]) => ({ kind, members: answers.filter(holds) })).filter(({ members }) => members.length > 0)
  return [[name, ...HEAD.slice(1)], ...rows.map(({ kind, members }) => row(kind, members))]
}

function row(name: string, answers: readonly ContainerAnswer[]): string[] {
  const share = (holds: (answer: ContainerAnswer) => boolean) => ratio({ hits: answers.filter(holds).length, of: answers.length })
  const named = answers.filter((answer) => answer.named)
  const ofNamed = ratio({ hits: named.filter(({ relationRight }) => relationRight).length, of: named.length })
  return [
    ...[name, String(answers.length), share(({ parent }) => parent), share(({ parentOrTwin }) => parentOrTwin)],
    ...[share(({ relationRight }) => relationRight), ofNamed, share(({ storageRight }) => storageRight)],
    ...[share(({ verdictRight }) => verdictRight), String(answers.filter(({ abstained }) => abstained).length)],
  ]
}

const schemeOf = ({ container: { format, scheme, bits } }: ContainerAnswer) =>
  `${format} ${scheme}${format === "safetensors" ? ` ${bits}-bit` : ""}`

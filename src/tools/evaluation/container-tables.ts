import type { ContainerAnswer } from "./containers"
import { MODES, ratio, type Table } from "./tables"

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

/** By kind, by container and scheme, and what was answered wrongly; each with dates and without. */
export function containerTables(answers: readonly ContainerAnswer[]): Table[] {
  return MODES.flatMap(({ time, name }) => {
    const own = answers.filter((answer) => answer.time === time)
    const schemes = [...new Set(own.map(schemeOf))].sort()
    return [
      kindTable(`Containers, ${name}`, own),
      {
        title: `Containers by format and scheme, ${name}`,
        rows: [
          HEAD,
          ...schemes.map((scheme) =>
            row(
              scheme,
              own.filter((answer) => schemeOf(answer) === scheme),
            ),
          ),
        ],
      },
      {
        title: `Containers: answers not wholly right, ${name}`,
        rows: [
          ["model", "container", "said for true"],
          ...own.filter(({ wrong }) => wrong.length > 0).map((answer) => [answer.id, schemeOf(answer), answer.wrong.join("; ")]),
        ],
      },
    ]
  }).filter(({ rows }) => rows.length > 1)
}

/** The README's rows: kinds alone, with dates. */
export function containerSummary(answers: readonly ContainerAnswer[]): Table {
  const { title, rows } = kindTable(
    "Containers, with dates",
    answers.filter(({ time }) => time),
  )
  return { title, rows: rows.map((cells, n) => (n === 0 ? ["containers, with dates", ...cells.slice(1)] : cells)) }
}

function kindTable(title: string, answers: readonly ContainerAnswer[]): Table {
  const rows = KINDS.map(([name, holds]) => ({ name, members: answers.filter(holds) })).filter(({ members }) => members.length > 0)
  return { title, rows: [HEAD, ...rows.map(({ name, members }) => row(name, members))] }
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

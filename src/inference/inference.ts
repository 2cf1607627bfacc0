import { createPairStatistics } from "./pair-statistics"
import { createScorers } from "./scorers"
import type { Ort } from "./session"
import type { PairStatisticsRunner, Provider } from "./types"

/** The bytes of the graphs in assets; each is asked for when it is first run. */
type Graphs = Readonly<Record<"statistics" | "relation" | "direction", () => Promise<Uint8Array>>>

/** All graphs as the engine uses them; `prefer` and `gpu` as for {@link createPairStatistics}. */
export function createInference(ort: Ort, graphs: Graphs, prefer: "auto" | Provider, gpu?: unknown): PairStatisticsRunner {
  const scorers = createScorers({ ort, ...graphs, prefer })
  return createPairStatistics({ ort, model: graphs.statistics, prefer, gpu, scorers })
}

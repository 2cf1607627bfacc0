// The parts of the evaluation that are written in TypeScript or belong to the product, for bundling.
export { atlasTables } from "./evaluation/atlas"
export { containerSummary, containerTables } from "./evaluation/container-tables"
export { judgeContainers } from "./evaluation/containers"
export { inspectAll } from "./evaluation/inspect"
export { resultTables, scoreAll, summaryTable } from "./evaluation/tables"
export { readContainers, readTruth, sample } from "./evaluation/truth"

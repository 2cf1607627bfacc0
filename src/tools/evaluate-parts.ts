// The parts of the evaluation that are written in TypeScript or belong to the product, for bundling.
export { inspectAll } from "./evaluation/inspect"
export { resultTables, scoreAll, summaryTable } from "./evaluation/tables"
export { readTruth, sample } from "./evaluation/truth"

// The parts of the product that the benchmark measures, for bundling.
export { inspectModel } from "~src/app/inspect"
export { CostMeter } from "~src/app/meter"
export { chartMany } from "~src/atlas/chart"
export { createEngine } from "~src/cli/engine"
export { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
export { openContainer } from "~src/formats/open"
export { chartFamily, familyEvidence } from "~src/lineage/family"
export { comparePairs } from "~src/lineage/pair"

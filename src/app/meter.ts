import type { Meter } from "~src/hub/types"
import type { Provider } from "~src/inference/types"
import type { Cost } from "./report"

/** Adds up what one inspection costs. */
export class CostMeter implements Meter {
  requests = 0
  bytes = 0
  weightBytes = 0

  add(requests: number, bytes: number, weightBytes: number): void {
    this.requests += requests
    this.bytes += bytes
    this.weightBytes += weightBytes
  }

  cost(milliseconds: number, provider: Provider | null): Cost {
    const { requests, bytes, weightBytes } = this
    return { requests, bytes, weightBytes, milliseconds, provider }
  }
}

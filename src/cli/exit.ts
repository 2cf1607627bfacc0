import type { ErrorCode } from "~src/core/errors"

/** Exit statuses of the contract. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  "bad-arguments": 2,
  offline: 3,
  "rate-limited": 3,
  "bad-response": 3,
  "not-found": 4,
  gated: 5,
  disabled: 5,
  malformed: 5,
  "no-such-file": 5,
  "no-weights": 5,
  "not-a-range": 5,
  unsupported: 5,
  quota: 5,
  aborted: 130,
}

/** The exit status that a failure of this kind ends with. */
export const exitStatus = (code: ErrorCode): number => STATUS[code]

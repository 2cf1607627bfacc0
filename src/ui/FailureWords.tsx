import type { Failure } from "~src/core/errors"
import { failureWords } from "./sentences"

/** What happened; the part that is known in English alone is marked as such, for those who have it read to them. */
export function FailureWords({ failure }: { failure: Failure }) {
  const { said, english } = failureWords(failure)
  return (
    <>
      {said}
      {said !== null && english !== null && " "}
      {english !== null && (
        <span lang="en" dir="auto">
          {said === null ? english : `(${english})`}
        </span>
      )}
    </>
  )
}

import type { FaultRule, RequestKind } from "./types"

/** Answers which fault strikes a request, if any; the first rule that fits and is not used up. */
export function createFaults(rules: readonly FaultRule[]) {
  const left = rules.map(({ times }) => times ?? Number.POSITIVE_INFINITY)
  return (path: string, kind: RequestKind): FaultRule | null => {
    const index = rules.findIndex((rule, i) => (left[i] ?? 0) > 0 && (rule.kind ?? kind) === kind && matches(rule.match, path))
    left[index] = (left[index] ?? 0) - 1
    return rules[index] ?? null
  }
}

/** Without the memory that global and sticky patterns have. */
function matches(pattern: RegExp, path: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(path)
}

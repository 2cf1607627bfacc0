/** A share as a whole percentage from 10 % on, with a digit or so below. */
export function percent(share: number, digits = 1): string {
  const value = 100 * share
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(digits) : value.toPrecision(1)} %`
}

/** The Hub gives this creation time to every repository older than its record of times: it means unknown. */
const FLOOR = Date.parse("2022-03-02T23:29:04.000Z")

/** When a repository was made, in milliseconds since the epoch, from the Hub's ISO time; null where nobody knows. */
export function uploadTime(createdAt: string | null | undefined): number | null {
  const time = Date.parse(createdAt ?? "")
  return time > FLOOR ? time : null
}

import type { AtlasNode } from "~src/app/report"
import { uploadTime } from "~src/core/upload-time"

/** When a model was uploaded, in milliseconds since the epoch, or null where nobody knows. */
export function dateOf({ createdAt }: Pick<AtlasNode, "createdAt">): number | null {
  return uploadTime(createdAt)
}

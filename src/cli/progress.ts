import type { Progress } from "~src/app/protocol"
import { bytes } from "~src/ui/format"
import { t } from "~src/ui/i18n"

/** Shows progress on one line of standard error if that is a terminal, else nowhere. `clear` removes the line. */
export function createProgress(stream: NodeJS.WriteStream) {
  const clear = () => {
    if (stream.isTTY) stream.write("\r\x1b[2K")
  }
  return {
    clear,
    show(progress: Progress) {
      if (!stream.isTTY) return
      clear()
      const count = progress.total > 0 ? ` ${progress.done}/${progress.total}` : ""
      stream.write(`${t(`step_${progress.step}`)}${count} (${progress.requests} requests, ${bytes(progress.bytes)})`)
    },
  }
}

import { type ChangeEvent, useCallback, useEffect, useRef, useState } from "react"
import { backupLines, restoreLines } from "~src/app/backup"
import type { Settings } from "~src/app/settings"
import type { Store } from "~src/storage/types"
import { bytes } from "../format"
import { t } from "../i18n"
import { fileOfLines, linesOfFile } from "./backup-file"
import { Section } from "./parts"
import { useTask } from "./use-task"

export interface StoredProps {
  readonly store: () => Promise<Store>
  readonly settings: Settings
  readonly onChange: (settings: Settings) => void
  /** Gives the person a file. */
  readonly download: (file: Blob, name: string) => void
}

/** What is stored: how much, how to be rid of it, and how to take it along. */
export function Stored({ store, settings, onChange, download }: StoredProps) {
  const [used, setUsed] = useState("")
  const { said, busy, run } = useTask()
  const picker = useRef<HTMLInputElement>(null)
  const recount = useCallback(async () => {
    const usage = Object.values(await (await store()).usage())
    const [count, size] = [usage.reduce((sum, each) => sum + each.rows, 0), usage.reduce((sum, each) => sum + each.bytes, 0)]
    setUsed(t("options_rows", { count, size: bytes(size) }))
  }, [store])
  useEffect(() => void recount().catch((error: unknown) => setUsed(String(error))), [recount])

  const clear = async () => {
    await (await store()).clear()
    await recount()
    return t("options_cleared")
  }
  const save = async () => {
    const file = await fileOfLines(backupLines(await store(), settings))
    download(file, `pedigree-${new Date().toISOString().slice(0, 10)}.jsonl.gz`)
    return t("options_exported", { size: bytes(file.size) })
  }
  const load = (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.currentTarget.files ?? []
    event.currentTarget.value = ""
    if (!file) return
    run(async () => {
      try {
        const restored = await restoreLines(await store(), linesOfFile(file))
        onChange(restored.settings)
        return t("options_imported", { count: restored.rows })
      } finally {
        await recount()
      }
    })
  }
  return (
    <Section title={t("options_storage")}>
      <p className="text">{t("options_storage_text")}</p>
      <p className="text">{used}</p>
      <div className="row">
        <button type="button" disabled={busy} onClick={() => run(clear)}>
          {t("options_clear")}
        </button>
        <button type="button" disabled={busy} onClick={() => run(save)}>
          {t("options_export")}
        </button>
        <button type="button" disabled={busy} onClick={() => picker.current?.click()}>
          {t("options_import")}
        </button>
        <input ref={picker} type="file" accept=".gz,application/gzip" hidden onChange={load} aria-label={t("options_import")} />
      </div>
      <p className="quiet">{t("options_import_hint")}</p>
      <p role="status" className="quiet">
        {said}
      </p>
    </Section>
  )
}

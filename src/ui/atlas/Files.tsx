import { type ChangeEvent, useState } from "react"
import { MOST_BYTES, parseAtlasFile, tooLarge } from "~src/app/import-atlas"
import type { Merged } from "~src/app/merge-atlas"
import type { AtlasReport } from "~src/app/report"
import { type Failure, toFailure } from "~src/core/errors"
import { FailureWords } from "../FailureWords"
import { t } from "../i18n"
import { adviceText } from "../sentences"
import { FORMATS, type Format, save, type View, viewFile } from "./view-files"

interface FilesProps {
  /** What saved files are called after; empty when the atlas is about no model. */
  readonly model: string
  readonly view: () => View
  /** Reads a file in; absent where the window would close under the file dialogue, as popups do. */
  readonly onImport: ((atlas: AtlasReport) => void) | undefined
  /** What the files read in so far have added. */
  readonly merged: Merged["counts"] | null
  readonly onForget: () => void
}

/** Saving the view as a file and reading somebody else's atlas in. */
export function Files({ model, view, onImport, merged, onForget }: FilesProps) {
  const [failure, setFailure] = useState<Failure | null>(null)
  const [saved, setSaved] = useState<Format | null>(null)
  const guard = (work: () => Promise<void>) => {
    setFailure(null)
    setSaved(null)
    work().catch((error: unknown) => setFailure(toFailure(error)))
  }
  const onFile = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0]
    if (!file) return
    guard(async () => {
      if (file.size > MOST_BYTES) throw tooLarge()
      onImport?.(parseAtlasFile(await file.text()))
    })
    // The same file may be chosen again after a change.
    target.value = ""
  }
  return (
    <section className="files" aria-label={t("atlas_files")}>
      <p>
        <span className="quiet">{t("atlas_save")}</span>
        {FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            data-format={format}
            onClick={() =>
              guard(async () => {
                save(await viewFile(format, view()), model, format)
                setSaved(format)
              })
            }
          >
            {t(`atlas_format_${format}`)}
          </button>
        ))}
      </p>
      {onImport && (
        <label className="import">
          {t("atlas_import")} <input type="file" accept=".json,application/json" onChange={onFile} />
        </label>
      )}
      <div role="status">
        {saved && <p className="quiet">{t("atlas_saved", { format: t(`atlas_format_${saved}`) })}</p>}
        {merged && (
          <p>
            {t("atlas_merged", { models: merged.models, claims: merged.claims })}{" "}
            {merged.otherCommit > 0 && t("atlas_merged_commit", { count: merged.otherCommit })}{" "}
            <button type="button" onClick={onForget}>
              {t("atlas_forget")}
            </button>
          </p>
        )}
      </div>
      {failure && (
        <p role="alert">
          <span className="strong">
            <FailureWords failure={failure} />
          </span>{" "}
          {adviceText(failure)}
        </p>
      )}
    </section>
  )
}

import type { FileFact } from "~src/app/report"
import { plain } from "~src/hub/ids"
import { bytes } from "../format"
import { t } from "../i18n"
import { fileUrl } from "../links"
import { RowList } from "./Rows"

const SHOWN = 12

/** The weight files that were read, at their commit, with size and the beginning of their content address. */
export function FileFacts({ id, revision, files }: { id: string; revision: string | null; files: readonly FileFact[] }) {
  return (
    <RowList>
      {files.slice(0, SHOWN).map(({ path, size, oid }) => {
        const url = revision === null ? null : fileUrl(id, revision, path)
        const name = <bdi dir="auto">{plain(path, 120)}</bdi>
        return (
          <li key={path}>
            {url ? (
              <a className="name" href={url}>
                {name}
              </a>
            ) : (
              <span className="name">{name}</span>
            )}{" "}
            <span className="quiet">
              {bytes(size)}
              {oid !== null && (
                <>
                  {" · "}
                  <abbr title={oid}>{t("panel_oid", { oid: plain(oid.slice(0, 12), 12) })}</abbr>
                </>
              )}
            </span>
          </li>
        )
      })}
      {files.length > SHOWN && <li>…</li>}
    </RowList>
  )
}

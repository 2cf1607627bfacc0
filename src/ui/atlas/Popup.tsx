import { useEffect, useState } from "react"
import type { Reply } from "~src/app/protocol"
import { FailureWords } from "../FailureWords"
import { t } from "../i18n"
import { Name, Say } from "../parts"
import { adviceText, reasonText } from "../sentences"
import { Atlas } from "./Atlas"
import type { StartWorker } from "./use-layout"

export interface PopupProps {
  /** The model of the active tab, or of the full page; null when there is none. */
  readonly model: () => Promise<string | null>
  /** Asks the worker for what is stored about the model's family, or about all of them. */
  readonly family: (model: string | null) => Promise<Reply>
  readonly open: (url: string) => void
  readonly worker: StartWorker
  /** Opens the same view as a page; absent on that page itself. */
  readonly openFull?: (model: string | null) => void
}

type State =
  | { readonly is: "loading" | "not-model" }
  | { readonly is: "answered"; readonly model: string | null; readonly reply: Reply }
  | { readonly is: "failed"; readonly model: string | null }

/** The mini-atlas of the family of a model: of the one in the active tab, or of the one that the full page is about. */
export function Popup(props: PopupProps) {
  const { model, family, openFull } = props
  const [state, setState] = useState<State>({ is: "loading" })
  useEffect(() => {
    const look = async (): Promise<State> => {
      const id = await model()
      // The full page shows every family when it is about none.
      if (id === null && openFull) return { is: "not-model" }
      return { is: "answered", model: id, reply: await family(id) }
    }
    look()
      .catch((): State => ({ is: "failed", model: null }))
      .then(setState)
  }, [model, family, openFull])

  return (
    <main data-state={state.is} data-full={openFull === undefined}>
      <header>
        <h1>
          {state.is === "answered" && state.model !== null ? (
            <Say text={t("atlas_of")} fill={{ name: <Name id={state.model} /> }} />
          ) : (
            t(openFull ? "atlas_title" : "atlas_all")
          )}
        </h1>
        {openFull && state.is === "answered" && (
          <button type="button" onClick={() => openFull(state.model)}>
            {t("atlas_full")}
          </button>
        )}
      </header>
      {state.is === "loading" && <p className="quiet">{t("atlas_loading")}</p>}
      {state.is === "not-model" && (
        <>
          <Empty sentence={t("atlas_not_model")} advice={t("atlas_not_model_advice")} />
          <button type="button" onClick={() => openFull?.(null)}>
            {t("atlas_show_all")}
          </button>
        </>
      )}
      {state.is === "failed" && <Empty sentence={t("atlas_failed")} advice={t("atlas_failed_advice")} />}
      {state.is === "answered" && <Answer {...props} model={state.model} reply={state.reply} />}
    </main>
  )
}

type AnswerProps = Pick<PopupProps, "open" | "openFull" | "worker"> & { readonly model: string | null; readonly reply: Reply }

function Answer({ model, reply, open, openFull, worker }: AnswerProps) {
  if (reply.type === "failed") return <Empty sentence={<FailureWords failure={reply.failure} />} advice={adviceText(reply.failure)} />
  if (reply.type !== "family" || reply.atlas === null || reply.atlas.nodes.length === 0)
    return <Empty sentence={<NoAnalysis model={model} />} advice={t("atlas_none_advice")} />
  const { atlas, report } = reply
  // The address bar may hold the name in another case.
  const same = (id: string) => id.toLowerCase() === model?.toLowerCase()
  const current = atlas.nodes.find((node) => same(node.id))?.id ?? model ?? ""
  return (
    <>
      {report && (
        <p className="text" dir="auto">
          {same(report.model) ? (
            reasonText(report)
          ) : (
            <Say text={t("atlas_drawn_from")} fill={{ name: <Name id={current} />, relative: <Name id={report.model} /> }} />
          )}
        </p>
      )}
      {atlas.edges.length === 0 && <p className="quiet">{t("atlas_alone")}</p>}
      <Atlas atlas={atlas} current={current} open={open} worker={worker} full={openFull === undefined} />
    </>
  )
}

function NoAnalysis({ model }: { model: string | null }) {
  return model === null ? t("atlas_none_at_all") : <Say text={t("atlas_none")} fill={{ name: <Name id={model} /> }} />
}

function Empty({ sentence, advice }: { sentence: React.ReactNode; advice: string }) {
  return (
    <div className="empty">
      <p className="strong">{sentence}</p>
      <p className="text">{advice}</p>
    </div>
  )
}

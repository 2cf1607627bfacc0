import messages from "~locales/en/messages.json"
import type { Language } from "./i18n"

const catalogue: Readonly<Record<string, { readonly message: string } | undefined>> = messages

/** English from its file, for the command line and for tests; the extension takes its words from the browser. */
export const ENGLISH: Language = { locale: "en", lookup: (key) => catalogue[key]?.message }

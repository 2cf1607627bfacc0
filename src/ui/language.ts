import { speak } from "./i18n"

/** The languages there are catalogues for, as BCP 47 tags. */
export const LANGUAGES = ["en", "de", "fr", "es", "zh-CN", "ja"] as const

/** A language of the list, or `auto` for the browser's. */
export type LanguageChoice = "auto" | (typeof LANGUAGES)[number]

interface Catalogue {
  readonly [key: string]: { readonly message: string } | undefined
}

/**
 * Makes the interface speak the chosen language. The browser's own is at hand without any reading; another one is one file of
 * the package. Rejects when the extension was updated or removed under the page.
 */
export async function loadLanguage(choice: LanguageChoice): Promise<void> {
  const browsers = chrome.i18n.getMessage("language_tag")
  if (choice === "auto" || choice === browsers) {
    // British dates for a British browser: the catalogue knows only that it is English.
    const locale = navigator.language.split("-")[0] === browsers.split("-")[0] ? navigator.language : browsers
    return speak({ locale, lookup: (key) => chrome.i18n.getMessage(key) })
  }
  const answer = await fetch(chrome.runtime.getURL(`_locales/${choice.replace("-", "_")}/messages.json`))
  const catalogue: Catalogue = await answer.json()
  speak({ locale: choice, lookup: (key) => catalogue[key]?.message })
}

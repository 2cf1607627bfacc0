import { parseSettings, type Settings } from "~src/app/settings"
import { type Language, speak } from "./i18n"

interface Catalogue {
  readonly [key: string]: { readonly message: string } | undefined
}

/**
 * The chosen language. The browser's own is at hand without any reading; another one is one file of the package. Rejects when
 * the extension was updated or removed under the page.
 */
async function loadLanguage(choice: Settings["language"]): Promise<Language> {
  const browsers = chrome.i18n.getMessage("language_tag")
  if (choice === "auto" || choice === browsers) {
    // British dates for a British browser: the catalogue knows only that it is English.
    const locale = navigator.language.split("-")[0] === browsers.split("-")[0] ? navigator.language : browsers
    return { locale, lookup: (key) => chrome.i18n.getMessage(key) }
  }
  const answer = await fetch(chrome.runtime.getURL(`_locales/${choice.replace("-", "_")}/messages.json`))
  const catalogue: Catalogue = await answer.json()
  return { locale: choice, lookup: (key) => catalogue[key]?.message }
}

/** Makes the interface speak the chosen language, and answers it for a bundle that has a `t` of its own. */
export async function speakLanguage(choice: Settings["language"]): Promise<Language> {
  const language = await loadLanguage(choice)
  speak(language)
  return language
}

/** The same for the language that the settings name. */
export const speakChosen = async (): Promise<Language> => speakLanguage(parseSettings(await chrome.storage.local.get()).language)

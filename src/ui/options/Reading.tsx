import { CHOICES, type Settings } from "~src/app/settings"
import { bytes, count } from "../format"
import { t } from "../i18n"
import { Radios, Section, Select, Toggle } from "./parts"

export interface SettingsProps {
  readonly settings: Settings
  readonly onChange: (changed: Partial<Settings>) => void
}

const MODES = ["auto", "click", "off"] as const
const ascending = <N extends number>(values: readonly N[]): N[] => [...values].sort((a, b) => a - b)

/** When weights are read, how much of them, and how many requests at once. */
export function Reading({ settings, onChange }: SettingsProps) {
  return (
    <Section title={t("options_reading")}>
      <Radios
        label={t("options_mode")}
        value={settings.mode}
        choices={MODES.map((mode) => [mode, t(`options_mode_${mode}`)])}
        onChoose={(mode) => onChange({ mode })}
      />
      <Toggle
        label={t("options_saver")}
        hint={t("options_saver_hint")}
        checked={settings.saver}
        onChange={(saver) => onChange({ saver })}
      />
      <Select
        label={t("options_budget")}
        value={settings.budget}
        choices={ascending(CHOICES.budget).map((budget) => [budget, bytes(budget)])}
        onChoose={(budget) => onChange({ budget })}
      />
      <Select
        label={t("options_concurrency")}
        value={settings.concurrency}
        choices={ascending(CHOICES.concurrency).map((number) => [number, count(number)])}
        onChoose={(concurrency) => onChange({ concurrency })}
      />
    </Section>
  )
}

/** What is shown beside the panel: marks on lists, and the language of everything. */
export function Showing({ settings, onChange }: SettingsProps) {
  return (
    <Section title={t("options_showing")}>
      <Toggle
        label={t("options_badges")}
        hint={t("options_badges_hint")}
        checked={settings.badges}
        onChange={(badges) => onChange({ badges })}
      />
      <Select
        label={t("options_language")}
        value={settings.language}
        choices={CHOICES.language.map((language) => [language, language === "auto" ? t("options_language_auto") : nameOf(language)])}
        onChoose={(language) => onChange({ language })}
      />
    </Section>
  )
}

/** The language's name in itself: whoever looks for it reads it. */
const nameOf = (language: string): string => new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language

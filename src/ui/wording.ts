import type { Verdict } from "~src/core/words"
import { plain } from "~src/hub/ids"
import { type MessageKey, t } from "./i18n"

/** Signs of the verdicts; never shown without their word. */
export const VERDICT_ICONS: Readonly<Record<Verdict, string>> = {
  documented: "✓",
  undocumented: "+",
  contradicted: "≠",
  independent: "○",
  unverified: "?",
}

const HUB_RELATIONS: Readonly<Record<string, MessageKey>> = {
  finetune: "hub_relation_finetune",
  adapter: "hub_relation_adapter",
  quantized: "hub_relation_quantized",
  merge: "hub_relation_merge",
}

/** The Hub's relation in our words where it has one; what a card invents is shown as it is, cut when it is no word any more. */
export function hubRelationWord(relation: string): string {
  const key = Object.hasOwn(HUB_RELATIONS, relation) ? HUB_RELATIONS[relation] : undefined
  return key ? t(key) : plain(relation, 60)
}

/** A model's name as people read it, cut when too long: a model that is only implied and that nobody names has a number alone. */
export function modelName(id: string, longest = 120): string {
  const [, number] = /^ghost:(\d+)$/.exec(id) ?? []
  return number === undefined ? plain(id, longest) : t("ghost_name", { number })
}

import { HubApiError, whoAmI } from "@huggingface/hub"
import { PedigreeError } from "~src/core/errors"
import type { Store } from "~src/storage/types"

/** The part of `chrome.storage.session` and `.local` that is used. */
export interface StorageArea {
  get(key: string): Promise<Record<string, unknown>>
  set(items: Record<string, unknown>): Promise<void>
  remove(key: string): Promise<void>
}

/**
 * Where the token of a person lies. In memory by default, gone with the browser; where they chose to keep it, in the
 * extension's own database, which no page's script and no content script can reach. `local` holds only whether it is kept.
 */
export interface TokenPlaces {
  readonly session: StorageArea
  readonly local: StorageArea
  readonly store: () => Promise<Store>
}

const KEY = "token"
/** Tells by its change that a token came or went; the database has no such event. */
const KEPT = "tokenKept"

/** What a token can look like; anything else would only confuse a header. */
const isToken = (value: unknown): value is string => typeof value === "string" && /^hf_[\w-]{4,200}$/.test(value)

export async function readToken(places: TokenPlaces): Promise<string | undefined> {
  const { [KEY]: inMemory } = await places.session.get(KEY)
  if (isToken(inMemory)) return inMemory
  if (!(await isKept(places))) return undefined
  const kept = await (await places.store()).get("settings", KEY)
  return isToken(kept) ? kept : undefined
}

/** Whether there is a token, and whether it outlives the browser. */
export async function tokenState(places: TokenPlaces): Promise<"none" | "session" | "kept"> {
  if ((await readToken(places)) === undefined) return "none"
  return (await isKept(places)) ? "kept" : "session"
}

const isKept = async ({ local }: TokenPlaces): Promise<boolean> => (await local.get(KEPT))[KEPT] === true

export async function saveToken(places: TokenPlaces, token: string, keeps: boolean): Promise<void> {
  await forgetToken(places)
  if (keeps) {
    await (await places.store()).put("settings", KEY, token)
    await places.local.set({ [KEPT]: true })
  } else await places.session.set({ [KEY]: token })
}

export async function forgetToken({ session, local, store }: TokenPlaces): Promise<void> {
  await (await store()).delete("settings", KEY)
  await session.remove(KEY)
  await local.remove(KEPT)
}

/**
 * Asks the Hub whose token this is.
 * @returns the account's name
 * @throws PedigreeError when it is none, the Hub does not know it, or cannot be reached
 */
export async function ownerOfToken(token: string, endpoint: string, fetch: typeof globalThis.fetch): Promise<string> {
  if (!isToken(token)) throw refused()
  try {
    const { name } = await whoAmI({ accessToken: token, hubUrl: endpoint, fetch: (...request) => fetch(...request) })
    return name
  } catch (error) {
    if (error instanceof HubApiError) throw refused()
    throw new PedigreeError("offline", "The Hub could not be reached.", "Check the connection, then try again.", {
      worded: { as: "unreachable", values: { host: "huggingface.co" } },
    })
  }
}

const refused = () =>
  new PedigreeError("bad-arguments", "The Hub does not know this token.", "Copy it anew from your settings on Hugging Face.", {
    worded: { as: "token_unknown", values: {} },
  })

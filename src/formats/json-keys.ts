const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** Index of the quote that closes the string opened at `open`. */
function closingQuote(text: string, open: number): number {
  let at = open + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

/**
 * The first key that one object of a JSON text holds twice, or null.
 * @param text must be valid JSON (parse it first): then a string is a key exactly if a colon follows
 */
export function findDuplicateKey(text: string): string | null {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x7b) open.push(new Set())
    else if (code === 0x7d) open.pop()
    else if (code === QUOTE) {
      const close = closingQuote(text, at)
      let next = close + 1
      while (text.charCodeAt(next) <= 0x20) next++
      if (text.charCodeAt(next) === COLON) {
        // Escapes make one key out of different spellings.
        const key = JSON.parse(text.slice(at, close + 1)) as string
        const keys = open.at(-1)
        if (keys?.has(key)) return key
        keys?.add(key)
      }
      at = close
    }
  }
  return null
}

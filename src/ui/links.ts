const MODEL_ID = /^[\w.-]{1,96}\/[\w.-]{1,96}$/

/** The model's page on the Hub, or null for an id that is none (a local path in a card, a ghost). */
export function modelUrl(id: string): string | null {
  return MODEL_ID.test(id) && !id.includes("..") ? `https://huggingface.co/${id}` : null
}

const HEAD = /(^|[._])(head|lm_head|classifier|score|pooler|cls)([._]|$)/
const EMBEDDING = /(^|[._])(embed|embedding|embeddings|embed_tokens|wte|wpe|tok|patch|position|token_type)([._]|$)/

/** What a task's answer is read from: fine-tuning for another task puts another one in its place. */
export function isHead(role: string): boolean {
  return HEAD.test(role)
}

/**
 * Embeddings, heads and poolers: replaced or resized by fine-tuning, or filled with rows that training never touched. They
 * inform, but relatedness and distance rest on the body.
 */
export function isHeadOrEmbedding(role: string): boolean {
  return isHead(role) || EMBEDDING.test(role)
}

const NORM = /norm|(^|[._])(ln|bn)(_?\w)?([._]|$)/i

/** Gains and biases of a normalisation. */
export function isNorm(role: string): boolean {
  return NORM.test(role)
}

/** Batch-norm statistics are averages of data that passed through, not weights that were trained. */
export function isDataStatistic(role: string): boolean {
  return /running_(mean|var)$/.test(role)
}

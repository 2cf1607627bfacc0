/** Version of the inference. Conclusions are stored under it and recomputed when it changes; facts stay. */
export const ENGINE_VERSION = "9"

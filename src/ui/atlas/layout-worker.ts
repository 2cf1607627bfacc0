import { type LayoutRequest, layOut } from "./lay-out"

/** Runs in a dedicated worker: one answer a question, in their order. */
self.addEventListener("message", ({ data }: MessageEvent<LayoutRequest>) => self.postMessage(layOut(data)))

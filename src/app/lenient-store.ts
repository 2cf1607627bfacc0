import { PedigreeError } from "~src/core/errors"
import type { Store } from "~src/storage/types"

/**
 * The store as a cache: where the browser has no room left even after old rows went, the new one is not kept, and the inspection
 * goes on to its answer. Every other failure is passed on.
 */
export const lenientStore = (store: Store): Store => ({
  ...store,
  async put(...row) {
    try {
      await store.put(...row)
    } catch (error) {
      if (!(error instanceof PedigreeError && error.code === "quota")) throw error
    }
  },
})

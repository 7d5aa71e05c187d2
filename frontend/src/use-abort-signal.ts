import { onBeforeUnmount } from 'vue'

/** A signal that fires when the component goes away, for requests whose answer nobody awaits then. */
export function useAbortSignal(): AbortSignal {
  const controller = new AbortController()
  onBeforeUnmount(() => controller.abort())
  return controller.signal
}

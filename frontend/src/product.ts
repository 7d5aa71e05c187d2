import { shallowRef, watchEffect } from 'vue'

export const PRODUCT_NAME = 'Expression Lab'

const title = shallowRef<() => string>(() => '')

/** Names the page in the browser's tab; a function is asked again when the language changes. */
export function setTitle(text: string | (() => string)): void {
  title.value = typeof text === 'string' ? () => text : text
}

/** Keeps the document's title in step with the page and the language. */
export function applyTitle(): void {
  watchEffect(
    () => {
      const text = title.value()
      document.title = text ? `${text} · ${PRODUCT_NAME}` : PRODUCT_NAME
    },
    { flush: 'sync' },
  )
}

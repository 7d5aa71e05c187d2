import { nextTick } from 'vue'

/** Tells people who use a screen reader or the keyboard that the page is another now. */
export async function focusHeading(): Promise<void> {
  await nextTick()
  const heading = document.querySelector<HTMLElement>('main h1') ?? document.querySelector('main')
  heading?.focus({ preventScroll: true })
}

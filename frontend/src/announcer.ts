import { nextTick, ref } from 'vue'

/** The text of the page's one polite live region, which App.vue shows to screen readers. */
export const announcement = ref('')

export async function announce(text: string): Promise<void> {
  // Emptied first, so that the same sentence twice in a row is read twice.
  announcement.value = ''
  await nextTick()
  announcement.value = text
}

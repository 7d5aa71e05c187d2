import { computed, onBeforeUnmount, ref } from 'vue'

import { cursorOf, errorText, listRecords, type RecordSummary } from './api'
import { followRecord } from './polling'

/** The person's records, newest first; those still being recognised keep up with their jobs. */
export function useRecordList() {
  const records = ref<RecordSummary[]>([])
  const cursor = ref<string | null>(null)
  const hasLoaded = ref(false)
  const isLoading = ref(false)
  const error = ref('')
  const follows = new Map<string, AbortController>()

  function replace(record: RecordSummary): void {
    const index = records.value.findIndex(({ id }) => id === record.id)
    if (index !== -1) records.value[index] = record
  }

  function forget(id: string): void {
    follows.get(id)?.abort()
    records.value = records.value.filter((record) => record.id !== id)
  }

  async function followUnfinished({ id, state }: RecordSummary): Promise<void> {
    if (state === 'done' || state === 'failed') return
    const abort = new AbortController()
    follows.set(id, abort)
    try {
      await followRecord(id, { signal: abort.signal, onUpdate: replace })
    } catch {
      // The card keeps the last state it knew; opening it shows what is wrong.
    } finally {
      follows.delete(id)
    }
  }

  async function loadPage(): Promise<void> {
    isLoading.value = true
    error.value = ''
    try {
      const page = await listRecords(cursor.value)
      records.value.push(...page.results)
      cursor.value = cursorOf(page.next)
      hasLoaded.value = true
      page.results.forEach((record) => void followUnfinished(record))
    } catch (problem) {
      error.value = errorText(problem)
    } finally {
      isLoading.value = false
    }
  }

  onBeforeUnmount(() => follows.forEach((abort) => abort.abort()))

  return {
    records,
    hasLoaded,
    isLoading,
    error,
    hasMore: computed(() => cursor.value !== null),
    loadPage,
    forget,
  }
}

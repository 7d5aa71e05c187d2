import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'

import { announce } from './announcer'
import { cursorOf, errorText, type RecordSummary } from './api'
import { isDeleted, restorations } from './deletions'
import { t } from './i18n'
import { followRecord, isEnded } from './polling'
import { NO_FILTERS, serverQuery, type RecordFilters } from './record-filters'
import { leaveTrail, trailFor } from './record-trail'
import { listRecords } from './records-api'

interface ListOptions {
  /** Shown again as it was when the person comes back to it. */
  keepsTrail?: boolean
}

/** The person's records; those still being recognised keep up with their jobs. */
export function useRecordList(
  filters: Readonly<Ref<RecordFilters>> = ref({ ...NO_FILTERS }),
  { keepsTrail = false }: ListOptions = {},
) {
  const loaded = ref<RecordSummary[]>([])
  const cursor = ref<string | null>(null)
  const hasLoaded = ref(false)
  const isLoading = ref(false)
  const error = ref<unknown>(null)
  const follows = new Map<string, AbortController>()
  let loading = new AbortController()

  const records = computed(() => loaded.value.filter(({ id }) => !isDeleted(id)))

  function remember(): void {
    if (keepsTrail)
      leaveTrail({ filters: filters.value, records: loaded.value, cursor: cursor.value })
  }

  function replace(record: RecordSummary): void {
    const index = loaded.value.findIndex(({ id }) => id === record.id)
    if (index !== -1) loaded.value[index] = record
  }

  async function followUnfinished({ id, state }: RecordSummary): Promise<void> {
    if (isEnded({ state }) || follows.has(id)) return
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

  function stopFollowing(): void {
    follows.forEach((abort) => abort.abort())
    follows.clear()
  }

  /** The next page; gives back how many records it brought. */
  async function loadPage(): Promise<number> {
    loading.abort()
    loading = new AbortController()
    const { signal } = loading
    isLoading.value = true
    error.value = null
    try {
      const query = serverQuery(filters.value)
      if (cursor.value !== null) query.set('cursor', cursor.value)
      const page = await listRecords(query, signal)
      const isFirst = !hasLoaded.value || cursor.value === null
      // A record that was restored or added meanwhile may turn up twice.
      const before = isFirst ? [] : loaded.value
      const ids = new Set(before.map(({ id }) => id))
      loaded.value = [...before, ...page.results.filter(({ id }) => !ids.has(id))]
      cursor.value = cursorOf(page.next)
      hasLoaded.value = true
      remember()
      page.results.forEach((record) => void followUnfinished(record))
      return page.results.length
    } catch (problem) {
      if (!signal.aborted) error.value = problem
      return 0
    } finally {
      if (!signal.aborted) isLoading.value = false
    }
  }

  /** From the first page again; what is shown stays until the answer is here. */
  async function reload(): Promise<void> {
    stopFollowing()
    cursor.value = null
    await loadPage()
    if (error.value === null) await announce(countText())
  }

  async function loadMore(): Promise<void> {
    const count = await loadPage()
    if (error.value === null) {
      await announce(t('records.list.moreShown', { n: count, all: records.value.length }, count))
    }
  }

  const hasMore = computed(() => cursor.value !== null)

  function countText(): string {
    const n = records.value.length
    return t(hasMore.value ? 'records.list.firstShown' : 'records.list.allShown', { n }, n)
  }

  /** What was shown before, without asking the server; false where nothing is remembered. */
  function restore(): boolean {
    const trail = trailFor(filters.value)
    if (!keepsTrail || trail === null) return false
    loaded.value = [...trail.records]
    cursor.value = trail.cursor
    hasLoaded.value = true
    loaded.value.forEach((record) => void followUnfinished(record))
    return true
  }

  watch(filters, () => {
    stopFollowing()
    cursor.value = null
    void reload()
  })
  watch(restorations, () => void reload())
  onBeforeUnmount(() => {
    loading.abort()
    stopFollowing()
  })

  return {
    records,
    hasLoaded,
    isLoading,
    error,
    errorMessage: computed(() => (error.value === null ? '' : errorText(error.value))),
    hasMore,
    countText,
    loadPage,
    loadMore,
    reload,
    restore,
  }
}

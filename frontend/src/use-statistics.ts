import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

import { announce } from './announcer'
import { t } from './i18n'
import { serverQuery, timeZone, type RecordFilters } from './record-filters'
import { getStatistics, type Statistics } from './records-api'

/** What the chosen records show in sum; the old stays until the new is here. */
export function useStatistics(filters: Readonly<Ref<RecordFilters>>) {
  const statistics = ref<Statistics | null>(null)
  const isLoading = ref(false)
  const error = ref<unknown>(null)
  let loading = new AbortController()

  async function load(): Promise<void> {
    loading.abort()
    loading = new AbortController()
    const { signal } = loading
    const isFirst = statistics.value === null
    isLoading.value = true
    error.value = null
    try {
      const query = serverQuery(filters.value)
      query.delete('ordering')
      query.set('tz', timeZone())
      statistics.value = await getStatistics(query, signal)
      const { faces } = statistics.value
      if (!isFirst) await announce(t('statistics.counted', { n: faces }, faces))
    } catch (problem) {
      if (!signal.aborted) error.value = problem
    } finally {
      if (!signal.aborted) isLoading.value = false
    }
  }

  watch(filters, load, { immediate: true })
  onBeforeUnmount(() => loading.abort())

  return { statistics, isLoading, error, load }
}

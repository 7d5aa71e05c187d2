import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { filtersOf, queryOf, type RecordFilters } from './record-filters'

/** The filters in the address bar, so that a view can be bookmarked and Back undoes a choice. */
export function useRecordFilters() {
  const route = useRoute()
  const router = useRouter()

  const filters = computed(() => filtersOf(route.query))

  async function apply(changed: RecordFilters, { replace = false } = {}): Promise<void> {
    await router[replace ? 'replace' : 'push']({ query: queryOf(changed) })
  }

  return { filters, apply }
}

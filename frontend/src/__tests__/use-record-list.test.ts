import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { defineComponent, h, ref, type Ref } from 'vue'

import { announcement } from '../announcer'
import { ApiError, type RecordSummary } from '../api'
import { removeRecords, deletions, undo } from '../deletions'
import { NO_FILTERS, type RecordFilters } from '../record-filters'
import { forgetTrail, neighboursOf } from '../record-trail'
import * as records from '../records-api'
import { useRecordList } from '../use-record-list'
import { aRecord } from './fixtures'

let list: MockInstance<typeof records.listRecords>

beforeEach(() => {
  list = vi.spyOn(records, 'listRecords')
  forgetTrail()
})

function pageOf(ids: string[], cursor: string | null = null) {
  const results: RecordSummary[] = ids.map((id) => aRecord({ id, name: id }))
  return {
    next: cursor && `http://inner/api/v1/records/?cursor=${cursor}`,
    previous: null,
    results,
  }
}

function listOf(filters: Ref<RecordFilters> = ref({ ...NO_FILTERS })) {
  let used!: ReturnType<typeof useRecordList>
  mount(
    defineComponent({
      setup() {
        used = useRecordList(filters, { keepsTrail: true })
        return () => h('div')
      },
    }),
  )
  return used
}

const idsOf = (used: ReturnType<typeof useRecordList>) => used.records.value.map(({ id }) => id)

describe('useRecordList', () => {
  it('loads page after page by cursor, none twice, and says how many', async () => {
    list.mockResolvedValueOnce(pageOf(['a', 'b'], 'c1')).mockResolvedValueOnce(pageOf(['b', 'c']))
    const used = listOf()
    await used.loadPage()
    expect(used.hasMore.value).toBe(true)
    await used.loadMore()
    expect(list.mock.lastCall![0]!.get('cursor')).toBe('c1')
    expect(idsOf(used)).toEqual(['a', 'b', 'c'])
    expect(used.hasMore.value).toBe(false)
    expect(announcement.value).toBe('2 more records, 3 in all')
  })

  it('starts from the first page when the filters change', async () => {
    list.mockResolvedValueOnce(pageOf(['a'], 'c1')).mockResolvedValueOnce(pageOf(['z']))
    const filters = ref<RecordFilters>({ ...NO_FILTERS })
    const used = listOf(filters)
    await used.loadPage()
    filters.value = { ...NO_FILTERS, search: 'z' }
    await flushPromises()
    expect(list.mock.lastCall![0]!.toString()).toBe('search=z')
    expect(idsOf(used)).toEqual(['z'])
    expect(announcement.value).toBe('1 record')
  })

  it('shows the answer to the last question, whichever comes first', async () => {
    let late!: (page: ReturnType<typeof pageOf>) => void
    list.mockImplementationOnce(
      (_query, signal) =>
        new Promise((resolve, reject) => {
          late = resolve
          signal!.addEventListener('abort', () => reject(signal!.reason))
        }),
    )
    list.mockResolvedValueOnce(pageOf(['new']))
    const filters = ref<RecordFilters>({ ...NO_FILTERS })
    const used = listOf(filters)
    void used.loadPage()
    filters.value = { ...NO_FILTERS, search: 'new' }
    await flushPromises()
    late(pageOf(['old']))
    await flushPromises()
    expect(idsOf(used)).toEqual(['new'])
    expect(used.isLoading.value).toBe(false)
    expect(used.error.value).toBeNull()
  })

  it('keeps what is shown where the next page fails', async () => {
    list.mockResolvedValueOnce(pageOf(['a'], 'c1'))
    list.mockRejectedValueOnce(new ApiError(0, 'offline', 'No network.'))
    const used = listOf()
    await used.loadPage()
    await used.loadMore()
    expect(idsOf(used)).toEqual(['a'])
    expect(used.errorMessage.value).toBe('No network.')
    expect(used.hasMore.value).toBe(true)
  })

  it('shows a deleted record again at its place once it is brought back', async () => {
    vi.spyOn(records, 'deleteRecords').mockImplementation(async (ids) => [...ids])
    vi.spyOn(records, 'restoreRecords').mockImplementation(async (ids) => [...ids])
    list.mockResolvedValue(pageOf(['a', 'b', 'c']))
    const used = listOf()
    await used.loadPage()
    await removeRecords([used.records.value[1]!])
    expect(idsOf(used)).toEqual(['a', 'c'])
    await undo(deletions.open[0]!.key)
    await flushPromises()
    expect(idsOf(used)).toEqual(['a', 'b', 'c'])
  })
})

describe('the trail', () => {
  it('lets a list be shown again as it was left', async () => {
    list.mockResolvedValueOnce(pageOf(['a', 'b'], 'c1'))
    await listOf().loadPage()
    const again = listOf()
    expect(again.restore()).toBe(true)
    expect(idsOf(again)).toEqual(['a', 'b'])
    expect(again.hasMore.value).toBe(true)
    expect(listOf(ref({ ...NO_FILTERS, search: 'x' })).restore()).toBe(false)
  })

  it('leads from record to record, over the end of a page', async () => {
    list.mockResolvedValueOnce(pageOf(['a', 'b'], 'c1'))
    await listOf().loadPage()
    expect(await neighboursOf(aRecord({ id: 'a' }))).toEqual({ previous: null, next: 'b' })
    list.mockResolvedValueOnce(pageOf(['c']))
    expect(await neighboursOf(aRecord({ id: 'b' }))).toEqual({ previous: 'a', next: 'c' })
    expect(list.mock.lastCall![0]!.get('cursor')).toBe('c1')
  })

  it('asks by time for a record that was opened by its address', async () => {
    list.mockImplementation(async (query) =>
      query!.has('created_from') ? pageOf(['me', 'newer']) : pageOf(['older']),
    )
    const neighbours = await neighboursOf(aRecord({ id: 'me' }))
    expect(neighbours).toEqual({ previous: 'newer', next: 'older' })
  })
})

import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, ref } from 'vue'

import { ApiError } from '../api'
import * as filmApi from '../film-api'
import { useFilmChanges } from '../use-film-changes'
import { aRecord } from './fixtures'

afterEach(() => void vi.useRealTimers())

function changesOf(offline = 0) {
  const record = ref(aRecord({ kind: 'video', revision: 1 }))
  vi.spyOn(filmApi, 'getSegments').mockResolvedValue([])
  let used!: ReturnType<typeof useFilmChanges>
  mount(
    defineComponent({
      setup() {
        used = useFilmChanges({
          record,
          isUnfinished: ref(false),
          refresh: async () => {
            if (offline-- > 0) throw new ApiError(0, 'offline', 'No connection.')
            record.value = aRecord({ kind: 'video', revision: record.value.revision + 1 })
          },
          reload: () => {},
        })
        return () => null
      },
    }),
  )
  return used
}

describe('useFilmChanges', () => {
  it('makes one change after the other, each on what the one before has made', async () => {
    const edit = vi.spyOn(filmApi, 'editTimeline').mockResolvedValue(aRecord())
    const { change } = changesOf()
    await Promise.all([change({ smoothing: 'little' }), change({ smoothing: 'much' })])
    expect(edit.mock.calls).toEqual([
      ['record-1', 1, { smoothing: 'little' }],
      ['record-1', 2, { smoothing: 'much' }],
    ])
  })

  it('goes on after one that was refused', async () => {
    const edit = vi
      .spyOn(filmApi, 'editTimeline')
      .mockRejectedValueOnce(new ApiError(409, 'edit_conflict', 'Changed meanwhile.'))
      .mockResolvedValue(aRecord())
    const { change } = changesOf()
    const refused = expect(change({ smoothing: 'little' })).rejects.toThrow('Changed meanwhile.')
    await change({ smoothing: 'much' })
    await refused
    await flushPromises()
    expect(edit.mock.lastCall).toEqual(['record-1', 2, { smoothing: 'much' }])
  })

  it('is not refused where only its answer could not be shown at once', async () => {
    vi.useFakeTimers()
    const edit = vi.spyOn(filmApi, 'editTimeline').mockResolvedValue(aRecord())
    const { change } = changesOf(2)
    const made = expect(change({ smoothing: 'little' })).resolves.toBeUndefined()
    await vi.runAllTimersAsync()
    await made
    expect(edit).toHaveBeenCalledTimes(1)
    await change({ smoothing: 'much' })
    expect(edit.mock.lastCall).toEqual(['record-1', 2, { smoothing: 'much' }])
  })
})

import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, reactive, ref } from 'vue'

import { AGAIN_MS } from '../film-windows'
import * as live from '../live-api'
import type { Smoothing } from '../smoothing'
import { useFilmSamples } from '../use-film-samples'

const SAMPLES: live.SampleColumns = {
  times: [1, 2],
  tracks: [1, 1],
  boxes: [
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ],
  probabilities: [
    [0, 0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0, 1, 0, 0],
  ],
  quality: [1, 1],
  uncertain: [false, false],
  thinned: true,
}

function samplesOf(smoothing = ref<Smoothing>('little')) {
  let used!: ReturnType<typeof useFilmSamples>
  const wrapper = mount(
    defineComponent({
      setup() {
        used = useFilmSamples({
          record: 'record-1',
          clock: reactive({ time: 1 }),
          span: ref({ from: 0, to: 100 }),
          smoothing,
          trackCount: ref(1),
        })
        return () => null
      },
    }),
  )
  return { used, wrapper }
}

afterEach(() => void vi.useRealTimers())

describe('useFilmSamples', () => {
  it('has the chart smoothed by the server, before it is thinned out', async () => {
    const getSamples = vi.spyOn(live, 'getSamples').mockResolvedValue(SAMPLES)
    const smoothing = ref<Smoothing>('little')
    const { used } = samplesOf(smoothing)
    const ofChart = () =>
      getSamples.mock.calls.map(([, query]) => query).filter(({ most }) => most === 1500)
    await flushPromises()
    expect(ofChart().map((query) => query.smoothing)).toEqual(['little'])
    expect(used.courses.value[0]!.probabilities[0]).toEqual([0, 0, 0, 1, 0, 0, 0])

    smoothing.value = 'much'
    await flushPromises()
    expect(ofChart().map((query) => query.smoothing)).toEqual(['little', 'much'])
    // Where the film is played all samples are there, and are smoothed while looking.
    const played = getSamples.mock.calls.map(([, query]) => query).filter(({ most }) => most > 1500)
    expect(new Set(played.map((query) => query.smoothing))).toEqual(new Set(['none']))
  })

  it('asks again for the faces that did not come, also where the film stands still', async () => {
    vi.useFakeTimers()
    const getSamples = vi.spyOn(live, 'getSamples').mockRejectedValue(new Error('no'))
    const { used } = samplesOf()
    await flushPromises()
    expect(used.facesOf(1)).toBeNull()
    getSamples.mockResolvedValue(SAMPLES)
    await vi.advanceTimersByTimeAsync(AGAIN_MS)
    expect(used.facesOf(1)).toHaveLength(1)
  })

  it('asks for nothing any more once it is gone', async () => {
    vi.useFakeTimers()
    const getSamples = vi.spyOn(live, 'getSamples').mockRejectedValue(new Error('no'))
    const { wrapper } = samplesOf()
    await flushPromises()
    wrapper.unmount()
    getSamples.mockClear()
    await vi.advanceTimersByTimeAsync(2 * AGAIN_MS)
    expect(getSamples).not.toHaveBeenCalled()
  })
})

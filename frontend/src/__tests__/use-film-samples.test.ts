import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, reactive, ref } from 'vue'

import * as live from '../live-api'
import type { Smoothing } from '../smoothing'
import { useFilmSamples } from '../use-film-samples'

describe('useFilmSamples', () => {
  it('has the chart smoothed by the server, before it is thinned out', async () => {
    const getSamples = vi.spyOn(live, 'getSamples').mockResolvedValue({
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
    })
    const smoothing = ref<Smoothing>('little')
    let used!: ReturnType<typeof useFilmSamples>
    mount(
      defineComponent({
        setup() {
          used = useFilmSamples({
            record: 'record-1',
            clock: reactive({ time: 0 }),
            span: ref({ from: 0, to: 100 }),
            smoothing,
            trackCount: ref(1),
          })
          return () => null
        },
      }),
    )
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
})

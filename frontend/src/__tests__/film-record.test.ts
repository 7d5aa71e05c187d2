import { flushPromises, shallowMount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import { ApiError, type Timeline } from '../api'
import FilmLook from '../components/film/FilmLook.vue'
import FilmRecord from '../components/film/FilmRecord.vue'
import * as filmApi from '../film-api'
import * as live from '../live-api'
import type { SampleColumns } from '../live-api'
import { aRecord, aTimeline } from './fixtures'

const NO_SAMPLES: SampleColumns = {
  times: [],
  tracks: [],
  boxes: [],
  probabilities: [],
  quality: [],
  uncertain: [],
  thinned: false,
}

let getSamples: MockInstance<typeof live.getSamples>
let editTimeline: MockInstance<typeof filmApi.editTimeline>

beforeEach(() => {
  getSamples = vi.spyOn(live, 'getSamples').mockResolvedValue(NO_SAMPLES)
  vi.spyOn(filmApi, 'getSegments').mockResolvedValue([])
  editTimeline = vi.spyOn(filmApi, 'editTimeline').mockResolvedValue(aRecord())
})

/** As the page gives them: all of it is another with each answer. */
function propsOf(timeline: Partial<Timeline>) {
  const all = aTimeline(timeline)
  return { record: aRecord({ kind: 'video', timeline: all }), timeline: all }
}

async function mountFilm(timeline: Partial<Timeline> = {}, doneSeconds?: number) {
  const wrapper = shallowMount(FilmRecord, {
    props: {
      ...propsOf(timeline),
      isUnfinished: doneSeconds !== undefined,
      doneSeconds: doneSeconds ?? 0,
      refresh: async () => {},
    },
  })
  await flushPromises()
  const look = () => wrapper.getComponent(FilmLook)
  const smooth = async (wanted: string) => {
    look().vm.$emit('update:smoothing', wanted)
    await flushPromises()
  }
  return { wrapper, look, smooth }
}

describe('FilmRecord', () => {
  it('keeps the smoothing that is chosen, and goes back where that is refused', async () => {
    const { look, smooth } = await mountFilm({ smoothing: 'little' })
    await smooth('much')
    expect(editTimeline.mock.calls.map(([, , changes]) => changes)).toEqual([{ smoothing: 'much' }])
    expect(look().props('smoothing')).toBe('much')

    editTimeline.mockRejectedValueOnce(new ApiError(409, 'busy', 'Not now.'))
    await smooth('none')
    expect(look().props()).toMatchObject({ smoothing: 'much', smoothingError: 'Not now.' })
    // What it goes back to is kept already.
    expect(editTimeline).toHaveBeenCalledTimes(2)
  })

  it('leaves what was chosen after one that is refused', async () => {
    let refuse: (problem: unknown) => void = () => {}
    editTimeline.mockImplementationOnce(() => new Promise((_, reject) => (refuse = reject)))
    const { look, smooth } = await mountFilm({ smoothing: 'little' })
    await smooth('none')
    await smooth('much')
    refuse(new ApiError(409, 'busy', 'Not now.'))
    await flushPromises()
    expect(look().props('smoothing')).toBe('much')
    expect(editTimeline.mock.lastCall?.[2]).toEqual({ smoothing: 'much' })
  })

  it('goes back over two that are refused to the one that is kept', async () => {
    const refuse: ((problem: unknown) => void)[] = []
    const untilRefused = () => new Promise<never>((_, reject) => refuse.push(reject))
    editTimeline.mockImplementationOnce(untilRefused).mockImplementationOnce(untilRefused)
    const { look, smooth } = await mountFilm({ smoothing: 'little' })
    await smooth('none')
    await smooth('much')
    for (const number of [0, 1]) {
      refuse[number]!(new ApiError(409, 'busy', 'Not now.'))
      await flushPromises()
    }
    expect(editTimeline).toHaveBeenCalledTimes(2)
    expect(look().props()).toMatchObject({ smoothing: 'little', smoothingError: 'Not now.' })
  })

  it('keeps what is chosen during the analysis once that is over', async () => {
    const { wrapper, smooth } = await mountFilm({ smoothing: 'little' }, 10)
    await smooth('much')
    expect(editTimeline).not.toHaveBeenCalled()
    await wrapper.setProps({ isUnfinished: false, doneSeconds: 0 })
    await flushPromises()
    expect(editTimeline.mock.calls.map(([, , changes]) => changes)).toEqual([{ smoothing: 'much' }])
  })

  it('loads its samples anew only where there are others', async () => {
    const { wrapper } = await mountFilm({ sample_count: 500 })
    getSamples.mockClear()
    await wrapper.setProps(propsOf({ sample_count: 500, smoothing: 'much' }))
    await flushPromises()
    expect(getSamples).not.toHaveBeenCalled()
    await wrapper.setProps(propsOf({ sample_count: 700 }))
    await flushPromises()
    expect(getSamples).toHaveBeenCalled()
    getSamples.mockClear()
    await wrapper.setProps({ doneSeconds: 10 })
    await flushPromises()
    expect(getSamples).toHaveBeenCalled()
  })
})

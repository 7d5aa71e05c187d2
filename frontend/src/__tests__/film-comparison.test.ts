import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import * as api from '../api'
import { ApiError, type RecordDetail } from '../api'
import FilmComparison from '../components/film/FilmComparison.vue'
import * as filmApi from '../film-api'
import type { SegmentFigures } from '../film-api'
import * as records from '../records-api'
import { aRecord, aTimeline } from './fixtures'
import { probabilitiesOf } from './live-fixtures'

const FIGURES: SegmentFigures[] = [
  {
    id: null,
    name: '',
    start: 0,
    end: 100,
    track: null,
    seconds: 90,
    shares: probabilitiesOf('happy', 0.6),
    mean: probabilitiesOf('happy', 0.5),
    peak: null,
  },
]

function aFilm(id: string, name: string): RecordDetail {
  return aRecord({ id, name, kind: 'video', timeline: aTimeline() })
}

const OWN = aFilm('own', 'Picnic')
const BEACH = aFilm('beach', 'Beach')
const SNOW = aFilm('snow', 'Snow')
const DOWN = new ApiError(500, 'down', 'Down.')

let getRecord: MockInstance<typeof api.getRecord>

beforeEach(() => {
  vi.spyOn(records, 'listRecords').mockResolvedValue({
    results: [OWN, BEACH, SNOW],
    next: null,
    previous: null,
  })
  vi.spyOn(filmApi, 'getSegments').mockResolvedValue(FIGURES)
  getRecord = vi.spyOn(api, 'getRecord')
})

async function mountComparison() {
  const wrapper = mount(FilmComparison, {
    attachTo: document.body,
    props: { record: OWN, timeline: OWN.timeline!, figures: FIGURES },
  })
  await flushPromises()
  /** Chooses a film and waits for what comes of it. */
  const choose = async (id: string) => {
    await wrapper.get(`select:has(option[value=own])`).setValue(id)
    await flushPromises()
  }
  const alert = () => wrapper.find('[role=alert]')
  const compared = () => (wrapper.find('[data-testid=chart]').exists() ? headings() : null)
  const headings = () =>
    wrapper
      .findAll('thead th')
      .map((cell) => cell.text())
      .slice(1, 3)
  return { wrapper, choose, alert, compared }
}

describe('FilmComparison', () => {
  it("compares with the record's own film again after another could not be loaded", async () => {
    getRecord.mockRejectedValue(DOWN)
    const { choose, alert, compared } = await mountComparison()
    await choose('beach')
    expect(alert().text()).toBe('Down.')
    expect(compared()).toBeNull()
    await choose('own')
    expect(alert().exists()).toBe(false)
    expect(compared()).toEqual(['Picnic %', 'Picnic %'])
  })

  it('loads another, or the same one again, after one could not be loaded', async () => {
    getRecord.mockRejectedValueOnce(DOWN).mockResolvedValueOnce(SNOW).mockResolvedValueOnce(BEACH)
    const { choose, alert, compared } = await mountComparison()
    await choose('beach')
    expect(alert().exists()).toBe(true)
    await choose('snow')
    expect(alert().exists()).toBe(false)
    expect(compared()).toEqual(['Picnic %', 'Snow %'])
    await choose('beach')
    expect(compared()).toEqual(['Picnic %', 'Beach %'])
    expect(getRecord.mock.calls.map(([id]) => id)).toEqual(['beach', 'snow', 'beach'])
  })

  it('does not wait for one that is not wanted any more, nor tells that it failed', async () => {
    const refusals: ((problem: unknown) => void)[] = []
    getRecord.mockImplementation(
      (_, signal) =>
        new Promise((__, reject) => {
          refusals.push(reject)
          signal?.addEventListener('abort', () => reject(signal.reason as DOMException))
        }),
    )
    const { wrapper, choose, alert, compared } = await mountComparison()
    await choose('beach')
    expect(wrapper.get('[role=status]').text()).toBe('Loading')
    await choose('snow')
    expect(wrapper.get('[role=status]').text()).toBe('Loading')
    await choose('own')
    expect(compared()).toEqual(['Picnic %', 'Picnic %'])
    for (const refuse of refusals) refuse(DOWN)
    await flushPromises()
    expect(alert().exists()).toBe(false)
    expect(compared()).toEqual(['Picnic %', 'Picnic %'])
  })
})

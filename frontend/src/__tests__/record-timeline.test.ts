import { flushPromises, mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'

import RecordTimeline from '../components/RecordTimeline.vue'
import * as live from '../live-api'
import { aRecord, aTimeline } from './fixtures'

const HAPPY = [0, 0, 0, 1, 0, 0, 0]

it('says the same in its table as in its chart of a face that was answered seldom', async () => {
  const times = [1.2, 2.4, 4.4, 7.1]
  vi.spyOn(live, 'getSamples').mockResolvedValue({
    times,
    tracks: times.map(() => 1),
    boxes: [],
    probabilities: times.map(() => HAPPY),
    quality: [],
    uncertain: [],
    thinned: false,
  })
  const timeline = aTimeline({ duration: 7.2, sample_count: times.length })
  const record = aRecord({ kind: 'live', timeline })
  const wrapper = mount(RecordTimeline, {
    props: { record, timeline },
    global: { stubs: ['RecordDetails', 'RouterLink', 'TimelineChart'] },
  })
  await flushPromises()
  await vi.waitFor(() => expect(wrapper.find('tbody tr').exists()).toBe(true))

  const rows = wrapper.get('[data-testid=chart]').findAll('tbody tr')
  const shown = rows.map((row) => row.get('td').text())
  // Not seen yet, seen, away for less than a second, and away for longer.
  expect(shown).toEqual([
    'No face',
    'Happy',
    'Happy',
    'Happy',
    'Happy',
    'No face',
    'No face',
    'Happy',
  ])
})

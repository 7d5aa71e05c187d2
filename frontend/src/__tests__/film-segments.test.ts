import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import type { Segment } from '../api'
import FilmSegments from '../components/film/FilmSegments.vue'

const OPENING: Segment = { id: 'a', name: 'Opening', start: 50, end: 60 }
const EARLIER: Segment = { id: 'b', name: 'Earlier', start: 5, end: 10 }

function mountSegments(segments: Segment[]) {
  const save = vi.fn(async (_segments: Segment[]) => {})
  const wrapper = mount(FilmSegments, {
    attachTo: document.body,
    props: {
      segments,
      duration: 100,
      clock: { time: 0 },
      save,
      importSheet: async () => {},
    },
  })
  return { wrapper, save }
}

describe('FilmSegments', () => {
  it('saves the one that was edited, though another came before it meanwhile', async () => {
    const { wrapper, save } = mountSegments([OPENING])
    await wrapper.get('[data-edit]').trigger('click')
    await wrapper.get('[data-segment-name]').setValue('The opening')
    await wrapper.setProps({ segments: [EARLIER, OPENING] })
    expect((wrapper.get('[data-segment-name]').element as HTMLInputElement).value).toBe(
      'The opening',
    )
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(save).toHaveBeenCalledExactlyOnceWith([
      EARLIER,
      { name: 'The opening', start: 50, end: 60 },
    ])
  })

  it('does not take the one that is saved for gone, which is another to the server', async () => {
    const { wrapper, save } = mountSegments([OPENING])
    const alerts: boolean[] = []
    save.mockImplementation(async ([changed]) => {
      await wrapper.setProps({ segments: [{ ...changed!, id: 'c' }] })
      alerts.push(wrapper.find('[role=alert]').exists())
    })
    await wrapper.get('[data-edit]').trigger('click')
    await wrapper.get('[data-segment-name]').setValue('The opening')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(alerts).toEqual([false])
    expect(wrapper.get('[data-testid=segment]').text()).toContain('The opening')
  })

  it('says so where the one that is edited is not there any more', async () => {
    const { wrapper, save } = mountSegments([OPENING])
    await wrapper.get('[data-edit]').trigger('click')
    await wrapper.setProps({ segments: [EARLIER] })
    expect(wrapper.find('[data-segment-name]').exists()).toBe(false)
    expect(wrapper.get('[role=alert]').text()).toContain('“Opening” is not there any more')
    expect(save).not.toHaveBeenCalled()
  })
})

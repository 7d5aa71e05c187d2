import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { announcement } from '../announcer'
import { ApiError, type Face } from '../api'
import FaceCorrection from '../components/FaceCorrection.vue'
import * as records from '../records-api'
import { aRecord } from './fixtures'

const [face] = aRecord().faces as [Face]
const corrected: Face = {
  ...face,
  correction: { expression: 'sad', by: 'ada.lovelace', at: '2026-11-20T12:00:00Z' },
}

function mountCorrection(shown: Face) {
  return mount(FaceCorrection, { attachTo: document.body, props: { face: shown } })
}

describe('FaceCorrection', () => {
  it('opens at the answer, moves by arrows round and round, and stores the choice', async () => {
    const correctFace = vi.spyOn(records, 'correctFace').mockResolvedValue(corrected)
    const wrapper = mountCorrection(face)
    await wrapper.get('button[aria-expanded]').trigger('click')
    await flushPromises()
    const focused = () => (document.activeElement as HTMLElement).dataset.expression
    expect(focused()).toBe('happy')
    await wrapper.get('[role=toolbar]').trigger('keydown', { key: 'ArrowRight' })
    expect(focused()).toBe('sad')
    await wrapper.get('[role=toolbar]').trigger('keydown', { key: 'End' })
    await wrapper.get('[role=toolbar]').trigger('keydown', { key: 'ArrowRight' })
    expect(focused()).toBe('angry')
    expect(wrapper.findAll('[role=toolbar] [tabindex="0"]')).toHaveLength(1)

    await wrapper.get('[role=toolbar] [data-expression=sad]').trigger('click')
    await flushPromises()
    expect(correctFace).toHaveBeenCalledExactlyOnceWith(1, 'sad')
    expect(wrapper.emitted('changed')).toEqual([[corrected]])
    expect(document.activeElement).toBe(wrapper.get('button[aria-expanded]').element)
    expect(announcement.value).toBe('Face 1 is corrected to Sad.')
  })

  it('shows the answer of the person beside that of the machine, with who and when', () => {
    const text = mountCorrection(corrected).text()
    expect(text).toMatch(/ada\.lovelace said\s*😢\s*Sad/)
    expect(text).toContain('2026')
    expect(text).toMatch(/The machine said\s*😀\s*Happy\s*90\s?%/)
  })

  it('undoes a correction', async () => {
    const undo = vi.spyOn(records, 'undoCorrection').mockResolvedValue()
    const wrapper = mountCorrection(corrected)
    const button = wrapper.findAll('button').find((one) => one.text().startsWith('Undo'))!
    await button.trigger('click')
    await flushPromises()
    expect(undo).toHaveBeenCalledExactlyOnceWith(1)
    expect(wrapper.emitted('changed')).toEqual([[face]])
  })

  it('says what went wrong and stays open', async () => {
    vi.spyOn(records, 'correctFace').mockRejectedValue(new ApiError(404, 'not_found', 'Gone.'))
    const wrapper = mountCorrection(face)
    await wrapper.get('button[aria-expanded]').trigger('click')
    await wrapper.get('[role=toolbar] [data-expression=fear]').trigger('click')
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toBe('Gone.')
    expect(wrapper.get('button[aria-expanded]').attributes('aria-expanded')).toBe('true')
    expect(wrapper.emitted('changed')).toBeUndefined()
  })
})

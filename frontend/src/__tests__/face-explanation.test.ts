import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import * as api from '../api'
import { ApiError, type Face } from '../api'
import { announcement } from '../announcer'
import FaceExplanation from '../components/FaceExplanation.vue'
import { anExplanation, aRecord } from './fixtures'

const [face] = aRecord().faces as [Face]
let request: MockInstance<typeof api.requestExplanation>
let get: MockInstance<typeof api.getExplanation>

beforeEach(() => {
  vi.useFakeTimers()
  request = vi.spyOn(api, 'requestExplanation').mockResolvedValue(anExplanation())
  get = vi.spyOn(api, 'getExplanation').mockResolvedValue(null)
})

afterEach(() => void vi.useRealTimers())

async function open() {
  const wrapper = mount(FaceExplanation, { attachTo: document.body, props: { face } })
  await wrapper.get('button').trigger('click')
  await flushPromises()
  return wrapper
}

describe('FaceExplanation', () => {
  it('asks for nothing until it is opened', () => {
    const wrapper = mount(FaceExplanation, { attachTo: document.body, props: { face } })
    const button = wrapper.get('button')
    const panel = wrapper.get('[data-testid=face-explanation]')
    expect(button.text()).toMatch(/^What the answer rests on\s+for face 1$/)
    expect(button.attributes('aria-expanded')).toBe('false')
    expect(button.attributes('aria-controls')).toBe(panel.attributes('id'))
    expect(panel.isVisible()).toBe(false)
    expect(request).not.toHaveBeenCalled()
  })

  it('shows the map over the crop, says where it lies, and how much that is', async () => {
    const wrapper = await open()
    const map = wrapper.get('[data-testid=heat-map]')
    expect(map.attributes('role')).toBe('img')
    expect(map.attributes('aria-label')).toBe(
      'Heat map over the face. Happy rests mostly on the lower part of the face, around the mouth and chin.',
    )
    expect(map.get('img').attributes('src')).toBe('/crop')
    expect(wrapper.text()).toMatch(/of 90\s?% up to\s+40 percentage points/)
    expect(wrapper.text()).toMatch(/less\s*more/)
    expect(wrapper.text()).toContain('Model compact_vgg 2026.11')
    expect(announcement.value).toContain('mostly on the lower part')
  })

  it('waits until it is worked out, and asks again when that takes long', async () => {
    request.mockResolvedValue(null)
    const wrapper = await open()
    expect(wrapper.find('[role=progressbar]').exists()).toBe(true)
    await vi.advanceTimersByTimeAsync(19_000)
    expect(request).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(request).toHaveBeenCalledTimes(2)
    get.mockResolvedValue(anExplanation())
    await vi.advanceTimersByTimeAsync(3_000)
    expect(wrapper.find('[role=progressbar]').exists()).toBe(false)
    expect(wrapper.find('[data-testid=heat-map]').exists()).toBe(true)
  })

  it('stops asking when it is closed, and does not ask anew for what it has', async () => {
    request.mockResolvedValue(null)
    const wrapper = await open()
    await wrapper.get('button').trigger('click')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(get).not.toHaveBeenCalled()
    expect(wrapper.find('[role=alert]').exists()).toBe(false)

    request.mockResolvedValue(anExplanation())
    await wrapper.get('button').trigger('click')
    await flushPromises()
    await wrapper.get('button').trigger('click')
    await wrapper.get('button').trigger('click')
    expect(request).toHaveBeenCalledTimes(2)
  })

  it('explains another expression on demand', async () => {
    const wrapper = await open()
    request.mockResolvedValue(
      anExplanation({ expression: 'sad', probability: 0.02, values: [[0]] }),
    )
    await wrapper.get('select').setValue('sad')
    await flushPromises()
    expect(request.mock.lastCall?.[1]).toBe('sad')
    expect(wrapper.get('[data-testid=heat-map]').attributes('aria-label')).toContain(
      'Sad rests on no single part of the face.',
    )
    expect(wrapper.text()).toContain('loses nothing anywhere')
  })

  it('says what went wrong and tries again', async () => {
    request.mockResolvedValue(null)
    get.mockRejectedValue(new ApiError(409, 'explanation_failed', 'It could not be worked out.'))
    const wrapper = await open()
    await vi.advanceTimersByTimeAsync(200)
    expect(wrapper.get('[role=alert]').text()).toContain('It could not be worked out.')
    request.mockResolvedValue(anExplanation())
    await wrapper.get('[role=alert] button').trigger('click')
    await flushPromises()
    expect(wrapper.find('[data-testid=heat-map]').exists()).toBe(true)
  })
})

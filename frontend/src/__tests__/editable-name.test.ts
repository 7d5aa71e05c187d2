import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { ApiError } from '../api'
import EditableName from '../components/EditableName.vue'

async function startEditing(save: (name: string) => Promise<void>, draft: string) {
  const wrapper = mount(EditableName, {
    attachTo: document.body,
    props: { name: 'Picnic', maxLength: 120, save },
  })
  await wrapper.get('[aria-label=Rename]').trigger('click')
  await wrapper.get('input').setValue(draft)
  return wrapper
}

describe('EditableName', () => {
  it('saves on Enter and gives the focus back', async () => {
    const save = vi.fn(async () => {})
    const wrapper = await startEditing(save, '  Garden party ')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(save).toHaveBeenCalledExactlyOnceWith('Garden party')
    expect(wrapper.find('form').exists()).toBe(false)
    expect(document.activeElement).toBe(wrapper.get('[aria-label=Rename]').element)
  })

  it('gives up on Escape', async () => {
    const save = vi.fn(async () => {})
    const wrapper = await startEditing(save, 'Garden party')
    await wrapper.get('input').trigger('keydown', { key: 'Escape' })
    expect(save).not.toHaveBeenCalled()
    expect(wrapper.find('form').exists()).toBe(false)
    expect(wrapper.get('h1').text()).toBe('Picnic')
  })

  it('refuses an empty name without asking the server', async () => {
    const save = vi.fn(async () => {})
    const wrapper = await startEditing(save, '   ')
    await wrapper.get('form').trigger('submit')
    expect(save).not.toHaveBeenCalled()
    expect(wrapper.get('[role=alert]').text()).toBe('Please give a name.')
  })

  it("stays open with the server's message", async () => {
    const save = async () => {
      throw new ApiError(400, 'name_has_control_characters', 'The name cannot be shown.')
    }
    const wrapper = await startEditing(save, 'odd')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toBe('The name cannot be shown.')
    expect(wrapper.get('input').element.value).toBe('odd')
  })
})

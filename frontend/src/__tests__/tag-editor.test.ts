import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import TagEditor from '../components/TagEditor.vue'
import * as records from '../records-api'
import { EditConflict } from '../use-record'

beforeEach(() => {
  vi.spyOn(records, 'listTags').mockResolvedValue([
    { name: 'sea', records: 3 },
    { name: 'season', records: 2 },
  ])
})

async function editorOf(tags: string[], save: (tags: string[]) => Promise<void>) {
  const wrapper = mount(TagEditor, {
    attachTo: document.body,
    props: { tags, save },
    global: { stubs: { RouterLink: RouterLinkStub } },
  })
  const input = wrapper.get<HTMLInputElement>('[role=combobox]')
  await input.trigger('focus')
  await flushPromises()
  return { wrapper, input }
}

describe('TagEditor', () => {
  it('offers known tags, which the arrows reach and Enter takes', async () => {
    const save = vi.fn(async () => {})
    const { wrapper, input } = await editorOf(['work'], save)
    expect(input.attributes('aria-expanded')).toBe('true')
    await input.trigger('keydown', { key: 'ArrowDown' })
    await input.trigger('keydown', { key: 'ArrowDown' })
    const active = input.attributes('aria-activedescendant')!
    expect(wrapper.get(`[id="${active}"]`).text()).toContain('season')
    await input.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(save).toHaveBeenCalledExactlyOnceWith(['work', 'season'])
    expect(input.element.value).toBe('')
  })

  it('goes up to the last', async () => {
    const { wrapper, input } = await editorOf([], async () => {})
    await input.trigger('keydown', { key: 'ArrowUp' })
    expect(wrapper.get('[aria-selected=true]').text()).toContain('season')
  })

  it('takes what is typed, too', async () => {
    const save = vi.fn(async () => {})
    const { input } = await editorOf([], save)
    await input.setValue('Beach day')
    await input.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(save).toHaveBeenCalledExactlyOnceWith(['Beach day'])
  })

  it('keeps what was typed where somebody else was faster', async () => {
    const save = vi.fn().mockRejectedValue(new EditConflict('Changed.'))
    const { wrapper, input } = await editorOf(['theirs'], save)
    await input.setValue('mine')
    await input.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(wrapper.get('[data-testid=edit-conflict]').text()).toContain('theirs')
    expect(input.element.value).toBe('mine')
  })

  it('removes a tag and hands the focus on', async () => {
    const save = vi.fn(async () => {})
    const { wrapper } = await editorOf(['one', 'two'], save)
    await wrapper.get('[aria-label="Remove the tag one"]').trigger('click')
    await flushPromises()
    expect(save).toHaveBeenCalledExactlyOnceWith(['two'])
    expect(document.activeElement?.hasAttribute('data-remove-tag')).toBe(true)
  })
})

import { mount, RouterLinkStub } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { ApiError } from '../api'
import UploadRow from '../components/UploadRow.vue'
import { UploadQueue } from '../upload-queue'
import { aFile, aJob, aRecord } from './fixtures'

const uploadPicture = vi.fn()

beforeEach(() => {
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:preview')
})

/** The row of one picture, in whose queue it is. */
function mountRow() {
  const queue = new UploadQueue({
    uploadPicture,
    getJob: async () => aJob(),
    retryJob: async () => aJob(),
    followJob: () => new Promise(() => {}),
    getRecord: async () => aRecord(),
  })
  queue.add([aFile('cat.jpg')])
  const item = queue.items[0]!
  const wrapper = mount(
    defineComponent(
      () => () => h(UploadRow, { item, nameMaxLength: 120, onRetry: () => queue.retry(item.id) }),
    ),
    { attachTo: document.body, global: { stubs: { RouterLink: RouterLinkStub } } },
  )
  return { queue, item, wrapper }
}

describe('UploadRow', () => {
  it("moves the focus to the picture's name where it is tried again, to stay there", async () => {
    uploadPicture.mockRejectedValue(new ApiError(500, 'down', 'Down.'))
    const { queue, item, wrapper } = mountRow()
    queue.start()
    await vi.waitFor(() => expect(wrapper.text()).toContain('Down.'))
    const again = wrapper.get('[aria-label="Try again: cat.jpg"]')
    ;(again.element as HTMLElement).focus()
    let refuse: (problem: unknown) => void = () => {}
    uploadPicture.mockImplementation(() => new Promise((_, reject) => (refuse = reject)))
    await again.trigger('click')
    expect(item.stage).toBe('uploading')
    const name = wrapper.get('.name')
    expect(name.text()).toBe('cat')
    await vi.waitFor(() => expect(document.activeElement).toBe(name.element))

    refuse(new ApiError(500, 'down', 'Down.'))
    await vi.waitFor(() => expect(item.stage).toBe('failed'))
    await wrapper.vm.$nextTick()
    expect(document.activeElement).toBe(name.element)
  })
})

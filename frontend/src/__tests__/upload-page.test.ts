import { flushPromises, mount } from '@vue/test-utils'
import { beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'

import * as api from '../api'
// Loaded when it is opened; here beforehand, so that no test waits for it.
import '../pages/RecordPage.vue'
import { routes } from '../router'
import { startSession } from '../session'
import { aFile, aJob, aRecord, CONFIG } from './fixtures'

const router = createRouter({ history: createMemoryHistory(), routes })
let uploadPicture: MockInstance<typeof api.uploadPicture>

beforeAll(async () => {
  vi.spyOn(api, 'getSession').mockResolvedValue(null)
  vi.spyOn(api, 'getConfig').mockResolvedValue(CONFIG)
  await startSession()
})

beforeEach(async () => {
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:preview')
  uploadPicture = vi.spyOn(api, 'uploadPicture').mockResolvedValue(aJob())
  vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
  vi.spyOn(api, 'getRecord').mockResolvedValue(aRecord())
  await router.push('/upload')
})

async function mountPage(files: File[]) {
  const wrapper = mount(RouterView, { attachTo: document.body, global: { plugins: [router] } })
  await flushPromises()
  const input = wrapper.get<HTMLInputElement>('input[type=file]')
  Object.defineProperty(input.element, 'files', { value: files })
  if (files.length > 0) await input.trigger('change')
  return wrapper
}

describe('UploadPage', () => {
  it('explains what is missing and focuses it', async () => {
    const empty = await mountPage([])
    await empty.get('form').trigger('submit')
    expect(empty.get('#missing').text()).toBe('Choose at least one picture or film first.')
    expect(document.activeElement).toBe(empty.get('input[type=file]').element)
    empty.unmount()

    const chosen = await mountPage([aFile()])
    await chosen.get('form').trigger('submit')
    expect(chosen.get('#missing').text()).toBe('Tick that the people in the pictures agreed.')
    expect(document.activeElement).toBe(chosen.get('input[type=checkbox]').element)
    expect(uploadPicture).not.toHaveBeenCalled()
  })

  it('shows the record once the only picture is recognised', async () => {
    const wrapper = await mountPage([aFile()])
    await wrapper.get('input[type=text]').setValue('My cat')
    await wrapper.get('input[type=checkbox]').setValue(true)
    await wrapper.get('form').trigger('submit')
    expect(uploadPicture.mock.lastCall?.[0].name).toBe('My cat')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/records/record-1'))
  })

  it('shows each result in its row when there are several', async () => {
    const wrapper = await mountPage([aFile('a.jpg'), aFile('b.jpg')])
    await wrapper.get('input[type=checkbox]').setValue(true)
    await wrapper.get('form').trigger('submit')
    await vi.waitFor(() =>
      expect(wrapper.findAll('[data-testid=upload-item][data-stage=done]')).toHaveLength(2),
    )
    await flushPromises()
    expect(wrapper.get('[data-testid=upload-item]').text()).toContain('Happy')
    expect(router.currentRoute.value.fullPath).toBe('/upload')
  })

  it('leaves the face detector to the site unless one is chosen', async () => {
    for (const [choice, sent] of [
      [null, ''],
      ['opencv_haar', 'opencv_haar'],
    ] as const) {
      await router.push('/upload')
      const wrapper = await mountPage([aFile('a.jpg'), aFile('b.jpg')])
      const select = wrapper.get<HTMLSelectElement>('[data-detector] select')
      expect(select.findAll('option').map(({ element }) => element.value)).toEqual([
        '',
        'dlib_hog',
        'opencv_haar',
      ])
      if (choice !== null) await select.setValue(choice)
      await wrapper.get('input[type=checkbox]').setValue(true)
      await wrapper.get('form').trigger('submit')
      expect(uploadPicture.mock.lastCall?.[0].detector).toBe(sent)
      wrapper.unmount()
    }
  })

  it('lists what it cannot take', async () => {
    const wrapper = await mountPage([aFile('notes.txt', 'text/plain')])
    expect(wrapper.get('[role=alert]').text()).toContain('“notes.txt” is neither a JPEG')
    expect(wrapper.find('[data-testid=upload-item]').exists()).toBe(false)
  })
})

import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { reactive, ref } from 'vue'

import * as api from '../api'
import { ApiError, type Job } from '../api'
import { CAMERA_CHOICES } from '../camera-choices'
import * as frames from '../camera-frames'
import PhotoPage from '../pages/camera/PhotoPage.vue'
import { startSession } from '../session'
import { CAMERA, type Camera } from '../use-camera'
import { aJob, aRecord, CONFIG } from './fixtures'

const DOWN = new ApiError(500, 'down', 'Down.')

let uploadPicture: MockInstance<typeof api.uploadPicture>

beforeAll(async () => {
  vi.spyOn(api, 'getSession').mockResolvedValue(null)
  vi.spyOn(api, 'getConfig').mockResolvedValue(CONFIG)
  await startSession()
})

beforeEach(() => {
  // What else the page asks for gets no answer.
  vi.stubGlobal('fetch', () => new Promise(() => {}))
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:photo')
  vi.spyOn(frames, 'takePhoto').mockResolvedValue(new Blob(['x'], { type: 'image/jpeg' }))
  uploadPicture = vi.spyOn(api, 'uploadPicture')
  vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
  vi.spyOn(api, 'getRecord').mockResolvedValue(aRecord())
})

function aCamera(): Camera {
  return {
    state: ref('on'),
    stream: ref(null),
    devices: ref([]),
    deviceId: ref(''),
    isMirrored: ref(true),
    isOn: ref(true),
    start: async () => {},
    stop: () => {},
    choose: async () => {},
    mirror: () => {},
  } as unknown as Camera
}

/** The page with a photo that is taken. */
async function mountTaken(hasAgreement = true) {
  const wrapper = mount(PhotoPage, {
    attachTo: document.body,
    global: {
      provide: {
        [CAMERA as symbol]: aCamera(),
        [CAMERA_CHOICES as symbol]: reactive({
          hasAgreement,
          choices: { detector: '', purpose: '', keep: 'all' },
        }),
      },
      stubs: { RouterLink: RouterLinkStub },
    },
  })
  Object.defineProperty(wrapper.get('video').element, 'videoWidth', { value: 640 })
  /** As a person does, who has the focus on it then. */
  const press = async (text: string) => {
    const button = wrapper.findAll('button').find((one) => one.text() === text)
    if (button === undefined) expect.fail(`No ${text}.`)
    button.element.focus()
    await button.trigger(button.attributes('type') === 'submit' ? 'submit' : 'click')
    await flushPromises()
  }
  await press('Take the photo')
  return { wrapper, press }
}

describe('PhotoPage', () => {
  it('keeps the focus with the photo while it is recognised, fails and is tried again', async () => {
    let refuse: (problem: unknown) => void = () => {}
    let answer: (job: Job) => void = () => {}
    uploadPicture.mockImplementation(
      () => new Promise((resolve, reject) => ([answer, refuse] = [resolve, reject])),
    )
    const { wrapper, press } = await mountTaken()
    const form = wrapper.get('form').element
    await press('Upload and recognise')
    expect(wrapper.find('[role=progressbar]').exists()).toBe(true)
    expect(document.activeElement).toBe(form)
    refuse(DOWN)
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toBe('Down.')
    expect(document.activeElement).toBe(form)

    await press('Try again')
    expect(wrapper.find('[role=progressbar]').exists()).toBe(true)
    expect(document.activeElement).toBe(form)
    answer(aJob())
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe('Picnic'))
  })

  it('moves the focus to what is missing instead', async () => {
    const { wrapper, press } = await mountTaken(false)
    await press('Upload and recognise')
    expect(document.activeElement).toBe(wrapper.get('input[type=checkbox]').element)
    expect(uploadPicture).not.toHaveBeenCalled()
  })
})

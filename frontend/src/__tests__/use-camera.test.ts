import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { useCamera, type Camera } from '../use-camera'

class FakeTrack extends EventTarget {
  isStopped = false
  constructor(readonly id: string) {
    super()
  }
  stop = () => (this.isStopped = true)
  getSettings = () => ({ deviceId: this.id })
}

class FakeDevices extends EventTarget {
  cameras = ['front', 'back']
  tracks: FakeTrack[] = []
  error: unknown = null
  /** Held back until it is called. */
  release: (() => void) | null = null
  isSlow = false

  getUserMedia = vi.fn(async ({ video }: MediaStreamConstraints) => {
    if (this.isSlow) await new Promise<void>((resolve) => (this.release = resolve))
    if (this.error) throw this.error
    const asked = (video as { deviceId?: { exact: string } }).deviceId?.exact
    if (this.cameras.length === 0) throw new DOMException('', 'NotFoundError')
    if (asked && !this.cameras.includes(asked)) throw new DOMException('', 'OverconstrainedError')
    const track = new FakeTrack(asked ?? this.cameras[0]!)
    this.tracks.push(track)
    return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream
  })
  enumerateDevices = async () =>
    this.cameras.map((deviceId) => ({ kind: 'videoinput', deviceId, label: `The ${deviceId}` }))
}

let devices: FakeDevices

beforeEach(() => {
  localStorage.clear()
  devices = new FakeDevices()
  Object.defineProperty(navigator, 'mediaDevices', { value: devices, configurable: true })
  Object.defineProperty(window, 'isSecureContext', { value: true, configurable: true })
})

class FakePermission extends EventTarget {
  state = 'granted'
  become(state: string) {
    this.state = state
    this.dispatchEvent(new Event('change'))
  }
}

function aCamera() {
  let camera!: Camera
  const wrapper = mount(
    defineComponent(() => {
      camera = useCamera()
      return () => h('p')
    }),
  )
  return { camera, wrapper }
}

describe('useCamera', () => {
  it('is off until it is started, and off at once when it is stopped', async () => {
    const { camera } = aCamera()
    expect(camera.state.value).toBe('off')
    const starting = camera.start()
    expect(camera.state.value).toBe('asking')
    await starting
    expect(camera.state.value).toBe('on')
    expect(camera.devices.value.map(({ id }) => id)).toEqual(['front', 'back'])
    camera.stop()
    expect(camera.state.value).toBe('off')
    expect(devices.tracks[0]!.isStopped).toBe(true)
    expect(camera.stream.value).toBeNull()
  })

  it('is off when its component goes, also where the camera comes only then', async () => {
    const { camera, wrapper } = aCamera()
    await camera.start()
    wrapper.unmount()
    expect(devices.tracks.map(({ isStopped }) => isStopped)).toEqual([true])

    const other = aCamera()
    devices.isSlow = true
    const starting = other.camera.start()
    await flushPromises()
    other.wrapper.unmount()
    devices.release!()
    await starting
    expect(devices.tracks.every(({ isStopped }) => isStopped)).toBe(true)
    expect(other.camera.state.value).toBe('off')
  })

  it('is off when the page is put away', async () => {
    const { camera } = aCamera()
    await camera.start()
    window.dispatchEvent(new Event('pagehide'))
    expect(devices.tracks[0]!.isStopped).toBe(true)
    expect(camera.state.value).toBe('off')
  })

  it.each([
    ['NotAllowedError', 'denied'],
    ['SecurityError', 'denied'],
    ['NotFoundError', 'none'],
    ['NotReadableError', 'busy'],
    ['AbortError', 'busy'],
    ['TypeError', 'failed'],
  ])('tells %s as %s, and starts once that is mended', async (name, state) => {
    devices.error = new DOMException('', name)
    const { camera } = aCamera()
    await camera.start()
    expect(camera.state.value).toBe(state)
    devices.error = null
    await camera.start()
    expect(camera.state.value).toBe('on')
  })

  it('says that a page without HTTPS gets no camera', async () => {
    Object.defineProperty(window, 'isSecureContext', { value: false, configurable: true })
    const { camera } = aCamera()
    await camera.start()
    expect(camera.state.value).toBe('insecure')
    expect(devices.getUserMedia).not.toHaveBeenCalled()
  })

  it('notices that it was unplugged, and starts again when it is back', async () => {
    const { camera } = aCamera()
    await camera.start()
    devices.cameras = []
    devices.tracks[0]!.dispatchEvent(new Event('ended'))
    expect(camera.state.value).toBe('unplugged')
    devices.cameras = ['front']
    devices.dispatchEvent(new Event('devicechange'))
    await flushPromises()
    expect(camera.state.value).toBe('on')
  })

  it('does not go over to another camera by itself when its own is gone', async () => {
    const { camera } = aCamera()
    await camera.choose('back')
    devices.cameras = ['front']
    devices.dispatchEvent(new Event('devicechange'))
    await flushPromises()
    expect(devices.tracks[0]!.isStopped).toBe(true)
    expect(camera.state.value).toBe('unplugged')
  })

  it('remembers which camera was chosen, and takes another where that one is gone', async () => {
    const { camera } = aCamera()
    await camera.choose('back')
    expect(aCamera().camera.deviceId.value).toBe('back')
    devices.cameras = ['front']
    const other = aCamera()
    await other.camera.start()
    expect(other.camera.state.value).toBe('on')
    expect(other.camera.deviceId.value).toBe('front')
  })

  it('remembers whether the picture is mirrored', () => {
    const { camera } = aCamera()
    expect(camera.isMirrored.value).toBe(true)
    camera.mirror(false)
    expect(aCamera().camera.isMirrored.value).toBe(false)
  })

  it('says that it is not allowed any more, and comes back when it is', async () => {
    const permission = new FakePermission()
    const permissions = { query: async () => permission }
    Object.defineProperty(navigator, 'permissions', { value: permissions, configurable: true })
    const { camera } = aCamera()
    await camera.start()
    // The browser ends the picture first.
    devices.tracks[0]!.dispatchEvent(new Event('ended'))
    expect(camera.state.value).toBe('unplugged')
    permission.become('denied')
    expect(camera.state.value).toBe('denied')
    permission.become('granted')
    await flushPromises()
    expect(camera.state.value).toBe('on')
  })
})

/** The browser's own camera: on and off, which one, and why it is not there. */

import { computed, onBeforeUnmount, onMounted, ref, shallowRef, type InjectionKey } from 'vue'

export const CAMERA_TROUBLES = [
  'denied',
  'none',
  'busy',
  'unplugged',
  'insecure',
  'failed',
] as const

export type CameraTrouble = (typeof CAMERA_TROUBLES)[number]
export type CameraState = 'off' | 'asking' | 'on' | CameraTrouble

const DEVICE_KEY = 'camera-device'
const MIRROR_KEY = 'camera-mirror'

function stored(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    // Storage may be forbidden altogether; the choice then lasts as long as the page.
    return ''
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // See stored.
  }
}

/** By the names that the specification of getUserMedia gives to what goes wrong. */
function troubleOf(error: unknown): CameraTrouble {
  switch ((error as { name?: unknown } | null)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none'
    // Another program has it, or the system does not hand it out.
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'failed'
  }
}

function constraintsFor(deviceId: string): MediaStreamConstraints {
  return {
    audio: false,
    video: {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30 },
      ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'user' }),
    },
  }
}

export interface CameraDevice {
  id: string
  label: string
}

/** It is off whenever the component is gone or the page is left. */
export function useCamera() {
  const state = ref<CameraState>('off')
  const stream = shallowRef<MediaStream | null>(null)
  const devices = shallowRef<CameraDevice[]>([])
  const deviceId = ref(stored(DEVICE_KEY))
  const isMirrored = ref(stored(MIRROR_KEY) !== 'false')
  /** Counts up with every start and stop: a camera that comes too late is switched off at once. */
  let attempt = 0

  function release(): void {
    attempt += 1
    for (const track of stream.value?.getTracks() ?? []) track.stop()
    stream.value = null
  }

  function stop(): void {
    release()
    state.value = 'off'
  }

  async function refreshDevices(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices()
    devices.value = all
      // Before the person allows the camera, devices have neither name nor identifier.
      .filter(({ kind, deviceId: id }) => kind === 'videoinput' && id !== '')
      .map(({ deviceId: id, label }) => ({ id, label }))
  }

  async function open(id: string): Promise<MediaStream> {
    try {
      return await navigator.mediaDevices.getUserMedia(constraintsFor(id))
    } catch (error) {
      const isGone = id !== '' && troubleOf(error) === 'none'
      if (!isGone) throw error
      // The one that was used last time is not there; any other will do.
      return navigator.mediaDevices.getUserMedia(constraintsFor(''))
    }
  }

  async function start(): Promise<void> {
    release()
    const mine = attempt
    if (!window.isSecureContext || !navigator.mediaDevices) {
      state.value = 'insecure'
      return
    }
    state.value = 'asking'
    try {
      const opened = await open(deviceId.value)
      if (mine !== attempt) {
        for (const track of opened.getTracks()) track.stop()
        return
      }
      const [track] = opened.getVideoTracks()
      deviceId.value = track?.getSettings().deviceId ?? ''
      track?.addEventListener('ended', () => {
        if (stream.value !== opened) return
        release()
        state.value = 'unplugged'
      })
      stream.value = opened
      state.value = 'on'
      await refreshDevices()
    } catch (error) {
      if (mine !== attempt) return
      release()
      state.value = troubleOf(error)
    }
  }

  async function choose(id: string): Promise<void> {
    deviceId.value = id
    store(DEVICE_KEY, id)
    await start()
  }

  function mirror(isOn: boolean): void {
    isMirrored.value = isOn
    store(MIRROR_KEY, String(isOn))
  }

  async function onDeviceChange(): Promise<void> {
    await refreshDevices()
    const isGone = !devices.value.some(({ id }) => id === deviceId.value)
    if (state.value === 'on' && devices.value.length > 0 && isGone) {
      release()
      state.value = 'unplugged'
      return
    }
    // What was missing is there now, and was wanted.
    const isAwaited = state.value === 'none' || state.value === 'unplugged'
    if (isAwaited && (devices.value.length > 0 || state.value === 'none')) await start()
  }

  const listening = new AbortController()
  onMounted(async () => {
    const { signal } = listening
    // Into the page cache, or away for good.
    window.addEventListener('pagehide', stop, { signal })
    navigator.mediaDevices?.addEventListener('devicechange', onDeviceChange, { signal })
    try {
      const permission = await navigator.permissions.query({ name: 'camera' as PermissionName })
      permission.addEventListener(
        'change',
        () => {
          if (permission.state === 'granted' && state.value === 'denied') void start()
          // The browser has ended the picture by now, or is about to.
          const wasOn = state.value === 'on' || state.value === 'unplugged'
          if (permission.state === 'denied' && wasOn) {
            release()
            state.value = 'denied'
          }
        },
        { signal },
      )
    } catch {
      // Not every browser tells; the person has a button to try again.
    }
  })
  onBeforeUnmount(() => {
    listening.abort()
    stop()
  })

  return {
    state,
    stream,
    devices,
    deviceId,
    isMirrored,
    isOn: computed(() => state.value === 'on'),
    start,
    stop,
    choose,
    mirror,
  }
}

export type Camera = ReturnType<typeof useCamera>

export const CAMERA: InjectionKey<Camera> = Symbol('camera')

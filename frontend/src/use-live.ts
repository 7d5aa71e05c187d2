/** A live session: from the camera's picture to numbers about the faces in it. */

import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'

import { errorText } from './api'
import { FrameGrabber } from './camera-frames'
import { dropLive, sendFrame, startLive, type FrameAnswer, type LiveFace } from './live-api'
import { LiveLoop, type LoopStatistics, type LoopTrouble } from './live-loop'
import { ColourSlots, FaceSmoother, TIME_CONSTANTS, type Smoothing } from './smoothing'
import { useAbortSignal } from './use-abort-signal'
import type { Camera } from './use-camera'

export type LiveState = 'idle' | 'starting' | 'running' | 'paused' | 'ended'

/** Numbers are for people to read: more often than this they only flicker. */
const SHOWN_EVERY_MS = 120
const STATISTICS_EVERY_MS = 500

interface LiveOptions {
  camera: Camera
  video: Readonly<Ref<HTMLVideoElement | null>>
  /** How much the faces that are shown are smoothed. */
  smoothing?: Ref<Smoothing>
  /** With the faces of each frame, unsmoothed. */
  onAnswer?: (answer: FrameAnswer) => void
}

export interface ShownFace extends LiveFace {
  /** The number of its colour. */
  slot: number
}

export function useLive({ camera, video, smoothing = ref('little'), onAnswer }: LiveOptions) {
  const state = ref<LiveState>('idle')
  const trouble = ref<LoopTrouble>('')
  const error = ref('')
  /** Of the newest frame, for drawing; smoothed. */
  const faces = shallowRef<ShownFace[]>([])
  /** The same, but only so often as a person can read. */
  const readFaces = shallowRef<ShownFace[]>([])
  const frameSize = shallowRef({ width: 0, height: 0 })
  const statistics = shallowRef<LoopStatistics | null>(null)
  const sessionId = ref('')
  /** Whether any frame was answered. */
  const hasAnswer = ref(false)

  const signal = useAbortSignal()
  let maxSide = 640
  let startedAt = 0
  let readAt = 0
  let countedAt = 0
  let smoother = new FaceSmoother(TIME_CONSTANTS[smoothing.value])
  let slots = new ColourSlots()

  /** Seconds since the session began. */
  function clock(): number {
    return startedAt === 0 ? 0 : (performance.now() - startedAt) / 1000
  }

  function show(answer: FrameAnswer): void {
    const now = performance.now()
    hasAnswer.value = true
    frameSize.value = { width: answer.width, height: answer.height }
    const colours = slots.assign(
      answer.faces.map(({ track }) => track),
      answer.time,
    )
    faces.value = smoother
      .update(answer.faces, answer.time)
      .map((face) => ({ ...face, slot: colours.get(face.track) ?? 0 }))
    if (now - readAt >= SHOWN_EVERY_MS) {
      readAt = now
      readFaces.value = [...faces.value].sort((a, b) => a.slot - b.slot)
    }
    if (now - countedAt >= STATISTICS_EVERY_MS) {
      countedAt = now
      statistics.value = loop.statistics()
    }
    onAnswer?.(answer)
  }

  const grabber = new FrameGrabber(
    () => video.value,
    () => maxSide,
  )
  const loop = new LiveLoop({
    grab: (stopped) => grabber.grab(stopped),
    send: (frame, time, stopped) => sendFrame(sessionId.value, frame, time, stopped),
    clock,
    onAnswer: show,
    onTrouble: (value) => (trouble.value = value),
    onEnd: (problem) => {
      error.value = errorText(problem)
      state.value = 'ended'
      forgetFaces()
    },
  })

  function forgetFaces(): void {
    faces.value = []
    readFaces.value = []
    statistics.value = null
  }

  async function start(purpose: string): Promise<boolean> {
    error.value = ''
    state.value = 'starting'
    try {
      const session = await startLive(purpose, signal)
      sessionId.value = session.id
      maxSide = session.frame_max_side
      smoother = new FaceSmoother(TIME_CONSTANTS[smoothing.value])
      slots = new ColourSlots()
      hasAnswer.value = false
      startedAt = performance.now()
      state.value = 'running'
      if (camera.isOn.value) loop.start()
      return true
    } catch (problem) {
      if (signal.aborted) return false
      error.value = errorText(problem)
      state.value = 'idle'
      return false
    }
  }

  function pause(): void {
    loop.stop()
    state.value = 'paused'
    forgetFaces()
  }

  function resume(): void {
    state.value = 'running'
    if (camera.isOn.value) loop.start()
  }

  /** No more frames; what was recorded is still the server's. */
  function end(): void {
    loop.stop()
    forgetFaces()
    state.value = 'idle'
  }

  /** Ends it and keeps nothing of it. */
  function drop(): void {
    end()
    const id = sessionId.value
    sessionId.value = ''
    // The server forgets it by itself after a while.
    if (id) dropLive(id).catch(() => {})
  }

  watch(smoothing, (value) => (smoother.timeConstant = TIME_CONSTANTS[value]))
  // Without a camera there is nothing to send; the session goes on when it is back.
  watch(camera.isOn, (isOn) => {
    if (state.value !== 'running') return
    if (isOn) loop.start()
    else {
      loop.stop()
      forgetFaces()
    }
  })
  onBeforeUnmount(() => loop.stop())

  return {
    state,
    trouble,
    error,
    faces,
    readFaces,
    frameSize,
    statistics,
    sessionId,
    hasAnswer,
    isActive: computed(() => state.value === 'running' || state.value === 'paused'),
    clock,
    start,
    pause,
    resume,
    end,
    drop,
  }
}

export type Live = ReturnType<typeof useLive>

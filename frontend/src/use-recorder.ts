/** Records what a live session shows, until it is saved as a record. */

import { onBeforeUnmount, onMounted, ref } from 'vue'

import { ApiError, errorText, type Mark, type PracticeRound, type RecordDetail } from './api'
import { t } from './i18n'
import {
  finishLive,
  keepPicture,
  sampleOf,
  sendSamples,
  type FinishedSession,
  type LiveFace,
} from './live-api'
import { discardForgotten, discardSession } from './live-discards'
import { isTransient } from './polling'
import {
  forgetRecording,
  storedRecording,
  storeRecording,
  type StoredRecording,
} from './recordings'
import { deleteRecords } from './records-api'
import { SampleQueue } from './sample-queue'
import { session } from './session'
import { useAbortSignal } from './use-abort-signal'
import { wait } from './waiting'

const SENT_EVERY_MS = 2_000
/** The server ends a session of which it hears nothing for much longer, as in a pause. */
const HEARD_EVERY_MS = 60_000
const RETRY_MS = 1_000

export type RecorderState = 'idle' | 'recording' | 'stopped' | 'saving'

export function useRecorder(kind: FinishedSession['kind']) {
  const state = ref<RecorderState>('idle')
  /** Samples that the server does not have yet. */
  const waiting = ref(0)
  const isOffline = ref(false)
  const error = ref('')
  const marks = ref<Mark[]>([])
  const rounds = ref<PracticeRound[]>([])
  const sampleCount = ref(0)
  /** One of before, by which the page was left or reloaded. */
  const unfinished = ref<StoredRecording | null>(null)

  const signal = useAbortSignal()
  let queue: SampleQueue | null = null
  let recording: StoredRecording | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  let heardAt = 0
  /** Fires when the recording is over, one way or another. */
  let over = new AbortController()

  function open(stored: StoredRecording): void {
    recording = stored
    over = new AbortController()
    marks.value = stored.marks
    rounds.value = stored.rounds
    queue = new SampleQueue(
      {
        send: async (sequence, samples) => {
          const answer = await sendSamples(stored.id, sequence, samples)
          heardAt = performance.now()
          return answer
        },
        save,
        most: session.config?.live.samples_per_call ?? 100,
      },
      stored.queue,
    )
    waiting.value = queue.waiting
  }

  function save(): void {
    if (recording === null || queue === null) return
    Object.assign(recording, { marks: marks.value, rounds: rounds.value, queue: queue.state })
    storeRecording(recording)
  }

  async function flush(): Promise<boolean> {
    const flushed = queue
    if (flushed === null) return true
    try {
      const isEmpty = await flushed.flush()
      if (queue === flushed) isOffline.value = !isEmpty
      return isEmpty
    } finally {
      waiting.value = queue?.waiting ?? 0
    }
  }

  function begin(id: string): void {
    error.value = ''
    sampleCount.value = 0
    open({
      id,
      owner: session.user?.id ?? 0,
      kind,
      startedAt: new Date().toISOString(),
      duration: 0,
      width: 0,
      height: 0,
      marks: [],
      rounds: [],
      queue: { next: 0, batches: [], open: [] },
    })
    state.value = 'recording'
    save()
    // One that cannot be sent now is tried again the next time; saving tells what is wrong.
    heardAt = performance.now()
    timer = setInterval(() => {
      if (performance.now() - heardAt > HEARD_EVERY_MS) queue?.touch()
      flush().catch(() => {})
    }, SENT_EVERY_MS)
  }

  function add(face: LiveFace, time: number): void {
    if (state.value !== 'recording' || queue === null) return
    queue.add(sampleOf(face, time))
    sampleCount.value += 1
    waiting.value = queue.waiting
  }

  /** Tells how far the session has come, and how large its frames are. */
  function progress(duration: number, size: { width: number; height: number }): void {
    if (recording) Object.assign(recording, { duration, ...size })
  }

  function mark(time: number, label: string): Mark {
    const added = { time, label }
    marks.value = [...marks.value, added]
    save()
    return added
  }

  function relabel(index: number, label: string): void {
    marks.value = marks.value.map((one, at) => (at === index ? { ...one, label } : one))
    save()
  }

  function unmark(index: number): void {
    marks.value = marks.value.filter((_, at) => at !== index)
    save()
  }

  function addRound(round: PracticeRound): void {
    rounds.value = [...rounds.value, round]
    save()
  }

  function stop(): void {
    if (state.value !== 'recording') return
    clearInterval(timer)
    state.value = 'stopped'
    save()
  }

  /** Goes on trying while there is no connection; resolves to null where it cannot be saved. */
  async function finish(name: string, picture: Blob | null = null): Promise<RecordDetail | null> {
    if (recording === null) return null
    clearInterval(timer)
    const { id, duration, width, height } = recording
    const given = over.signal
    state.value = 'saving'
    error.value = ''
    try {
      while (!(await flush())) await pause(given)
      const record = await persevering(async () => {
        if (picture) await keepPicture(id, picture)
        return finishLive(id, {
          kind: recording?.kind ?? kind,
          ...(name.trim() && { name: name.trim() }),
          marks: marks.value.map((one) => ({ ...one, label: one.label.trim() })),
          duration,
          width,
          height,
          ...(rounds.value.length > 0 && { practice: { rounds: rounds.value } }),
        })
      }, given)
      // It was discarded while the server made a record of it.
      if (given.aborted) await deleteRecords([record.id])
      given.throwIfAborted()
      forget()
      return record
    } catch (problem) {
      if (signal.aborted || given.aborted) return null
      const isGone = problem instanceof ApiError && problem.status === 404
      error.value = isGone ? t('camera.recorder.gone') : errorText(problem)
      if (isGone) forget()
      else state.value = 'stopped'
      return null
    }
  }

  async function pause(given: AbortSignal): Promise<void> {
    await wait(RETRY_MS, signal)
    given.throwIfAborted()
  }

  async function persevering<T>(act: () => Promise<T>, given: AbortSignal): Promise<T> {
    for (;;) {
      given.throwIfAborted()
      try {
        const result = await act()
        isOffline.value = false
        return result
      } catch (problem) {
        if (!isTransient(problem)) throw problem
        given.throwIfAborted()
        isOffline.value = problem instanceof ApiError && problem.isOffline
        await pause(given)
      }
    }
  }

  function forget(): void {
    over.abort()
    clearInterval(timer)
    forgetRecording()
    recording = null
    queue = null
    waiting.value = 0
    isOffline.value = false
    unfinished.value = null
    state.value = 'idle'
  }

  /** Nothing of it is kept anywhere. */
  function discard(): void {
    const id = recording?.id ?? unfinished.value?.id
    forget()
    if (id) void discardSession(id)
  }

  /** Takes up the one that was left behind, to be saved. */
  function takeUp(): void {
    if (unfinished.value === null) return
    open(unfinished.value)
    unfinished.value = null
    state.value = 'stopped'
  }

  onMounted(() => {
    const stored = storedRecording()
    if (stored && stored.owner !== (session.user?.id ?? 0)) forgetRecording()
    else if (stored?.kind === kind) unfinished.value = stored
    void discardForgotten()
    window.addEventListener('pagehide', save)
  })
  onBeforeUnmount(() => {
    clearInterval(timer)
    window.removeEventListener('pagehide', save)
  })

  return {
    state,
    waiting,
    isOffline,
    error,
    marks,
    rounds,
    sampleCount,
    unfinished,
    begin,
    add,
    progress,
    mark,
    relabel,
    unmark,
    addRound,
    stop,
    finish,
    discard,
    takeUp,
  }
}

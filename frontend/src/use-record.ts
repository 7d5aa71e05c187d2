import { computed, ref } from 'vue'

import { announce } from './announcer'
import {
  ApiError,
  getJobOfRecord,
  getRecord,
  retryJob,
  type Face,
  type Job,
  type RecordDetail,
} from './api'
import { t } from './i18n'
import { followJob, isEnded, patiently } from './polling'
import { updateTrail } from './record-trail'
import { editRecord, type RecordChanges } from './records-api'

/** The record was changed elsewhere since it was loaded; by now the newest is shown. */
export class EditConflict extends Error {
  override readonly name = 'EditConflict'
}

export function isConflict(error: unknown): boolean {
  return error instanceof EditConflict
}

interface RecordOptions {
  signal: AbortSignal
  onShow?: (record: RecordDetail) => void
  /** Wraps each change between "loading", the record and that it could not be loaded. */
  onLoaded?: (change: () => void) => Promise<void>
}

/** One record and the work on it. */
export function useRecord(id: string, { signal, onShow, onLoaded }: RecordOptions) {
  const record = ref<RecordDetail | null>(null)
  const job = ref<Job | null>(null)
  const error = ref<unknown>(null)
  const isRetrying = ref(false)
  /** A recognition whose result will take the place of the one that is shown. */
  const isRecognisingAgain = ref(false)
  const againError = ref<unknown>(null)

  /** How often the record was asked for or changed, and which of these is shown. */
  let asked = 0
  let shown = 0

  const settle = onLoaded ?? (async (change: () => void) => change())

  function show(value: RecordDetail, number = ++asked): void {
    shown = number
    record.value = value
    updateTrail(value)
    onShow?.(value)
  }

  /** Gone while the page was open: deleted here, in another tab, or because it was due. */
  async function fail(problem: unknown): Promise<void> {
    if (!signal.aborted) await settle(() => (error.value = problem))
  }

  /** Answers may come in another order than they were asked for in: an older one is asked anew. */
  async function showNewest(): Promise<RecordDetail> {
    for (;;) {
      const number = ++asked
      const loaded = await getRecord(id, signal)
      if (number < shown) continue
      show(loaded, number)
      return loaded
    }
  }

  async function follow({ id: jobId }: Job): Promise<Job> {
    const ended = await followJob(jobId, { signal, onUpdate: (update) => (job.value = update) })
    const before = record.value?.state
    const loaded = await patiently(showNewest, signal)
    if (loaded.state === 'done' && before !== 'done') {
      await announce(t('records.faceCount', loaded.face_count ?? 0))
    }
    return ended
  }

  async function load(): Promise<void> {
    error.value = null
    try {
      const number = ++asked
      const loaded = await getRecord(id, signal)
      await settle(() => show(loaded, number))
      job.value = await getJobOfRecord(id, signal)
      if (job.value === null) return
      if (isEnded(job.value)) {
        // It may have ended between the two questions.
        if (!isEnded(loaded)) await patiently(showNewest, signal)
        return
      }
      // A record that has a result keeps it while it is recognised again.
      if (loaded.state === 'done') await followAgain(job.value)
      else await follow(job.value)
    } catch (problem) {
      await fail(problem)
    }
  }

  async function retry(): Promise<void> {
    if (record.value === null || job.value === null) return
    isRetrying.value = true
    try {
      job.value = await retryJob(job.value.id)
      show({ ...record.value, state: job.value.state })
      await follow(job.value)
    } catch (problem) {
      await fail(problem)
    } finally {
      isRetrying.value = false
    }
  }

  /** Throws an `EditConflict`, having loaded the newest, where somebody else was faster. */
  async function edit(changes: RecordChanges): Promise<void> {
    if (record.value === null) return
    try {
      const before = asked
      const edited = await editRecord(id, record.value.revision, changes)
      // What was asked for meanwhile may be newer than this answer, or older.
      if (asked === before) show({ ...record.value, ...edited })
      else await patiently(showNewest, signal)
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== 'edit_conflict') throw problem
      await showNewest()
      throw new EditConflict(t('record.conflict.title'))
    }
  }

  /** A face after a correction or without it. */
  async function refresh(face?: Face): Promise<void> {
    if (record.value === null) return
    if (face) {
      const faces = record.value.faces.map((one) => (one.id === face.id ? face : one))
      record.value = { ...record.value, faces }
    }
    // What the whole record shows may be another now, too, and its revision.
    await showNewest()
  }

  /** Follows a recognition that was asked for; the old result stays until there is a new one. */
  async function followAgain(asked: Job): Promise<void> {
    isRecognisingAgain.value = true
    againError.value = null
    job.value = asked
    try {
      const ended = await follow(asked)
      if (ended.state === 'failed') {
        againError.value = new ApiError(
          0,
          ended.error?.code ?? 'failed',
          ended.error?.detail ?? t('record.failed.text'),
        )
      } else {
        await announce(t('record.again.done'))
      }
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 404) await fail(problem)
      else if (!signal.aborted) againError.value = problem
    } finally {
      isRecognisingAgain.value = false
    }
  }

  return {
    record,
    job,
    error,
    isMissing: computed(() => error.value instanceof ApiError && error.value.status === 404),
    isRetrying,
    isRecognisingAgain,
    againError,
    load,
    retry,
    edit,
    refresh,
    followAgain,
  }
}

import {
  ApiError,
  getExplanation,
  getJob,
  getRecord,
  requestExplanation,
  type Explanation,
  type Face,
  type Job,
  type JobState,
  type RecordDetail,
} from './api'
import type { Expression } from './expressions'
import { wait, whenVisible } from './waiting'

const FIRST_DELAY_MS = 150
const LONGEST_DELAY_MS = 2000
const DELAY_GROWTH = 1.5
/** With the longest delay this rides out about a minute without a server. */
const MOST_FAILURES_IN_A_ROW = 30

/** After this long a request for an explanation may have got lost on its way to a worker. */
const ASK_AGAIN_MS = 20_000

export interface FollowOptions<T> {
  signal: AbortSignal
  onUpdate: (value: T) => void
}

/** Whether it may well work a little later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return error.isOffline || error.status === 429 || error.status >= 500
}

export function isEnded({ state }: { state: JobState }): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** Tries again, ever more slowly, as long as it may well work a little later. */
export async function patiently<T>(
  act: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let delay = FIRST_DELAY_MS
  for (let failures = 1; ; failures += 1) {
    try {
      return await act(signal)
    } catch (error) {
      if (!isTransient(error) || failures >= MOST_FAILURES_IN_A_ROW) throw error
    }
    await wait(delay, signal)
    await whenVisible(signal)
    delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS)
  }
}

/** Asks again and again, ever more slowly, until the job behind the answer has ended. */
async function follow<T extends { state: JobState }>(
  load: (signal: AbortSignal) => Promise<T>,
  { signal, onUpdate }: FollowOptions<T>,
): Promise<T> {
  let delay = FIRST_DELAY_MS
  for (;;) {
    await wait(delay, signal)
    await whenVisible(signal)
    const value = await patiently(load, signal)
    onUpdate(value)
    if (isEnded(value)) return value
    delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS)
  }
}

export function followJob(id: string, options: FollowOptions<Job>): Promise<Job> {
  return follow((signal) => getJob(id, signal), options)
}

export function followRecord(
  id: string,
  options: FollowOptions<RecordDetail>,
): Promise<RecordDetail> {
  return follow((signal) => getRecord(id, signal), options)
}

/** Asks for what an answer rests on and waits until it is worked out. */
export async function followExplanation(
  faceId: Face['id'],
  expression: Expression,
  signal: AbortSignal,
): Promise<Explanation> {
  let explanation = await requestExplanation(faceId, expression, signal)
  let askedAt = Date.now()
  if (explanation !== null) return explanation
  await follow<{ state: JobState }>(
    async () => {
      const isLost = Date.now() - askedAt > ASK_AGAIN_MS
      if (isLost) askedAt = Date.now()
      explanation = await (isLost ? requestExplanation : getExplanation)(faceId, expression, signal)
      return { state: explanation === null ? 'running' : 'done' }
    },
    { signal, onUpdate: () => {} },
  )
  return explanation!
}

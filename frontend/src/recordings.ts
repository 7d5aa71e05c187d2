/** What of a recording waits in this tab, so that a reload loses nothing. */

import type { Mark, PracticeRound } from './api'
import type { FinishedSession } from './live-api'
import type { QueueState } from './sample-queue'

const STORAGE_KEY = 'camera-recording'

export interface StoredRecording {
  /** Of the live session. */
  id: string
  /** Whose it is: in this tab somebody else may sign in. */
  owner: number
  kind: FinishedSession['kind']
  /** When it began, as ISO 8601. */
  startedAt: string
  duration: number
  width: number
  height: number
  marks: Mark[]
  rounds: PracticeRound[]
  queue: QueueState
}

export function storedRecording(): StoredRecording | null {
  try {
    const text = sessionStorage.getItem(STORAGE_KEY)
    return text === null ? null : (JSON.parse(text) as StoredRecording)
  } catch {
    // Storage may be forbidden, or what is in it is not ours.
    return null
  }
}

export function storeRecording(recording: StoredRecording): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(recording))
  } catch {
    // It then waits in memory alone, and a reload of the page loses what the server does not have.
  }
}

export function forgetRecording(): void {
  try {
    sessionStorage.removeItem(STORAGE_KEY)
  } catch {
    // See storedRecording.
  }
}

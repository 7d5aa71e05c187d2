/**
 * Frames to the server, answers back, one at a time: the next frame is taken when the last answer
 * is here, so that the rate follows the machine and nothing is ever queued.
 */

import { ApiError } from './api'
import type { FrameAnswer, ServerTimings } from './live-api'
import { isTransient } from './polling'
import { wait, whenVisible } from './waiting'

/** A frame whose answer takes longer is given up; what it showed is long past. */
const FRAME_PATIENCE_MS = 8_000
const NO_FRAME_MS = 50
/** Between tries while nothing comes through. */
const FIRST_RETRY_MS = 300
const LONGEST_RETRY_MS = 2_000
/** Between frames, once the server says that it was asked for too many. */
const FIRST_PAUSE_MS = 40
const LONGEST_PAUSE_MS = 1_000
/** How fast it tries to come back to full speed. */
const PAUSE_RECOVERY = 0.98
const SHORTEST_PAUSE_MS = 5
const MOST_BAD_FRAMES_IN_A_ROW = 20
const STATISTICS_OVER_MS = 3_000

export type LoopTrouble = '' | 'offline' | 'slowed' | 'hidden'

export const LIMITS_OF_RATE = [
  'camera',
  'browser',
  'network',
  'wait',
  'decode',
  'detect',
  'classify',
  'server',
  'share',
] as const

export interface LoopStatistics {
  framesPerSecond: number
  /** Median from frame sent to answer received, in milliseconds. */
  latency: number
  /** Means, in milliseconds. */
  parts: Record<(typeof LIMITS_OF_RATE)[number], number>
  /** What most of the time goes into. */
  limit: (typeof LIMITS_OF_RATE)[number]
}

export interface Grabbed {
  frame: Blob
  /** How long the camera took to have a new picture, in milliseconds. */
  waited: number
}

export interface LoopParts {
  /** The camera's newest picture, or null where it has none. */
  grab: (signal: AbortSignal) => Promise<Grabbed | null>
  send: (frame: Blob, time: number, signal: AbortSignal) => Promise<FrameAnswer>
  /** Seconds since the session began. */
  clock: () => number
  onAnswer: (answer: FrameAnswer) => void
  onTrouble: (trouble: LoopTrouble) => void
  /** It has ended, and will not go on by itself. */
  onEnd: (error: unknown) => void
}

interface Trip {
  at: number
  latency: number
  waited: number
  browser: number
  pause: number
  timings: ServerTimings
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

export class LiveLoop {
  private abort: AbortController | null = null
  private trips: Trip[] = []
  private pause = 0
  private retry = FIRST_RETRY_MS
  private badFrames = 0
  private trouble: LoopTrouble = ''

  constructor(private readonly parts: LoopParts) {}

  get isRunning(): boolean {
    return this.abort !== null
  }

  start(): void {
    if (this.abort) return
    this.abort = new AbortController()
    this.trips = []
    void this.run(this.abort.signal)
  }

  /** An answer that is still under way is not awaited. */
  stop(): void {
    this.abort?.abort()
    this.abort = null
    this.tell('')
  }

  /** Null before the first answers are here. */
  statistics(): LoopStatistics | null {
    const now = performance.now()
    this.trips = this.trips.filter(({ at }) => now - at < STATISTICS_OVER_MS)
    const { trips } = this
    if (trips.length < 2) return null
    const server = (part: keyof ServerTimings) => mean(trips.map(({ timings }) => timings[part]))
    const latency = mean(trips.map((trip) => trip.latency))
    const [wait, decode] = [server('wait'), server('decode')]
    const [detect, classify] = [server('detect'), server('classify')]
    const parts = {
      camera: mean(trips.map(({ waited }) => waited)),
      browser: mean(trips.map(({ browser }) => browser)),
      network: Math.max(0, latency - server('total')),
      wait,
      decode,
      detect,
      classify,
      server: Math.max(0, server('total') - wait - decode - detect - classify),
      share: mean(trips.map(({ pause }) => pause)),
    }
    return {
      framesPerSecond: ((trips.length - 1) * 1000) / (trips.at(-1)!.at - trips[0]!.at),
      latency: median(trips.map((trip) => trip.latency)),
      parts,
      limit: LIMITS_OF_RATE.reduce((most, name) => (parts[name] > parts[most] ? name : most)),
    }
  }

  private tell(trouble: LoopTrouble): void {
    if (trouble === this.trouble) return
    this.trouble = trouble
    this.parts.onTrouble(trouble)
  }

  private async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        if (document.hidden) {
          this.tell('hidden')
          await whenVisible(signal)
          this.tell('')
        }
        await this.turn(signal)
        // Also where nothing above had to wait: stopping must not depend on the server.
        signal.throwIfAborted()
      }
    } catch (error) {
      if (signal.aborted) return
      this.abort = null
      this.parts.onEnd(error)
    }
  }

  private async turn(signal: AbortSignal): Promise<void> {
    const began = performance.now()
    const grabbed = await this.parts.grab(signal)
    // Hidden while the camera was waited for: this frame is not sent any more.
    if (grabbed === null || document.hidden) return wait(NO_FRAME_MS, signal)
    const sent = performance.now()
    let answer: FrameAnswer
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(FRAME_PATIENCE_MS)])
      answer = await this.parts.send(grabbed.frame, this.parts.clock(), patience)
    } catch (error) {
      signal.throwIfAborted()
      return this.recover(error, signal)
    }
    if (signal.aborted) return
    const at = performance.now()
    this.trips.push({
      at,
      latency: at - sent,
      waited: grabbed.waited,
      browser: Math.max(0, sent - began - grabbed.waited),
      pause: this.pause,
      timings: answer.timings,
    })
    if (this.trips.length > 1000) this.trips.splice(0, 500)
    this.retry = FIRST_RETRY_MS
    this.badFrames = 0
    this.pause = this.pause < SHORTEST_PAUSE_MS ? 0 : this.pause * PAUSE_RECOVERY
    this.tell(this.pause > FIRST_PAUSE_MS ? 'slowed' : '')
    this.parts.onAnswer(answer)
    if (this.pause > 0) await wait(this.pause, signal)
  }

  /** Waits until another frame is worth a try; throws what no other frame would mend. */
  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof ApiError && error.status === 429) {
      this.pause = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.pause * 1.5))
      this.tell('slowed')
      const asked = (error.besides.retryAfter ?? 1) * 1000
      return wait(Math.max(asked, this.pause), signal)
    }
    // The one before was given up here, but the server is still at it.
    if (error instanceof ApiError && error.code === 'frame_in_flight') {
      return wait(FIRST_RETRY_MS, signal)
    }
    const isGivenUp = error instanceof DOMException && error.name === 'TimeoutError'
    if (isGivenUp || isTransient(error)) {
      this.tell('offline')
      await wait(this.retry, signal)
      this.retry = Math.min(LONGEST_RETRY_MS, this.retry * 1.5)
      return
    }
    // A frame may be bad by chance, as when the camera changes its size.
    const isAboutFrame = error instanceof ApiError && [400, 413, 415].includes(error.status)
    this.badFrames += 1
    if (!isAboutFrame || this.badFrames > MOST_BAD_FRAMES_IN_A_ROW) throw error
    await wait(NO_FRAME_MS, signal)
  }
}

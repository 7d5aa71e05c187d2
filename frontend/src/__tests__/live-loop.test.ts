import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiError, OFFLINE } from '../api'
import type { FrameAnswer } from '../live-api'
import { LiveLoop, type LoopTrouble } from '../live-loop'
import { anAnswer } from './live-fixtures'

let isHidden = false

beforeEach(() => {
  vi.useFakeTimers()
  isHidden = false
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
})
afterEach(() => vi.useRealTimers())

function hide(value: boolean): void {
  isHidden = value
  document.dispatchEvent(new Event('visibilitychange'))
}

const frame = new Blob(['x'], { type: 'image/jpeg' })

/** A camera at 100 pictures a second and a server that takes `delay` for an answer. */
function aLoop(delay = 50) {
  const sent: number[] = []
  const troubles: LoopTrouble[] = []
  const answers: FrameAnswer[] = []
  const ended: unknown[] = []
  /** What the next answers are instead. */
  const faults: unknown[] = []
  let inFlight = 0
  let mostInFlight = 0
  const loop = new LiveLoop({
    grab: async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return { frame, waited: 10 }
    },
    send: async (_, time) => {
      sent.push(time)
      inFlight += 1
      mostInFlight = Math.max(mostInFlight, inFlight)
      await new Promise((resolve) => setTimeout(resolve, delay))
      inFlight -= 1
      const fault = faults.shift()
      if (fault) throw fault
      return anAnswer({ time })
    },
    clock: () => performance.now() / 1000,
    onAnswer: (answer) => answers.push(answer),
    onTrouble: (trouble) => troubles.push(trouble),
    onEnd: (error) => ended.push(error),
  })
  return { loop, sent, answers, troubles, ended, faults, most: () => mostInFlight }
}

const offline = () => new ApiError(0, OFFLINE, 'unreachable')

describe('LiveLoop', () => {
  it('has one frame under way, so that the rate follows the server', async () => {
    const { loop, sent, answers, most } = aLoop(50)
    loop.start()
    await vi.advanceTimersByTimeAsync(1000)
    loop.stop()
    expect(most()).toBe(1)
    expect(sent.length).toBeGreaterThanOrEqual(16)
    expect(sent.length).toBeLessThanOrEqual(18)
    expect(answers.length).toBeGreaterThanOrEqual(sent.length - 1)
    expect([...sent].sort((a, b) => a - b)).toEqual(sent)
  })

  it('sends nothing more once it is stopped, and drops the answer that comes then', async () => {
    const { loop, sent, answers } = aLoop(200)
    loop.start()
    await vi.advanceTimersByTimeAsync(100)
    loop.stop()
    await vi.advanceTimersByTimeAsync(2000)
    expect(sent).toHaveLength(1)
    expect(answers).toEqual([])
  })

  it('sends nothing while the tab is hidden, and goes on by itself', async () => {
    const { loop, sent, troubles } = aLoop()
    loop.start()
    await vi.advanceTimersByTimeAsync(300)
    hide(true)
    await vi.advanceTimersByTimeAsync(100)
    const before = sent.length
    await vi.advanceTimersByTimeAsync(5000)
    expect(sent).toHaveLength(before)
    expect(troubles.at(-1)).toBe('hidden')
    hide(false)
    await vi.advanceTimersByTimeAsync(300)
    expect(sent.length).toBeGreaterThan(before)
    expect(troubles.at(-1)).toBe('')
    loop.stop()
  })

  it('waits as long as a busy server asks, slows down, and comes back to its speed', async () => {
    const { loop, sent, troubles, faults } = aLoop(10)
    faults.push(new ApiError(429, 'throttled', 'busy', [], { retryAfter: 1.5 }))
    loop.start()
    await vi.advanceTimersByTimeAsync(40)
    expect(sent).toHaveLength(1)
    expect(troubles).toEqual(['slowed'])
    await vi.advanceTimersByTimeAsync(1400)
    expect(sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(sent.length).toBeGreaterThan(1)
    const early = sent.length
    await vi.advanceTimersByTimeAsync(1000)
    const slow = sent.length - early
    await vi.advanceTimersByTimeAsync(20_000)
    const late = sent.length
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent.length - late).toBeGreaterThan(slow)
    expect(troubles.at(-1)).toBe('')
    loop.stop()
  })

  it('tells that it is offline, tries again ever less often, and goes on', async () => {
    const { loop, sent, answers, troubles, faults } = aLoop(10)
    faults.push(...Array.from({ length: 8 }, offline))
    loop.start()
    await vi.advanceTimersByTimeAsync(5000)
    expect(troubles).toEqual(['offline'])
    expect(sent.length).toBeLessThan(8)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(troubles).toEqual(['offline', ''])
    expect(answers.length).toBeGreaterThan(10)
    loop.stop()
  })

  it('gives up a frame whose answer never comes', async () => {
    const { loop, troubles } = aLoop()
    const parts = (loop as unknown as { parts: { send: unknown } }).parts
    // The patience runs on the real clock of AbortSignal; what counts is how its end is taken.
    parts.send = () => Promise.reject(new DOMException('too long', 'TimeoutError'))
    loop.start()
    await vi.advanceTimersByTimeAsync(100)
    expect(troubles).toEqual(['offline'])
    loop.stop()
  })

  it('ends where the session is over, and with many bad frames, but not with one', async () => {
    const over = new ApiError(404, 'not_found', 'over')
    const bad = () => new ApiError(400, 'not_a_picture', 'bad')
    const { loop, sent, ended, faults } = aLoop(10)
    faults.push(bad(), over)
    loop.start()
    await vi.advanceTimersByTimeAsync(1000)
    expect(ended).toEqual([over])
    expect(sent).toHaveLength(2)
    expect(loop.isRunning).toBe(false)

    const other = aLoop(10)
    other.faults.push(...Array.from({ length: 50 }, bad))
    other.loop.start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(other.sent.length).toBeLessThan(30)
    expect(other.ended).toHaveLength(1)
  })

  it('counts frames a second and says what they wait for', async () => {
    const { loop } = aLoop(40)
    loop.start()
    expect(loop.statistics()).toBeNull()
    await vi.advanceTimersByTimeAsync(4000)
    const statistics = loop.statistics()!
    expect(statistics.framesPerSecond).toBeCloseTo(20, 0)
    expect(statistics.latency).toBeCloseTo(40, 0)
    // 18 of the 40 milliseconds are the server's own.
    expect(statistics.parts.network).toBeCloseTo(22, 0)
    expect(statistics.limit).toBe('network')
    loop.stop()
  })
})

import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import * as api from '../api'
import { ApiError, type Job } from '../api'
import { followJob } from '../polling'
import { aJob } from './fixtures'

const offline = new ApiError(0, 'offline', 'The server cannot be reached.')
let getJob: MockInstance<typeof api.getJob>
let abort: AbortController

beforeEach(() => {
  vi.useFakeTimers()
  getJob = vi.spyOn(api, 'getJob')
  abort = new AbortController()
})

afterEach(() => void vi.useRealTimers())

function hideTab(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

function follow(onUpdate: (job: Job) => void = () => {}): Promise<Job> {
  return followJob('job-1', { signal: abort.signal, onUpdate })
}

describe('followJob', () => {
  it('reports each state and ends with the last', async () => {
    getJob
      .mockResolvedValueOnce(aJob())
      .mockResolvedValueOnce(aJob({ state: 'running', progress: 0.5 }))
      .mockResolvedValue(aJob({ state: 'done', progress: 1 }))
    const states: string[] = []
    const ended = follow(({ state }) => states.push(state))
    await vi.runAllTimersAsync()
    expect((await ended).state).toBe('done')
    expect(states).toEqual(['queued', 'running', 'done'])
  })

  it('first asks after 150 ms, then ever more slowly, at most every 2 s', async () => {
    const times: number[] = []
    const start = Date.now()
    getJob.mockImplementation(async () => {
      times.push(Date.now() - start)
      return aJob({ state: times.length === 12 ? 'failed' : 'running' })
    })
    const ended = follow()
    await vi.runAllTimersAsync()
    await ended
    const gaps = times.map((time, index) => time - (times[index - 1] ?? 0))
    expect(gaps[0]).toBe(150)
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
    expect(gaps.at(-1)).toBe(2000)
  })

  it('rests while the tab is hidden', async () => {
    getJob.mockResolvedValue(aJob({ state: 'done' }))
    hideTab(true)
    const ended = follow()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(getJob).not.toHaveBeenCalled()
    hideTab(false)
    expect((await ended).state).toBe('done')
  })

  it('rides out a lost connection', async () => {
    getJob
      .mockRejectedValueOnce(offline)
      .mockRejectedValueOnce(new ApiError(503, 'down', 'Down.'))
      .mockResolvedValue(aJob({ state: 'done' }))
    const ended = follow()
    await vi.runAllTimersAsync()
    expect((await ended).state).toBe('done')
  })

  it('gives up on a server that stays away, and at once on a job that is gone', async () => {
    getJob.mockRejectedValue(offline)
    const away = expect(follow()).rejects.toBe(offline)
    await vi.runAllTimersAsync()
    await away
    expect(getJob).toHaveBeenCalledTimes(30)

    const gone = new ApiError(404, 'not_found', 'Not found.')
    getJob.mockReset().mockRejectedValue(gone)
    const rejected = expect(follow()).rejects.toBe(gone)
    await vi.runAllTimersAsync()
    await rejected
    expect(getJob).toHaveBeenCalledOnce()
  })

  it('stops when it is cancelled, also while the tab is hidden', async () => {
    hideTab(true)
    const ended = expect(follow()).rejects.toMatchObject({ name: 'AbortError' })
    await vi.advanceTimersByTimeAsync(1000)
    abort.abort()
    await ended
    expect(getJob).not.toHaveBeenCalled()
  })
})

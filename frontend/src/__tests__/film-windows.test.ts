import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { AGAIN_MS, FilmWindows, WINDOW } from '../film-windows'
import type { SampleColumns } from '../live-api'

function samples(track: number): SampleColumns {
  return {
    times: [1],
    tracks: [track],
    boxes: [[0, 0, 1, 1]],
    probabilities: [[0, 0, 0, 1, 0, 0, 0]],
    quality: [1],
    uncertain: [false],
    thinned: false,
  }
}

afterEach(() => void vi.useRealTimers())

function setUp(load = vi.fn(async (start: number, _end: number) => samples(Math.round(start)))) {
  const onChange = vi.fn()
  return { load, onChange, windows: new FilmWindows(load, onChange) }
}

describe('FilmWindows', () => {
  it('loads what is played, with what is beyond its edges, and soon what comes next', async () => {
    const { load, onChange, windows } = setUp()
    windows.want(5)
    expect(load.mock.calls).toEqual([[-3, WINDOW + 3]])
    expect(windows.around(5)).toBeNull()
    await flushPromises()
    expect(windows.around(5)).toHaveLength(1)
    expect(onChange).toHaveBeenCalledOnce()

    windows.want(6)
    expect(load).toHaveBeenCalledOnce()
    windows.want(WINDOW - 2)
    expect(load.mock.lastCall).toEqual([WINDOW - 3, 2 * WINDOW + 3])
  })

  it('keeps those that were used last, and not all of a long film', async () => {
    const { load, windows } = setUp()
    for (let time = 0; time < 20 * WINDOW; time += WINDOW) {
      windows.want(time)
      await flushPromises()
    }
    expect(windows.around(19 * WINDOW)).not.toBeNull()
    expect(windows.around(0)).toBeNull()
    const count = load.mock.calls.length
    windows.want(0)
    expect(load).toHaveBeenCalledTimes(count + 1)
  })

  it('asks again after a while for what did not come', async () => {
    vi.useFakeTimers()
    const load = vi.fn(async (): Promise<SampleColumns> => Promise.reject(new Error('no')))
    const { windows, onChange } = setUp(load as never)
    windows.want(0)
    await flushPromises()
    expect(windows.around(0)).toBeNull()
    expect(onChange).toHaveBeenCalledOnce()
    load.mockResolvedValue(samples(1))
    windows.want(0)
    await flushPromises()
    expect(load).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(AGAIN_MS)
    windows.want(0)
    await flushPromises()
    expect(windows.around(0)).toHaveLength(1)
  })

  it('shows what was there until it is loaded anew', async () => {
    const { load, windows } = setUp()
    windows.want(0)
    await flushPromises()
    windows.clear()
    expect(windows.around(0)![0]!.track).toBe(-3)
    load.mockResolvedValue(samples(7))
    windows.want(0)
    expect(windows.around(0)![0]!.track).toBe(-3)
    await flushPromises()
    expect(windows.around(0)![0]!.track).toBe(7)
  })

  it('does not take what was asked for before it was cleared', async () => {
    let answer: (value: SampleColumns) => void = () => {}
    const load = vi.fn(() => new Promise<SampleColumns>((resolve) => (answer = resolve)))
    const { windows } = setUp(load as never)
    windows.want(0)
    const old = answer
    windows.clear()
    windows.want(0)
    old(samples(1))
    await flushPromises()
    expect(windows.around(0)).toBeNull()
  })
})

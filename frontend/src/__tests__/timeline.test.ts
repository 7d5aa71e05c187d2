import { describe, expect, it } from 'vitest'

import { EXPRESSIONS } from '../expressions'
import { areasOf, binsOf, bridged, formatClock, strongestIn, timeTicks } from '../timeline'

const HAPPY = [0, 0, 0, 1, 0, 0, 0]
const SAD = [0, 0, 0, 0, 1, 0, 0]

describe('binsOf', () => {
  it('gives the mean of each stretch of time, and null where nothing was seen', () => {
    const bins = binsOf(
      [
        { time: 0.1, probabilities: HAPPY },
        { time: 0.4, probabilities: SAD },
        { time: 2.5, probabilities: SAD },
        { time: 3, probabilities: SAD },
        { time: 9, probabilities: HAPPY },
      ],
      0,
      3,
      3,
    )
    expect(bins.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
    expect(bins[0]!.probabilities).toEqual([0, 0, 0, 0.5, 0.5, 0, 0])
    expect(bins[1]!.probabilities).toBeNull()
    expect(bins[2]!.probabilities).toEqual(SAD)
    expect(bins.map(strongestIn)).toEqual(['happy', null, 'sad'])
  })
})

describe('bridged', () => {
  it('fills short gaps with what was there before them, and leaves long ones', () => {
    const moments = [0, 0.9, 3].map((time) => ({ time, probabilities: time < 3 ? HAPPY : SAD }))
    const bins = bridged(binsOf(moments, 0, 4, 8))
    expect(bins.map(strongestIn)).toEqual(['happy', 'happy', null, null, null, null, 'sad', null])
    const close = [0, 1.4].map((time) => ({ time, probabilities: time < 1 ? HAPPY : SAD }))
    expect(bridged(binsOf(close, 0, 2, 4)).map(strongestIn)).toEqual([
      'happy',
      'happy',
      'sad',
      null,
    ])
  })
})

describe('areasOf', () => {
  const x = (time: number) => time * 10
  const y = (share: number) => 100 * (1 - share)

  it('stacks the seven from foot to top', () => {
    const bins = binsOf([{ time: 0.5, probabilities: HAPPY.map(() => 1 / 7) }], 0, 1, 1)
    const areas = areasOf(bins, x, y)
    expect(areas.map(({ expression }) => expression)).toEqual([...EXPRESSIONS])
    expect(areas[0]!.path).toBe('M0.0 85.7L5.0 85.7L10.0 85.7L10.0 100.0L5.0 100.0L0.0 100.0Z')
    expect(areas[6]!.path).toContain('M0.0 0.0L')
  })

  it('leaves a gap where nobody was seen', () => {
    const moments = [0.5, 2.5].map((time) => ({ time, probabilities: HAPPY }))
    const [area] = areasOf(binsOf(moments, 0, 3, 3), x, y)
    expect(area!.path.match(/M/g)).toHaveLength(2)
    expect(areasOf(binsOf([], 0, 3, 3), x, y).map(({ path }) => path)).toEqual(Array(7).fill(''))
  })
})

describe('timeTicks', () => {
  it('gives round moments, as many as there is room for', () => {
    expect(timeTicks(0, 60, 6)).toEqual([0, 10, 20, 30, 40, 50, 60])
    expect(timeTicks(33, 93, 4)).toEqual([45, 60, 75, 90])
    expect(timeTicks(0, 3700, 5)).toEqual([0, 900, 1800, 2700, 3600])
  })
})

describe('formatClock', () => {
  it.each([
    [0, '0:00'],
    [7.9, '0:07'],
    [750, '12:30'],
    [3723, '1:02:03'],
    [-1, '0:00'],
  ])('shows %d seconds as %s', (seconds, text) => expect(formatClock(seconds)).toBe(text))
})

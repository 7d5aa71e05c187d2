import { describe, expect, it } from 'vitest'

import type { SegmentFigures } from '../film-api'
import { figuresOf, formatTime, inOrder, parseTime, segmentBetween, valueOf } from '../segments'
import { probabilitiesOf } from './live-fixtures'

describe('times', () => {
  it.each([
    ['7', 7],
    ['7.25', 7.25],
    ['7,25', 7.25],
    ['90', 90],
    ['1:30', 90],
    ['1:02:03.5', 3723.5],
    [' 0:07 ', 7],
    ['1:75', null],
    ['1:61:00', null],
    ['abc', null],
    ['', null],
    ['-3', null],
  ])('reads %s', (text, seconds) => expect(parseTime(text)).toBe(seconds))

  it.each([
    [7, '0:07'],
    [7.5, '0:07.5'],
    [7.0625, '0:07.063'],
    [3723.25, '1:02:03.25'],
    [59.9999, '1:00'],
  ])('writes %d', (seconds, text) => expect(formatTime(seconds)).toBe(text))

  it('reads what it writes', () => {
    for (const seconds of [0, 0.001, 59.999, 60, 3599.5, 7325.125]) {
      expect(parseTime(formatTime(seconds))).toBe(seconds)
    }
  })
})

describe('segmentBetween', () => {
  it('goes from the earlier to the later moment, within the film', () => {
    expect(segmentBetween(8, 2.00049, 'a', 10)).toEqual({ name: 'a', start: 2, end: 8 })
    expect(segmentBetween(-1, 99, 'a', 10)).toEqual({ name: 'a', start: 0, end: 10 })
  })

  it('is none where the moments are the same', () => {
    expect(segmentBetween(2, 2.05, 'a', 10)).toBeNull()
  })
})

it('orders by start, then by end', () => {
  const segment = (name: string, start: number, end: number) => ({ name, start, end })
  const all = [segment('c', 5, 6), segment('b', 1, 9), segment('a', 1, 2)]
  expect(inOrder(all).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})

describe('figures', () => {
  const figures = (changes: Partial<SegmentFigures>): SegmentFigures => ({
    id: 'one',
    name: 'One',
    start: 0,
    end: 5,
    track: null,
    seconds: 5,
    shares: probabilitiesOf('happy', 0.8),
    mean: probabilitiesOf('happy', 0.6),
    peak: null,
    ...changes,
  })

  it('has values of each measure, and none where nothing can be relied on', () => {
    expect(valueOf(figures({}), 'shares', 'happy')).toBe(0.8)
    expect(valueOf(figures({}), 'mean', 'happy')).toBe(0.6)
    expect(valueOf(figures({}), 'peak', 'happy')).toBeNull()
    expect(valueOf(figures({ shares: null }), 'shares', 'happy')).toBeNull()
  })

  it('finds those of all faces together', () => {
    const wholeFilm = figures({ id: null })
    const all = [
      wholeFilm,
      figures({ track: 1 }),
      figures({}),
      figures({ id: 'two', shares: null }),
    ]
    expect(figuresOf(all, null)).toBe(wholeFilm)
    expect(figuresOf(all, 'one')).toBe(all[2])
    expect(figuresOf(all, 'two')).toBeUndefined()
  })
})

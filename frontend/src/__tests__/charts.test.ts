import { describe, expect, it } from 'vitest'

import { csvOf, labelEvery, periodsOf, segmentsOf, ticksOf } from '../charts'
import { EXPRESSIONS } from '../expressions'
import type { Counts } from '../records-api'

function counts(some: Partial<Counts>): Counts {
  return { ...(Object.fromEntries(EXPRESSIONS.map((name) => [name, 0])) as Counts), ...some }
}

function day(date: string, happy: number) {
  return { date, faces: happy, counts: counts({ happy }) }
}

describe('ticksOf', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 50, 100]],
    [1234, [0, 500, 1000, 1500]],
  ])('for %i are round and whole and reach it', (largest, ticks) => {
    expect(ticksOf(largest)).toEqual(ticks)
  })
})

describe('periodsOf', () => {
  it('has nothing for nothing', () => {
    expect(periodsOf([])).toEqual({ unit: 'day', periods: [] })
  })

  it('puts in the days without a face, also over the end of a month', () => {
    const { unit, periods } = periodsOf([day('2026-02-27', 2), day('2026-03-02', 1)])
    expect(unit).toBe('day')
    expect(periods.map(({ start, faces }) => [start, faces])).toEqual([
      ['2026-02-27', 2],
      ['2026-02-28', 0],
      ['2026-03-01', 0],
      ['2026-03-02', 1],
    ])
  })

  it('adds days up to weeks from Monday once they are too many', () => {
    const { unit, periods } = periodsOf([
      day('2026-01-01', 1), // a Thursday
      day('2026-01-04', 2), // the Sunday of the same week
      day('2026-01-05', 4),
      day('2026-06-30', 8),
    ])
    expect(unit).toBe('week')
    expect(periods[0]).toMatchObject({ start: '2025-12-29', faces: 3 })
    expect(periods[1]).toMatchObject({ start: '2026-01-05', faces: 4 })
    expect(periods.at(-1)).toMatchObject({ start: '2026-06-29', counts: counts({ happy: 8 }) })
    expect(periods.reduce((sum, { faces }) => sum + faces, 0)).toBe(15)
  })

  it('adds them up to months over years', () => {
    const { unit, periods } = periodsOf([day('2023-01-31', 1), day('2026-02-28', 1)])
    expect(unit).toBe('month')
    expect(periods).toHaveLength(38)
    expect(periods[0]!.start).toBe('2023-01-01')
    expect(periods.at(-1)).toMatchObject({ start: '2026-02-01', faces: 1 })
  })
})

describe('segmentsOf', () => {
  it('stacks what there is in the one order of expressions', () => {
    expect(segmentsOf(counts({ neutral: 2, angry: 1, happy: 3 }))).toEqual([
      { expression: 'angry', start: 0, length: 1 },
      { expression: 'happy', start: 1, length: 3 },
      { expression: 'neutral', start: 4, length: 2 },
    ])
  })
})

describe('csvOf', () => {
  it('quotes what needs it, ends lines as the RFC says and names its encoding', () => {
    const csv = csvOf({
      columns: ['Day', 'Faces, all'],
      rows: [
        ['2026-11-20', 3],
        ['say "x"', 0.5],
      ],
    })
    expect(csv).toBe('\uFEFFDay,"Faces, all"\r\n2026-11-20,3\r\n"say ""x""",0.5\r\n')
  })

  it('lets no text start a formula, and leaves numbers alone', () => {
    const csv = csvOf({ columns: ['=SUM(A1)', '@x'], rows: [['+1', -1]] })
    expect(csv).toBe("\uFEFF'=SUM(A1),'@x\r\n'+1,-1\r\n")
  })
})

describe('labelEvery', () => {
  it('leaves out as many labels as it must', () => {
    expect(labelEvery(7, 80, 40)).toBe(1)
    expect(labelEvery(24, 12, 24)).toBe(2)
    expect(labelEvery(62, 5, 58)).toBe(12)
  })
})

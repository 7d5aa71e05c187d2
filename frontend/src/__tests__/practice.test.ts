import { describe, expect, it } from 'vitest'

import { EXPRESSIONS, type Expression } from '../expressions'
import { needingWork, planRound, Rating } from '../practice'
import { aLiveFace, probabilitiesOf } from './live-fixtures'

describe('planRound', () => {
  it.each([3, 6, 10, 14])('asks for %i, each as often as any other, give or take one', (count) => {
    for (let seed = 0; seed < 50; seed += 1) {
      const plan = planRound(EXPRESSIONS, count)
      expect(plan).toHaveLength(count)
      const times = EXPRESSIONS.map((name) => plan.filter((one) => one === name).length)
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1)
      expect(plan.some((name, index) => name === plan[index + 1])).toBe(false)
    }
  })

  it('asks for the only one again and again, and for nothing where nothing is chosen', () => {
    expect(planRound(['sad'], 3)).toEqual(['sad', 'sad', 'sad'])
    expect(planRound([], 3)).toEqual([])
  })

  it('is in random order', () => {
    const orders = new Set(Array.from({ length: 40 }, () => planRound(EXPRESSIONS, 7).join()))
    expect(orders.size).toBeGreaterThan(20)
  })
})

describe('Rating', () => {
  /** Of somebody at 20 frames a second; `shown` tells the probability at a moment, or null. */
  function rate(shown: (time: number) => number | null, expression: Expression = 'sad') {
    const rating = new Rating(expression, 10)
    for (let step = 0; step < 100; step += 1) {
      const time = 10 + step / 20
      const probability = shown(step / 20)
      rating.add(
        probability === null
          ? null
          : aLiveFace({ probabilities: probabilitiesOf(expression, probability) }),
        time,
      )
    }
    return rating.result(15)!
  }

  it('gives all to whoever shows it all the time', () => {
    const round = rate(() => 1)
    expect(round.score).toBeCloseTo(1, 6)
    expect(round.held).toBeCloseTo(5, 6)
    expect(round).toMatchObject({ expression: 'sad', peak: 1, started: 10, ended: 15 })
  })

  it('gives nothing to whoever is not there', () => {
    expect(rate(() => null)).toMatchObject({ score: 0, held: 0, peak: 0 })
  })

  it('counts the longest stretch, and time without a face as nothing', () => {
    // Two seconds, a second away, one second, then nothing.
    const round = rate((time) => (time < 2 ? 0.9 : time < 3 ? null : time < 4 ? 0.9 : 0))
    expect(round.held).toBeGreaterThan(1.9)
    expect(round.held).toBeLessThan(2.3)
    expect(round.score).toBeGreaterThan(0.5)
    expect(round.score).toBeLessThan(0.62)
    expect(round.peak).toBeCloseTo(0.9, 2)
  })

  it('is fair where frames are slow, and counts none of before its time', () => {
    const rating = new Rating('happy', 10)
    rating.add(null, 9.8)
    for (const time of [10.9, 11.8, 12.9, 13.8, 14.9]) rating.add(aLiveFace(), time)
    expect(rating.result(15)!.score).toBeCloseTo(1, 6)
    expect(rating.result(15)!.held).toBeCloseTo(5, 6)
  })

  it('is not fooled by a single frame', () => {
    const round = rate((time) => (time >= 1 && time < 1.05 ? 1 : 0))
    expect(round.peak).toBeLessThan(0.2)
    expect(round.held).toBe(0)
  })

  it('does not make up what was shown while no answers came', () => {
    const rating = new Rating('happy', 0)
    rating.add(aLiveFace(), 0)
    rating.add(null, 2)
    rating.add(aLiveFace(), 9)
    expect(rating.result(10)!.held).toBeCloseTo(1.5, 6)
    // Answered for: 1.5 s with a face, 1.5 s without, and the last one with it again.
    expect(rating.result(10)!.score).toBeCloseTo(2.5 / 4, 6)
    expect(new Rating('happy', 3).result(8)).toBeNull()
  })
})

describe('needingWork', () => {
  it('names the weak, the weakest first, and none that was never practised', () => {
    expect(
      needingWork([
        { expression: 'happy', recent_mean: 0.9 },
        { expression: 'sad', recent_mean: 0.4 },
        { expression: 'fear', recent_mean: 0.1 },
        { expression: 'angry', recent_mean: null },
      ]),
    ).toEqual(['fear', 'sad'])
  })
})

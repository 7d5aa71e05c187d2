import { describe, expect, it } from 'vitest'

import { around, following, isWhole, panned, whole, zoomed } from '../timeline-view'

describe('the stretch of a film that a chart shows', () => {
  it('zooms around a moment that stays where it is', () => {
    expect(zoomed(whole(100), 0.5, 25, 100)).toEqual({ from: 12.5, to: 62.5 })
    expect(zoomed({ from: 12.5, to: 62.5 }, 0.5, 62.5, 100)).toEqual({ from: 37.5, to: 62.5 })
  })

  it('never leaves the film, nor becomes shorter than a second', () => {
    expect(zoomed({ from: 0, to: 10 }, 4, 10, 100)).toEqual({ from: 0, to: 40 })
    expect(zoomed({ from: 90, to: 100 }, 100, 95, 100)).toEqual(whole(100))
    const { from, to } = zoomed({ from: 10, to: 11.5 }, 0.1, 11, 100)
    expect(to - from).toBe(1)
    expect(zoomed(whole(0.4), 0.5, 0.2, 0.4)).toEqual(whole(0.4))
    expect(isWhole(whole(5), 5)).toBe(true)
    expect(isWhole({ from: 1, to: 5 }, 5)).toBe(false)
  })

  it('pans up to the ends', () => {
    expect(panned({ from: 10, to: 20 }, 5, 100)).toEqual({ from: 15, to: 25 })
    expect(panned({ from: 10, to: 20 }, -50, 100)).toEqual({ from: 0, to: 10 })
    expect(panned({ from: 85, to: 95 }, 50, 100)).toEqual({ from: 90, to: 100 })
  })

  it('turns the page when the film runs out of it, and stays otherwise', () => {
    const span = { from: 10, to: 20 }
    expect(following(span, 15, 100)).toBe(span)
    expect(following(span, 20.1, 100)).toEqual({ from: 20.1, to: 30.1 })
    expect(following(span, 60, 100)).toEqual({ from: 57.5, to: 67.5 })
    expect(following(span, 99.9, 100)).toEqual({ from: 90, to: 100 })
  })

  it('shows a segment with a little around it', () => {
    expect(around(10, 20, 100)).toEqual({ from: 9, to: 21 })
    expect(around(0, 10, 100)).toEqual({ from: 0, to: 12 })
  })
})

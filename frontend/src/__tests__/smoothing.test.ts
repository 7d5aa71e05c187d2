import { describe, expect, it } from 'vitest'

import { EXPRESSIONS } from '../expressions'
import { BoxEasing, ColourSlots, FaceSmoother, shareThrough } from '../smoothing'
import { aLiveFace, probabilitiesOf } from './live-fixtures'

const happy = aLiveFace({ probabilities: probabilitiesOf('happy') })
const sad = aLiveFace({ probabilities: probabilitiesOf('sad'), expression: 'sad' })

describe('FaceSmoother', () => {
  it('shows each frame as it is without a time constant', () => {
    const smoother = new FaceSmoother(0)
    smoother.update([happy], 0)
    const [face] = smoother.update([sad], 0.01)
    expect(face).toMatchObject({ expression: 'sad', probability: 1 })
  })

  it('lets 63 per cent of a change through after one time constant, however many frames', () => {
    for (const frames of [1, 7, 30]) {
      const smoother = new FaceSmoother(0.3)
      smoother.update([happy], 0)
      let face = happy
      for (let frame = 1; frame <= frames; frame += 1) {
        face = smoother.update([sad], (0.3 * frame) / frames)[0]!
      }
      expect(face.probabilities.sad).toBeCloseTo(1 - Math.exp(-1), 6)
      const sum = EXPRESSIONS.reduce((all, name) => all + face.probabilities[name], 0)
      expect(sum).toBeCloseTo(1, 9)
    }
  })

  it('names the expression that is strongest once smoothed', () => {
    const smoother = new FaceSmoother(1)
    smoother.update([happy], 0)
    expect(smoother.update([sad], 0.1)[0]).toMatchObject({ expression: 'happy' })
    expect(smoother.update([sad], 2)[0]).toMatchObject({ expression: 'sad' })
  })

  it('smooths each track for itself, however far apart its frames are', () => {
    const smoother = new FaceSmoother(1)
    smoother.update([happy, { ...sad, track: 2 }], 0)
    const [first, second] = smoother.update([happy, { ...sad, track: 2 }], 0.1)
    expect(first!.probabilities.happy).toBe(1)
    expect(second!.probabilities.sad).toBe(1)
    expect(smoother.update([sad], 1.1)[0]!.probabilities.sad).toBeCloseTo(1 - Math.exp(-1), 6)
    // A number that comes back after long is another's.
    smoother.update([], 9)
    expect(smoother.update([happy], 9.1)[0]!.probabilities.happy).toBe(1)
  })
})

describe('shareThrough', () => {
  it('never goes back or beyond', () => {
    expect(shareThrough(-1, 0.3)).toBe(0)
    expect(shareThrough(100, 0.3)).toBeCloseTo(1)
    expect(shareThrough(0, 0)).toBe(1)
  })
})

describe('BoxEasing', () => {
  const at = (x: number) => ({ track: 1, box: { x, y: 0, width: 10, height: 10 } })

  it('stands at once where a face appears, and glides where it moves', () => {
    const easing = new BoxEasing()
    easing.aim([at(0)], 0)
    expect(easing.step(0)[0]).toMatchObject({ box: { x: 0 }, opacity: 1 })
    easing.aim([at(100)], 0)
    const middle = easing.step(0.05)[0]!.box.x
    expect(middle).toBeGreaterThan(20)
    expect(middle).toBeLessThan(80)
    easing.aim([at(100)], 0.5)
    expect(easing.step(0.5)[0]!.box.x).toBeCloseTo(100, 0)
  })

  it('keeps the box while answers are slow, but not for ever', () => {
    const easing = new BoxEasing()
    easing.aim([at(0)], 0)
    expect(easing.step(2)[0]!.opacity).toBe(1)
    expect(easing.step(5)).toEqual([])
  })

  it('keeps the box of a face that is missing for a frame, then fades it', () => {
    const easing = new BoxEasing()
    easing.aim([at(0)], -1)
    easing.aim([], 0)
    expect(easing.step(0.2)[0]!.opacity).toBe(1)
    const fading = easing.step(0.35)[0]!.opacity
    expect(fading).toBeGreaterThan(0)
    expect(fading).toBeLessThan(1)
    expect(easing.step(0.6)).toEqual([])
  })
})

describe('ColourSlots', () => {
  it('gives each face its own, and keeps it while the face is away for a moment', () => {
    const slots = new ColourSlots()
    expect([...slots.assign([7, 9], 0)]).toEqual([
      [7, 0],
      [9, 1],
    ])
    expect(slots.assign([9], 0.3).get(9)).toBe(1)
    expect(slots.assign([7, 9], 0.4).get(7)).toBe(0)
    // Long gone: a new face takes the colour that is free.
    expect(slots.assign([9], 3).has(7)).toBe(false)
    expect(slots.assign([9, 12], 3.1).get(12)).toBe(0)
  })
})

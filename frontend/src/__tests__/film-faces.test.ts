import { describe, expect, it } from 'vitest'

import {
  coursesOf,
  faceAt,
  facesAt,
  placeOf,
  smoothedCourse,
  trackOf,
  usualStep,
} from '../film-faces'
import type { SampleColumns } from '../live-api'

const HAPPY = [0, 0, 0, 1, 0, 0, 0]
const SAD = [0, 0, 0, 0, 1, 0, 0]

/** Samples of tracks at times; the box's x is ten times the time. */
function columns(samples: [number, number, number[]?][]): SampleColumns {
  return {
    times: samples.map(([time]) => time),
    tracks: samples.map(([, track]) => track),
    boxes: samples.map(([time]) => [10 * time, 20, 30, 40]),
    probabilities: samples.map(([, , values]) => values ?? HAPPY),
    quality: samples.map(() => 1),
    uncertain: samples.map(() => false),
    thinned: false,
  }
}

describe('coursesOf', () => {
  it('tells the faces apart', () => {
    const courses = coursesOf(
      columns([
        [0, 1],
        [0, 2],
        [0.2, 1],
      ]),
    )
    expect(courses.map(({ track, times }) => [track, times])).toEqual([
      [1, [0, 0.2]],
      [2, [0]],
    ])
  })
})

describe('placeOf', () => {
  it.each([
    [-1, -1],
    [0, 0],
    [0.9, 0],
    [2, 2],
    [9, 2],
  ])('finds the last time up to %d', (time, place) => expect(placeOf([0, 1, 2], time)).toBe(place))
})

describe('faceAt', () => {
  const [course] = coursesOf(
    columns([
      [1, 1, HAPPY],
      [1.2, 1, SAD],
      [5, 1, SAD],
    ]),
  )

  it('glides between samples', () => {
    expect(faceAt(course!, 1.05)).toMatchObject({ expression: 'happy', box: { y: 20, width: 30 } })
    expect(faceAt(course!, 1.05)!.box.x).toBeCloseTo(10.5)
    expect(faceAt(course!, 1.05)!.probability).toBeCloseTo(0.75)
    expect(faceAt(course!, 1.15)!.expression).toBe('sad')
  })

  it('is nowhere while the face is away, but for a moment at either end', () => {
    expect(faceAt(course!, 0.5)).toBeNull()
    expect(faceAt(course!, 0.9)!.box.x).toBe(10)
    expect(faceAt(course!, 1.4)!.box.x).toBe(12)
    expect(faceAt(course!, 3)).toBeNull()
    expect(faceAt(course!, 4.9)!.box.x).toBe(50)
    expect(faceAt(course!, 5)!.box.x).toBe(50)
    expect(faceAt(course!, 5.3)).toBeNull()
  })

  it('gives those that are there', () => {
    const courses = coursesOf(
      columns([
        [0, 1],
        [0.2, 1],
        [9, 2],
      ]),
    )
    expect(facesAt(courses, 0.1).map(({ track }) => track)).toEqual([1])
    expect(facesAt([], 0)).toEqual([])
  })
})

describe('smoothedCourse', () => {
  const [course] = coursesOf(
    columns([
      [0, 1, HAPPY],
      [0.5, 1, SAD],
      [1, 1, HAPPY],
    ]),
  )

  it('takes the mean over before and after, nearer samples counting for more', () => {
    const { probabilities } = smoothedCourse(course!, 0.5)
    // Weights exp(-1) and exp(-2) to both sides, worked out by hand.
    const near = Math.exp(-1)
    const far = Math.exp(-2)
    expect(probabilities[0]![3]).toBeCloseTo((1 + far) / (1 + near + far))
    expect(probabilities[1]![4]).toBeCloseTo(1 / (1 + 2 * near))
    for (const values of probabilities) {
      expect(values.reduce((sum, value) => sum + value)).toBeCloseTo(1)
    }
  })

  it('leaves them as they are without a time constant', () => {
    expect(smoothedCourse(course!, 0)).toBe(course)
  })
})

it('knows the usual step between samples, whatever gaps there are', () => {
  const [course] = coursesOf(
    columns([
      [0, 1],
      [0.2, 1],
      [0.4, 1],
      [7, 1],
      [7.2, 1],
    ]),
  )
  expect(usualStep(course!)).toBeCloseTo(0.2)
  expect(usualStep(coursesOf(columns([[0, 1]]))[0]!)).toBe(0)
})

it('describes a face of a film that is still being analysed', () => {
  const [course] = coursesOf(
    columns([
      [1, 2, HAPPY],
      [2, 2, SAD],
      [3, 2, SAD],
    ]),
  )
  expect(trackOf(course!)).toMatchObject({
    track: 2,
    first: 1,
    last: 3,
    samples: 3,
    color: 1,
    expression: 'sad',
  })
})

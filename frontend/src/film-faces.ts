/**
 * Where the faces of a film are and what they show at any of its times, from the samples stored.
 * Times in seconds, boxes in pixels of the film.
 */

import type { Box, Track } from './api'
import { EXPRESSIONS, type Expression } from './expressions'
import type { SampleColumns } from './live-api'
import type { Moment } from './timeline'

/** What one face shows, in the order of time. */
export interface Course {
  track: number
  times: number[]
  boxes: [number, number, number, number][]
  /** In the order of `EXPRESSIONS`. */
  probabilities: readonly number[][]
  uncertain: boolean[]
}

export interface FilmFace {
  track: number
  box: Box
  expression: Expression
  probability: number
  uncertain: boolean
}

/** A face is not looked at for every picture of the film; a longer gap means that it was away. */
const LONGEST_GAP = 1.25
const LONGEST_HOLD = 0.25

export function coursesOf(samples: SampleColumns): Course[] {
  const courses = new Map<number, Course & { probabilities: number[][] }>()
  samples.times.forEach((time, index) => {
    const track = samples.tracks[index]!
    if (!courses.has(track)) {
      courses.set(track, { track, times: [], boxes: [], probabilities: [], uncertain: [] })
    }
    const course = courses.get(track)!
    course.times.push(time)
    course.boxes.push(samples.boxes[index]!)
    course.probabilities.push(samples.probabilities[index]!)
    course.uncertain.push(samples.uncertain[index]!)
  })
  return [...courses.values()]
}

/** As the server smooths: means over before and after, weighted with exp(-|t| / constant). */
export function smoothedCourse(course: Course, constant: number): Course {
  const { times, probabilities } = course
  if (constant <= 0 || times.length < 2) return course
  const weighted = () => probabilities.map((values) => [...values, 1])
  const [before, after] = [weighted(), weighted()]
  const decay = (index: number) => Math.exp(-(times[index + 1]! - times[index]!) / constant)
  for (let index = 1; index < times.length; index += 1) {
    const share = decay(index - 1)
    before[index]!.forEach((_, at) => (before[index]![at]! += share * before[index - 1]![at]!))
  }
  for (let index = times.length - 2; index >= 0; index -= 1) {
    const share = decay(index)
    after[index]!.forEach((_, at) => (after[index]![at]! += share * after[index + 1]![at]!))
  }
  const smoothed = probabilities.map((values, index) => {
    const weight = before[index]!.at(-1)! + after[index]!.at(-1)! - 1
    return values.map((value, at) => (before[index]![at]! + after[index]![at]! - value) / weight)
  })
  return { ...course, probabilities: smoothed }
}

/** The place of the last time that is not after `time`; -1 where there is none. */
export function placeOf(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

function between(one: readonly number[], other: readonly number[], share: number): number[] {
  return one.map((value, index) => value + share * (other[index]! - value))
}

/** Null where the face is not in the film at that time. */
export function faceAt(course: Course, time: number): FilmFace | null {
  const { times, boxes, probabilities, uncertain } = course
  const before = placeOf(times, time)
  const gap = (times[before + 1] ?? Infinity) - (times[before] ?? -Infinity)
  let index = before
  let share = 0
  if (gap <= LONGEST_GAP) {
    share = gap > 0 ? (time - times[before]!) / gap : 0
  } else {
    const sinceLast = time - (times[before] ?? -Infinity)
    const untilNext = (times[before + 1] ?? Infinity) - time
    if (Math.min(sinceLast, untilNext) > LONGEST_HOLD) return null
    if (untilNext < sinceLast) index = before + 1
  }
  const next = share > 0 ? index + 1 : index
  const [x, y, width, height] = between(boxes[index]!, boxes[next]!, share) as [
    number,
    number,
    number,
    number,
  ]
  const values = between(probabilities[index]!, probabilities[next]!, share)
  const probability = Math.max(...values)
  return {
    track: course.track,
    box: { x, y, width, height },
    expression: EXPRESSIONS[values.indexOf(probability)]!,
    probability,
    uncertain: uncertain[share < 0.5 ? index : next]!,
  }
}

export function facesAt(courses: readonly Course[], time: number): FilmFace[] {
  return courses.flatMap((course) => faceAt(course, time) ?? [])
}

export function momentsOf({ times, probabilities }: Course): Moment[] {
  return times.map((time, index) => ({ time, probabilities: probabilities[index]! }))
}

/** How far apart samples usually are; 0 where there are too few to tell. */
export function usualStep({ times }: Course): number {
  const steps = times.slice(1).map((time, index) => time - times[index]!)
  steps.sort((one, other) => one - other)
  return steps[steps.length >> 1] ?? 0
}

/** As the server lists it once the film is analysed. */
export function trackOf(course: Course): Track {
  const { track, times } = course
  const means = EXPRESSIONS.map((_, at) =>
    course.probabilities.reduce((sum, values) => sum + values[at]!, 0),
  )
  return {
    track,
    name: '',
    hidden: false,
    color: Math.max(0, track - 1),
    merged: [],
    first: times[0]!,
    last: times.at(-1)!,
    samples: times.length,
    expression: EXPRESSIONS[means.indexOf(Math.max(...means))]!,
  }
}

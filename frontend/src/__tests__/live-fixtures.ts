import { EXPRESSIONS, type Expression } from '../expressions'
import type { FrameAnswer, LiveFace, Sample } from '../live-api'

/** All of the probability on one expression, or what is left of it on neutral. */
export function probabilitiesOf(expression: Expression, probability = 1) {
  const all = Object.fromEntries(EXPRESSIONS.map((name) => [name, 0])) as Record<Expression, number>
  all.neutral = 1 - probability
  all[expression] += probability
  return all
}

export function aLiveFace(changes: Partial<LiveFace> = {}): LiveFace {
  return {
    track: 1,
    box: { x: 100, y: 80, width: 120, height: 120 },
    expression: 'happy',
    probability: 1,
    probabilities: probabilitiesOf('happy'),
    quality: 0.9,
    quality_issues: [],
    uncertain: false,
    ...changes,
  }
}

export function anAnswer(changes: Partial<FrameAnswer> = {}): FrameAnswer {
  return {
    time: 0,
    width: 640,
    height: 480,
    detected: true,
    faces: [aLiveFace()],
    timings: { wait: 0, decode: 2, detect: 10, classify: 5, total: 18 },
    ...changes,
  }
}

export function aSample(time: number): Sample {
  return {
    time,
    track: 1,
    box: [1, 2, 3, 4],
    probabilities: [0, 0, 0, 1, 0, 0, 0],
    quality: 1,
    uncertain: false,
  }
}

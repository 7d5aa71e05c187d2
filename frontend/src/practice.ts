/** Practice: which expressions are asked for, what each looks like, and how well it was shown. */

import type { Expression } from './expressions'
import type { PracticeRound } from './api'
import { FaceSmoother, TIME_CONSTANTS } from './smoothing'
import type { LiveFace } from './live-api'

/**
 * The action units of the prototype of each expression, after P. Ekman, W. V. Friesen and
 * J. C. Hager: Facial Action Coding System, Investigator's Guide (2002), and W. V. Friesen and
 * P. Ekman: EMFACS-7: Emotional Facial Action Coding System (1983). The texts at `camera.cues` say them in plain words, and the drawings in
 * `ExpressionDrawing.vue` show them. 1 inner brow raiser, 2 outer brow raiser, 4 brow lowerer,
 * 5 upper lid raiser, 6 cheek raiser, 7 lid tightener, 9 nose wrinkler, 12 lip corner puller,
 * 15 lip corner depressor, 16 lower lip depressor, 20 lip stretcher, 23 lip tightener, 26 jaw drop.
 */
export const ACTION_UNITS: Record<Expression, readonly number[]> = {
  angry: [4, 5, 7, 23],
  disgust: [9, 15, 16],
  fear: [1, 2, 4, 5, 7, 20, 26],
  happy: [6, 12],
  sad: [1, 4, 15],
  surprise: [1, 2, 5, 26],
  neutral: [],
}

export const CUE_PLACES = ['brows', 'eyes', 'mouth'] as const

export const COUNTDOWN_SECONDS = 3
/** How long an expression is to be shown. */
export const SHOW_SECONDS = 5
/** From this probability on it counts as held. */
export const HELD_FROM = 0.5
/** An answer speaks for the time until the next one, but for no longer than this. */
const LONGEST_GAP_SECONDS = 1.5

export const ROUND_LENGTHS = [3, 6, 10] as const

/**
 * `count` of the chosen expressions in random order: each comes as often as any other, give or take
 * one, and none twice in a row where there are several.
 */
export function planRound(
  chosen: readonly Expression[],
  count: number,
  random: () => number = Math.random,
): Expression[] {
  const plan: Expression[] = []
  while (chosen.length > 0 && plan.length < count) {
    const deck = [...chosen]
    for (let index = deck.length - 1; index > 0; index -= 1) {
      const other = Math.floor(random() * (index + 1))
      ;[deck[index], deck[other]] = [deck[other]!, deck[index]!]
    }
    if (deck.length > 1 && deck[0] === plan.at(-1)) deck.push(deck.shift()!)
    plan.push(...deck)
  }
  return plan.slice(0, count)
}

/** Rates one expression over the time it is to be shown; times in seconds. */
export class Rating {
  private readonly smoother = new FaceSmoother(TIME_CONSTANTS.little)
  private readonly points: { time: number; probability: number }[] = []

  constructor(
    readonly expression: Expression,
    readonly started: number,
  ) {}

  /** Of the face that practises, or null where none is seen. Gives its smoothed probability. */
  add(face: LiveFace | null, time: number): number {
    const [smoothed] = face === null ? [] : this.smoother.update([face], time)
    const probability = smoothed?.probabilities[this.expression] ?? 0
    // What the camera saw before it was time does not count.
    if (time >= this.started) this.points.push({ time, probability })
    return probability
  }

  /**
   * `score` is the mean over the time for which there are answers; those without a face count as 0.
   * `held` is the longest stretch at `HELD_FROM` or above. Null without any answer: nobody knows.
   */
  result(ended: number): PracticeRound | null {
    if (this.points.length === 0) return null
    let [sum, known, held, stretch] = [0, 0, 0, 0]
    this.points.forEach(({ time, probability }, index) => {
      const next = this.points[index + 1]?.time ?? ended
      // The first speaks for the time before it as well.
      const before = index === 0 ? Math.min(time - this.started, LONGEST_GAP_SECONDS) : 0
      const seconds = before + Math.max(0, Math.min(next - time, LONGEST_GAP_SECONDS))
      sum += probability * seconds
      known += seconds
      stretch = probability >= HELD_FROM ? stretch + seconds : 0
      held = Math.max(held, stretch)
    })
    return {
      expression: this.expression,
      score: known > 0 ? Math.min(1, sum / known) : 0,
      held,
      peak: Math.max(0, ...this.points.map(({ probability }) => probability)),
      started: this.started,
      ended,
    }
  }
}

export function meanScore(rounds: readonly PracticeRound[]): number {
  return rounds.length === 0 ? 0 : rounds.reduce((sum, { score }) => sum + score, 0) / rounds.length
}

/** At or above it an expression needs no work. */
export const GOOD_SCORE = 0.6

/** Those that need work, the weakest first; what was never practised is no weakness. */
export function needingWork(
  scores: readonly { expression: Expression; recent_mean: number | null }[],
): Expression[] {
  return scores
    .filter((one): one is typeof one & { recent_mean: number } => one.recent_mean !== null)
    .filter(({ recent_mean }) => recent_mean < GOOD_SCORE)
    .sort((a, b) => a.recent_mean - b.recent_mean)
    .map(({ expression }) => expression)
}

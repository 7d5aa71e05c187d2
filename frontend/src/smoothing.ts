/** What jumps from frame to frame, made steady: probabilities over time, boxes on the screen. */

import type { Box } from './api'
import { EXPRESSIONS, type Expression } from './expressions'
import type { LiveFace } from './live-api'

export const SMOOTHINGS = ['none', 'little', 'much'] as const

export type Smoothing = (typeof SMOOTHINGS)[number]

/** In seconds: after this long a change has come through by 63 per cent. */
export const TIME_CONSTANTS: Record<Smoothing, number> = { none: 0, little: 0.3, much: 1 }

/** In seconds. The server gives a face that was away for longer another number. */
const AWAY_AFTER = 0.5
/** In seconds: long enough for any number that may still come back. */
const FORGOTTEN_AFTER = 5

/** How much of a change comes through within `elapsed` seconds. */
export function shareThrough(elapsed: number, timeConstant: number): number {
  return timeConstant <= 0 ? 1 : 1 - Math.exp(-Math.max(0, elapsed) / timeConstant)
}

function strongestOf(probabilities: Record<Expression, number>): Expression {
  return EXPRESSIONS.reduce((best, name) =>
    probabilities[name] > probabilities[best] ? name : best,
  )
}

interface Course {
  time: number
  probabilities: Record<Expression, number>
}

/** Exponential smoothing of the probabilities of each track; they still add up to 1. */
export class FaceSmoother {
  private readonly courses = new Map<number, Course>()

  constructor(public timeConstant: number) {}

  update(faces: readonly LiveFace[], time: number): LiveFace[] {
    const smoothed = faces.map((face) => this.smooth(face, time))
    for (const [track, course] of this.courses) {
      if (time - course.time > FORGOTTEN_AFTER) this.courses.delete(track)
    }
    return smoothed
  }

  private smooth(face: LiveFace, time: number): LiveFace {
    const before = this.courses.get(face.track)
    const share = before ? shareThrough(time - before.time, this.timeConstant) : 1
    const probabilities = Object.fromEntries(
      EXPRESSIONS.map((name) => {
        const target = face.probabilities[name]
        const old = before ? before.probabilities[name] : target
        return [name, old + share * (target - old)]
      }),
    ) as Record<Expression, number>
    this.courses.set(face.track, { time, probabilities })
    const expression = strongestOf(probabilities)
    return { ...face, probabilities, expression, probability: probabilities[expression] }
  }
}

/** In seconds; short enough that a box does not swim behind its face. */
const BOX_TIME_CONSTANT = 0.06
/** A face that is missing in an answer or two keeps its box for so long. */
const SHOWN_WITHOUT_FACE = 0.25
/** Answers may be slow; but what is older is not what the camera sees. */
const SHOWN_WITHOUT_ANSWER = 3
const FADE_SECONDS = 0.2

export interface DrawnBox {
  track: number
  box: Box
  /** From 0 to 1. */
  opacity: number
}

interface Followed {
  target: Box
  shown: Box
  seenAt: number
  /** Since when answers come without it; null as long as it is in them. */
  missingSince: number | null
}

/** Boxes that glide to where their faces are, however seldom they are told. Times in seconds. */
export class BoxEasing {
  private readonly followed = new Map<number, Followed>()
  private steppedAt = 0

  /** Where the faces are now. */
  aim(faces: readonly Pick<LiveFace, 'track' | 'box'>[], now: number): void {
    for (const { track, box } of faces) {
      const known = this.followed.get(track)
      const seen = { target: box, seenAt: now, missingSince: null }
      if (known) Object.assign(known, seen)
      else this.followed.set(track, { ...seen, shown: { ...box } })
    }
    for (const one of this.followed.values()) {
      if (one.seenAt !== now) one.missingSince ??= now
    }
  }

  /** What is to be drawn now. */
  step(now: number): DrawnBox[] {
    const share = shareThrough(now - this.steppedAt, BOX_TIME_CONSTANT)
    this.steppedAt = now
    return [...this.followed].flatMap(([track, one]) => {
      const missing = Math.max(
        one.missingSince === null ? 0 : now - one.missingSince,
        now - one.seenAt - SHOWN_WITHOUT_ANSWER,
      )
      if (missing > SHOWN_WITHOUT_FACE + FADE_SECONDS) {
        this.followed.delete(track)
        return []
      }
      for (const side of ['x', 'y', 'width', 'height'] as const) {
        one.shown[side] += share * (one.target[side] - one.shown[side])
      }
      const opacity = Math.min(1, 1 - (missing - SHOWN_WITHOUT_FACE) / FADE_SECONDS)
      return [{ track, box: { ...one.shown }, opacity }]
    })
  }
}

/** Gives each track the lowest colour that no other has, for as long as it is seen. */
export class ColourSlots {
  private readonly slots = new Map<number, { slot: number; seenAt: number }>()

  /** For each track in order, the number of its colour. */
  assign(tracks: readonly number[], now: number): Map<number, number> {
    for (const [track, { seenAt }] of this.slots) {
      if (now - seenAt > AWAY_AFTER && !tracks.includes(track)) this.slots.delete(track)
    }
    for (const track of tracks) {
      const taken = new Set([...this.slots.values()].map(({ slot }) => slot))
      let slot = this.slots.get(track)?.slot ?? 0
      if (!this.slots.has(track)) while (taken.has(slot)) slot += 1
      this.slots.set(track, { slot, seenAt: now })
    }
    return new Map([...this.slots].map(([track, { slot }]) => [track, slot]))
  }
}

/** Parts of a film that a person names, and what is shown in them. Times in seconds. */

import type { Segment } from './api'
import type { Expression } from './expressions'
import type { SegmentFigures } from './film-api'
import { formatClock } from './timeline'

/** Shorter ones have no sample in them. */
export const SHORTEST_SEGMENT = 0.1

/** As on a clock with thousandths, where there are any: 0:07.5, 1:02:03. */
export function formatTime(seconds: number): string {
  const thousandths = Math.round(Math.max(0, seconds) * 1000)
  const fraction = String(thousandths % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '')
  const clock = formatClock(Math.floor(thousandths / 1000))
  return fraction === '' ? clock : `${clock}.${fraction}`
}

/** What a person writes: seconds, m:ss or h:mm:ss, with a fraction; null where it is no time. */
export function parseTime(text: string): number | null {
  const match = /^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:[.,]\d+)?)$/.exec(text.trim())
  if (match === null) return null
  const [, hours, minutes, seconds] = match
  const value = Number(seconds!.replace(',', '.'))
  if (minutes !== undefined && value >= 60) return null
  if (hours !== undefined && Number(minutes) >= 60) return null
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + value
}

export function inOrder(segments: readonly Segment[]): Segment[] {
  return [...segments].sort((one, other) => one.start - other.start || one.end - other.end)
}

/** From the earlier to the later of two moments; null where they are too close. */
export function segmentBetween(
  one: number,
  other: number,
  name: string,
  duration: number,
): Segment | null {
  const rounded = (time: number) => Math.round(Math.min(Math.max(time, 0), duration) * 1000) / 1000
  const [start, end] = [rounded(Math.min(one, other)), rounded(Math.max(one, other))]
  return end - start < SHORTEST_SEGMENT ? null : { name, start, end }
}

export const MEASURES = ['shares', 'mean', 'peak'] as const

export type Measure = (typeof MEASURES)[number]

/** Null where there was no sample to rely on. */
export function valueOf(
  figures: SegmentFigures,
  measure: Measure,
  expression: Expression,
): number | null {
  if (measure === 'peak') return figures.peak?.[expression].value ?? null
  return figures[measure]?.[expression] ?? null
}

/** All faces together, in a segment or, by null, in the whole film; undefined where none is seen. */
export function figuresOf(
  all: readonly SegmentFigures[],
  id: string | null,
): SegmentFigures | undefined {
  return all.find((one) => one.id === id && one.track === null && one.shares !== null)
}

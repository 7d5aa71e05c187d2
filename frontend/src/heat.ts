/** The picture and the words of what an answer rests on. */

import { EXPRESSION_LABELS } from './expressions'
import type { Explanation } from './api'
import { t } from './i18n'

/** A map whose largest drop is below this is not stretched to the full scale: it would be noise. */
const FAINT = 0.05
/** The share of all drops that makes a part of the face the one that matters most. */
const MOSTLY = 0.5

/** From less to more: matplotlib's inferno, whose lightness alone tells its values apart. */
const RAMP = [
  [0, 0, 4],
  [51, 10, 95],
  [120, 28, 109],
  [187, 55, 84],
  [237, 105, 37],
  [252, 181, 25],
  [252, 255, 164],
] as const

/** The face stays to be seen under the map, most of all where nothing matters. */
function opacityAt(share: number): number {
  return 0.4 + 0.3 * share
}

/** The map's key from less to more, to lie over a middle grey. */
export const RAMP_GRADIENT = `linear-gradient(90deg, ${RAMP.map(
  (rgb, step) => `rgb(${rgb.join(' ')} / ${opacityAt(step / (RAMP.length - 1))})`,
).join(', ')})`

/** The largest drop in probability that covering a place causes; 0 where none does. */
export function largestDrop({ values }: Explanation): number {
  return Math.max(0, ...values.flat())
}

/** The weights of four neighbours in a cubic B-spline, `t` of the way from the second to the third. */
function splineWeights(t: number): [number, number, number, number] {
  return [
    (1 - t) ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6,
    t ** 3 / 6,
  ]
}

/** A row of cells at `length` evenly spaced places. */
function smoothed(cells: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => {
    const place = ((index + 0.5) * cells.length) / length - 0.5
    const before = Math.floor(place)
    return splineWeights(place - before).reduce((sum, weight, step) => {
      const cell = Math.min(Math.max(before - 1 + step, 0), cells.length - 1)
      return sum + weight * cells[cell]!
    }, 0)
  })
}

function transposed(rows: readonly (readonly number[])[]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!))
}

/** `share` lies in [0, 1]. */
function colourAt(share: number): number[] {
  const place = share * (RAMP.length - 1)
  const below = Math.min(Math.floor(place), RAMP.length - 2)
  return RAMP[below]!.map(
    (from, channel) => from + (place - below) * (RAMP[below + 1]![channel]! - from),
  )
}

/** The map as (side, side) RGBA pixels to lie over a face; what is below 0 looks like 0. */
export function heatPixels(explanation: Explanation, side: number): Uint8ClampedArray<ArrayBuffer> {
  const wide = explanation.values.map((row) => smoothed(row, side))
  const heat = transposed(transposed(wide).map((column) => smoothed(column, side))).flat()
  const strength = Math.min(largestDrop(explanation) / FAINT, 1)
  const full = Math.max(...heat, Number.MIN_VALUE)
  const pixels = new Uint8ClampedArray(side * side * 4)
  heat.forEach((value, index) => {
    // Without any drop, `full` is next to nothing, and the quotient may be infinite.
    const share = strength > 0 ? Math.min(Math.max((value / full) * strength, 0), 1) : 0
    pixels.set([...colourAt(share), 255 * opacityAt(share)], index * 4)
  })
  return pixels
}

interface Band<Name> {
  /** As a share of the face, from above or from the left. */
  end: number
  name: Name
}

const HEIGHTS: readonly Band<'upper' | 'middle' | 'lower'>[] = [
  { end: 5 / 12, name: 'upper' },
  { end: 7 / 12, name: 'middle' },
  { end: 1, name: 'lower' },
]
const SIDES: readonly Band<'left' | 'centre' | 'right'>[] = [
  { end: 1 / 3, name: 'left' },
  { end: 2 / 3, name: 'centre' },
  { end: 1, name: 'right' },
]

/** The name of the band that holds most of the drops, if one does. */
function mainBand<Name>(
  rows: readonly (readonly number[])[],
  bands: readonly Band<Name>[],
): Name | undefined {
  const weights = rows.map((row) => row.reduce((sum, value) => sum + Math.max(value, 0), 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let start = 0
  for (const { end, name } of bands) {
    const inside = weights.filter((_, index) => {
      const centre = (index + 0.5) / weights.length
      return centre > start && centre <= end
    })
    if (inside.reduce((sum, weight) => sum + weight, 0) > MOSTLY * total) return name
    start = end
  }
  return undefined
}

/** Where on the face the answer mostly rests, for those who do not see the map. */
export function placeInWords(explanation: Explanation): string {
  const expression = EXPRESSION_LABELS[explanation.expression]
  if (largestDrop(explanation) < FAINT / 2) return t('record.heat.nowhere', { expression })
  const side = mainBand(transposed(explanation.values), SIDES) ?? 'centre'
  const height = mainBand(explanation.values, HEIGHTS) ?? 'several'
  const where = t(`record.heat.${height}`)
  if (side === 'centre') return t('record.heat.rests', { expression, where })
  return t('record.heat.restsAside', { expression, where, side: t(`record.heat.${side}`) })
}

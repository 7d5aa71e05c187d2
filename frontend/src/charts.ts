/** What charts draw and tables list, worked out without a screen. */

import { EXPRESSIONS } from './expressions'
import type { Counts, Statistics } from './records-api'

/** More columns than that are too narrow to be told apart. */
const MOST_COLUMNS = 62

export interface ChartTable {
  columns: readonly string[]
  rows: readonly (readonly (string | number)[])[]
}

/** Round numbers from 0 to at least `largest`, about `count` steps. */
export function ticksOf(largest: number, count = 4): number[] {
  if (largest <= 0) return [0, 1]
  const rough = largest / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((step) => step * power >= rough) ?? 10
  // Faces are counted whole.
  const step = Math.max(1, factor * power)
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step)
}

export interface Period {
  /** Its first day, as `2026-11-20`. */
  start: string
  faces: number
  counts: Counts
}

export type PeriodUnit = 'day' | 'week' | 'month'

function noCounts(): Counts {
  return Object.fromEntries(EXPRESSIONS.map((name) => [name, 0])) as Counts
}

// Calendar days are counted in UTC, where every day has 24 hours.
function utc(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function startOf(day: string, unit: PeriodUnit): string {
  const date = utc(day)
  // Weeks begin on Monday (ISO 8601).
  if (unit === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  if (unit === 'month') date.setUTCDate(1)
  return dayOf(date)
}

function after(start: string, unit: PeriodUnit): string {
  const date = utc(start)
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() + 1)
  else date.setUTCDate(date.getUTCDate() + (unit === 'week' ? 7 : 1))
  return dayOf(date)
}

function startsBetween(first: string, last: string, unit: PeriodUnit): string[] {
  const starts = []
  for (let start = startOf(first, unit); start <= last; start = after(start, unit)) {
    starts.push(start)
  }
  return starts
}

/** The days, or where they are too many weeks or months; those without a face are there, too. */
export function periodsOf(days: Statistics['days']): { unit: PeriodUnit; periods: Period[] } {
  const first = days[0]?.date
  const last = days.at(-1)?.date
  if (first === undefined || last === undefined) return { unit: 'day', periods: [] }
  const unit =
    (['day', 'week'] as const).find(
      (candidate) => startsBetween(first, last, candidate).length <= MOST_COLUMNS,
    ) ?? 'month'
  const periods = new Map<string, Period>(
    startsBetween(first, last, unit).map((start) => [
      start,
      { start, faces: 0, counts: noCounts() },
    ]),
  )
  for (const { date, faces, counts } of days) {
    const period = periods.get(startOf(date, unit))!
    period.faces += faces
    EXPRESSIONS.forEach((name) => (period.counts[name] += counts[name]))
  }
  return { unit, periods: [...periods.values()] }
}

function csvCell(value: string | number): string {
  // A spreadsheet would take a text that begins so for a formula.
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : `${value}`
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** As RFC 4180 has it, with the mark by which spreadsheets know UTF-8. */
export function csvOf({ columns, rows }: ChartTable): string {
  const lines = [columns, ...rows].map((row) => row.map(csvCell).join(','))
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

export interface Segment {
  expression: (typeof EXPRESSIONS)[number]
  /** Where it starts and how long it is, in faces. */
  start: number
  length: number
}

/** The parts of a column from its foot upwards, those of nothing left out. */
export function segmentsOf(counts: Counts): Segment[] {
  let start = 0
  return EXPRESSIONS.flatMap((expression) => {
    const length = counts[expression]
    const segment = { expression, start, length }
    start += length
    return length > 0 ? [segment] : []
  })
}

/** Which of `count` labels there is room for: every so manieth, the first always. */
export function labelEvery(count: number, columnWidth: number, labelWidth: number): number {
  return count === 0 ? 1 : Math.max(1, Math.ceil(labelWidth / columnWidth))
}

/** In pixels. */
const LEGEND_ROW = 24
const LEGEND_ITEM = 104

function legendColumns(width: number): number {
  return Math.max(1, Math.floor(width / LEGEND_ITEM))
}

/** Of the seven expressions below a chart. */
export function legendHeight(width: number): number {
  return Math.ceil(EXPRESSIONS.length / legendColumns(width)) * LEGEND_ROW
}

/** Where the item at `index` stands. */
export function legendPlace(index: number, width: number): { x: number; y: number } {
  const columns = legendColumns(width)
  return { x: (index % columns) * LEGEND_ITEM, y: Math.floor(index / columns) * LEGEND_ROW }
}

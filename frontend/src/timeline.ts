/** Probabilities over time, as a chart draws them. Times in seconds. */

import { EXPRESSIONS, type Expression } from './expressions'

export interface Moment {
  time: number
  /** In the order of `EXPRESSIONS`. */
  probabilities: readonly number[]
}

export interface Bin {
  start: number
  end: number
  /** Means; null where nothing was seen. */
  probabilities: number[] | null
}

/** `count` equally long stretches of time, each with the mean of its moments. */
export function binsOf(moments: readonly Moment[], from: number, to: number, count: number): Bin[] {
  const width = (to - from) / count
  const sums = Array.from({ length: count }, () => EXPRESSIONS.map(() => 0))
  const counts = new Array<number>(count).fill(0)
  for (const { time, probabilities } of moments) {
    if (time < from || time > to || width <= 0) continue
    const index = Math.min(count - 1, Math.floor((time - from) / width))
    probabilities.forEach((value, at) => (sums[index]![at]! += value))
    counts[index]! += 1
  }
  return sums.map((sum, index) => ({
    start: from + index * width,
    end: from + (index + 1) * width,
    probabilities: counts[index] ? sum.map((value) => value / counts[index]!) : null,
  }))
}

/** As the server has it: a face that is away for less time counts as what it showed before. */
const BRIDGED_SECONDS = 1
/** Sums of fractions are not exact. */
const ROUNDING = 1e-6

/** Without the short gaps that slow answers leave. */
export function bridged(bins: readonly Bin[]): Bin[] {
  const result = bins.map((bin) => ({ ...bin }))
  let before = -1
  result.forEach(({ probabilities, start }, index) => {
    if (probabilities === null) return
    const last = result[before]
    if (last && start - last.end <= BRIDGED_SECONDS + ROUNDING) {
      for (let gap = before + 1; gap < index; gap += 1) {
        result[gap]!.probabilities = last.probabilities
      }
    }
    before = index
  })
  return result
}

/** So many that a bin is about as long as samples are apart, but never narrower than a pixel or two. */
export function binCount(samples: number, width: number): number {
  return Math.max(1, Math.min(samples, Math.floor(width / 2)))
}

export interface Area {
  expression: Expression
  /** For the `d` of a path. */
  path: string
}

/**
 * The seven areas, one on top of the other, from the first at the foot; broken where nothing was
 * seen. `x` takes seconds, `y` takes [0, 1].
 */
export function areasOf(
  bins: readonly Bin[],
  x: (time: number) => number,
  y: (share: number) => number,
): Area[] {
  const runs: Bin[][] = []
  bins.forEach((bin, index) => {
    if (bin.probabilities === null) return
    if (index > 0 && bins[index - 1]!.probabilities !== null) runs.at(-1)!.push(bin)
    else runs.push([bin])
  })
  const point = (time: number, share: number) => `${x(time).toFixed(1)} ${y(share).toFixed(1)}`
  return EXPRESSIONS.map((expression, index) => {
    const edge = (bin: Bin, upTo: number) =>
      Math.min(
        1,
        bin.probabilities!.slice(0, upTo).reduce((sum, value) => sum + value, 0),
      )
    const path = runs
      .map((run) => {
        // A bin is drawn at its middle; the ends of a run reach to the ends of their bins.
        const at = (upTo: number): [number, number][] => [
          [run[0]!.start, edge(run[0]!, upTo)],
          ...run.map((bin): [number, number] => [(bin.start + bin.end) / 2, edge(bin, upTo)]),
          [run.at(-1)!.end, edge(run.at(-1)!, upTo)],
        ]
        const upper = at(index + 1).map(([time, share]) => point(time, share))
        const lower = at(index)
          .reverse()
          .map(([time, share]) => point(time, share))
        return `M${[...upper, ...lower].join('L')}Z`
      })
      .join('')
    return { expression, path }
  })
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400]

/** Round moments from `from` to `to`, at most `most`. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1)!
  const first = Math.ceil(from / step) * step
  const count = Math.max(0, Math.floor((to - first) / step) + 1)
  return Array.from({ length: count }, (_, index) => first + index * step)
}

/** As on a clock: 0:07, 12:30, 1:02:03. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** What was shown most in a bin; null where nothing was seen. */
export function strongestIn({ probabilities }: Bin): Expression | null {
  if (probabilities === null) return null
  return EXPRESSIONS[probabilities.indexOf(Math.max(...probabilities))] ?? null
}

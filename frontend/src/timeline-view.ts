/** Which stretch of a film a chart shows. Times in seconds. */

export interface Span {
  from: number
  to: number
}

/** Nothing is to be seen in less. */
const SHORTEST = 1

function lengthOf({ from, to }: Span): number {
  return to - from
}

/** A stretch of this length from about there, moved so that it lies within the film. */
function within(from: number, length: number, duration: number): Span {
  const fitting = Math.min(Math.max(length, Math.min(SHORTEST, duration)), duration)
  const start = Math.min(Math.max(0, from), duration - fitting)
  return { from: start, to: start + fitting }
}

export function whole(duration: number): Span {
  return { from: 0, to: duration }
}

export function isWhole(span: Span, duration: number): boolean {
  return lengthOf(span) >= duration - 1e-6
}

/** Shows `factor` times as much; what is at `anchor` stays where it is. */
export function zoomed(span: Span, factor: number, anchor: number, duration: number): Span {
  const length = Math.min(duration, Math.max(lengthOf(span) * factor, SHORTEST))
  const at = Math.min(Math.max(anchor, span.from), span.to)
  const share = lengthOf(span) > 0 ? (at - span.from) / lengthOf(span) : 0
  return within(at - share * length, length, duration)
}

/** Moved by so many seconds. */
export function panned(span: Span, seconds: number, duration: number): Span {
  return within(span.from + seconds, lengthOf(span), duration)
}

/** Turned to the page that `time` is on, where it is not in sight. */
export function following(span: Span, time: number, duration: number): Span {
  if (time >= span.from && time <= span.to) return span
  // Played on, the cursor begins again at the left; jumped to, it has something before it.
  const isNextPage = time > span.to && time - span.to < lengthOf(span) / 2
  const from = isNextPage ? time : time - lengthOf(span) / 4
  return within(from, lengthOf(span), duration)
}

/** Shows this and a little around it. */
export function around(start: number, end: number, duration: number): Span {
  const margin = Math.max((end - start) * 0.1, 0.2)
  return within(start - margin, end - start + 2 * margin, duration)
}

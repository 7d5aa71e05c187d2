/**
 * The samples around the time that is played, loaded by stretches: a film of half an hour has tens
 * of thousands, of which a minute's are on the screen soon.
 */

import { coursesOf, type Course } from './film-faces'
import type { SampleColumns } from './live-api'

/** In seconds. */
export const WINDOW = 20
/** Beyond the ends of a stretch, so that faces glide and smooth over its edges. */
const MARGIN = 3
/** The next one is loaded so long before it is reached. */
const AHEAD = 8
const MOST_WINDOWS = 12

/** One that did not come is asked for again after so long, in milliseconds. */
export const AGAIN_MS = 3000

type Window = Course[] | 'loading' | { failedAt: number }

function isDue(window: Window): boolean {
  if (window === 'loading' || Array.isArray(window)) return false
  return Date.now() - window.failedAt >= AGAIN_MS
}

/** Without what was used longest ago. */
function trim(windows: Map<number, unknown>): void {
  for (const oldest of windows.keys()) {
    if (windows.size <= MOST_WINDOWS) break
    windows.delete(oldest)
  }
}

export class FilmWindows {
  private readonly windows = new Map<number, Window>()
  /** What was here before it was to be loaded anew, to be shown until then. */
  private readonly before = new Map<number, Course[]>()
  private generation = 0

  constructor(
    private readonly load: (start: number, end: number) => Promise<SampleColumns>,
    /** Called whenever a stretch is here, or did not come. */
    private readonly onChange: () => void,
  ) {}

  /** Has what is shown at `time`, and soon after, loaded. */
  want(time: number): void {
    this.ensure(time)
    this.ensure(time + AHEAD)
  }

  /** Null where they are not here yet. */
  around(time: number): Course[] | null {
    const index = this.indexOf(time)
    const window = this.windows.get(index)
    return Array.isArray(window) ? window : (this.before.get(index) ?? null)
  }

  /** The samples are others now: each stretch is loaded anew when it is wanted. */
  clear(): void {
    this.generation += 1
    for (const [index, window] of this.windows) {
      if (Array.isArray(window)) this.before.set(index, window)
    }
    trim(this.before)
    this.windows.clear()
  }

  private indexOf(time: number): number {
    return Math.max(0, Math.floor(time / WINDOW))
  }

  private ensure(time: number): void {
    const index = this.indexOf(time)
    const known = this.windows.get(index)
    if (known !== undefined && !isDue(known)) {
      // The one that was used last is the last to go.
      this.windows.delete(index)
      this.windows.set(index, known)
      return
    }
    this.windows.set(index, 'loading')
    trim(this.windows)
    void this.fetch(index)
  }

  private async fetch(index: number): Promise<void> {
    const { generation } = this
    let window: Window
    try {
      const start = index * WINDOW
      window = coursesOf(await this.load(start - MARGIN, start + WINDOW + MARGIN))
    } catch {
      window = { failedAt: Date.now() }
    }
    if (generation !== this.generation || !this.windows.has(index)) return
    this.windows.set(index, window)
    if (Array.isArray(window)) this.before.delete(index)
    this.onChange()
  }
}

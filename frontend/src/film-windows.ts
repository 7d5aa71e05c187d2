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

type Window = Course[] | 'loading' | 'failed'

export class FilmWindows {
  private readonly windows = new Map<number, Window>()
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
    const window = this.windows.get(this.indexOf(time))
    return Array.isArray(window) ? window : null
  }

  hasFailed(time: number): boolean {
    return this.windows.get(this.indexOf(time)) === 'failed'
  }

  /** Forgets all: the samples are others now, or what failed is to be tried again. */
  clear(): void {
    this.generation += 1
    this.windows.clear()
  }

  private indexOf(time: number): number {
    return Math.max(0, Math.floor(time / WINDOW))
  }

  private ensure(time: number): void {
    const index = this.indexOf(time)
    const known = this.windows.get(index)
    if (known !== undefined) {
      // The one that was used last is the last to go.
      this.windows.delete(index)
      this.windows.set(index, known)
      return
    }
    this.windows.set(index, 'loading')
    for (const oldest of this.windows.keys()) {
      if (this.windows.size <= MOST_WINDOWS) break
      this.windows.delete(oldest)
    }
    void this.fetch(index)
  }

  private async fetch(index: number): Promise<void> {
    const { generation } = this
    let window: Window
    try {
      const start = index * WINDOW
      window = coursesOf(await this.load(start - MARGIN, start + WINDOW + MARGIN))
    } catch {
      window = 'failed'
    }
    if (generation !== this.generation || !this.windows.has(index)) return
    this.windows.set(index, window)
    this.onChange()
  }
}

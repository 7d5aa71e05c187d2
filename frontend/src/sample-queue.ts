/**
 * Samples on their way to the server, in numbered batches. A batch keeps its number and its samples
 * until the server has acknowledged it, so that one whose answer got lost is sent again and written
 * once. What waits outlives a reload of the page.
 */

import { ApiError } from './api'
import type { Sample } from './live-api'
import { isTransient } from './polling'

/** Samples between two savings; so many may be lost when the browser crashes. */
const SAVED_EVERY = 20

export interface Batch {
  sequence: number
  samples: Sample[]
}

export interface QueueState {
  /** The number of the next batch. */
  next: number
  batches: Batch[]
  /** In no batch yet. */
  open: Sample[]
}

export interface QueueParts {
  send: (sequence: number, samples: readonly Sample[]) => Promise<{ next: number }>
  save: (state: QueueState) => void
  /** In one batch. */
  most: number
}

export class SampleQueue {
  private next: number
  private readonly batches: Batch[]
  private open: Sample[]
  private sinceSaved = 0
  private flushing: Promise<boolean> | null = null

  constructor(
    private readonly parts: QueueParts,
    state: QueueState = { next: 0, batches: [], open: [] },
  ) {
    this.next = state.next
    this.batches = [...state.batches]
    this.open = [...state.open]
  }

  /** How many the server has not acknowledged. */
  get waiting(): number {
    return this.batches.reduce((sum, { samples }) => sum + samples.length, this.open.length)
  }

  get state(): QueueState {
    return { next: this.next, batches: this.batches, open: this.open }
  }

  add(sample: Sample): void {
    this.open.push(sample)
    if (this.open.length >= this.parts.most) this.seal()
    this.sinceSaved += 1
    if (this.sinceSaved >= SAVED_EVERY) this.save()
  }

  save(): void {
    this.sinceSaved = 0
    this.parts.save(this.state)
  }

  /** Has the next flush send something, if only that there is nothing: the server then waits on. */
  touch(): void {
    if (this.waiting === 0) this.batches.push({ sequence: this.next++, samples: [] })
  }

  /** Resolves to whether nothing waits any more; throws what trying later would not mend. */
  flush(): Promise<boolean> {
    this.flushing ??= this.sendAll().finally(() => (this.flushing = null))
    return this.flushing
  }

  private seal(): void {
    if (this.open.length === 0) return
    this.batches.push({ sequence: this.next, samples: this.open })
    this.next += 1
    this.open = []
    this.save()
  }

  private async sendAll(): Promise<boolean> {
    this.seal()
    let renumbered = false
    for (let batch = this.batches[0]; batch; batch = this.batches[0]) {
      try {
        await this.parts.send(batch.sequence, batch.samples)
      } catch (error) {
        if (isTransient(error)) return false
        const wanted = error instanceof ApiError ? error.besides.next : undefined
        const isGap = error instanceof ApiError && error.code === 'sequence_gap'
        if (!isGap || wanted === undefined || renumbered) throw error
        // The server lost what it had acknowledged (a backup was restored, say): the rest follows on.
        this.batches.forEach((one, index) => (one.sequence = wanted + index))
        this.next = wanted + this.batches.length
        renumbered = true
        continue
      }
      this.batches.shift()
      this.save()
    }
    return true
  }
}

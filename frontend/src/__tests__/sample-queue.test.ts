import { describe, expect, it, vi } from 'vitest'

import { ApiError, OFFLINE } from '../api'
import type { Sample } from '../live-api'
import { SampleQueue, type QueueState } from '../sample-queue'
import { aSample } from './live-fixtures'

const offline = () => new ApiError(0, OFFLINE, 'unreachable')

/** Takes batches as the contract says: one that was taken is acknowledged, but written once. */
class Server {
  readonly written: number[] = []
  next = 0
  /** Each call takes one: the request is lost before it arrives, or its answer after. */
  faults: ('before' | 'after')[] = []
  calls = 0

  send = async (sequence: number, samples: readonly Sample[]) => {
    this.calls += 1
    const fault = this.faults.shift()
    if (fault === 'before') throw offline()
    if (sequence > this.next) {
      throw new ApiError(409, 'sequence_gap', 'gap', [], { next: this.next })
    }
    if (sequence === this.next) {
      this.written.push(...samples.map(({ time }) => time))
      this.next += 1
    }
    if (fault === 'after') throw offline()
    return { next: this.next }
  }
}

function queueOf(server: Server, state?: QueueState, most = 100) {
  const save = vi.fn()
  return { queue: new SampleQueue({ send: server.send, save, most }, state), save }
}

describe('SampleQueue', () => {
  it('sends what was added and keeps nothing of it', async () => {
    const server = new Server()
    const { queue } = queueOf(server)
    queue.add(aSample(1))
    queue.add(aSample(2))
    expect(queue.waiting).toBe(2)
    expect(await queue.flush()).toBe(true)
    expect(queue.waiting).toBe(0)
    expect(server.written).toEqual([1, 2])
    expect(await queue.flush()).toBe(true)
    expect(server.calls).toBe(1)
  })

  it('loses none and sends none twice over a connection that comes and goes', async () => {
    const server = new Server()
    const { queue } = queueOf(server)
    server.faults = ['before', 'after', 'before', 'after', 'before', 'before', 'after']
    const times = Array.from({ length: 40 }, (_, index) => index)
    for (const time of times) {
      queue.add(aSample(time))
      if (time % 4 === 0) await queue.flush()
    }
    while (!(await queue.flush()));
    expect(server.written).toEqual(times)
    expect(queue.waiting).toBe(0)
  })

  it('does not add to a batch whose answer is missing, for the server may have it', async () => {
    const server = new Server()
    const { queue } = queueOf(server)
    server.faults = ['after']
    queue.add(aSample(1))
    expect(await queue.flush()).toBe(false)
    queue.add(aSample(2))
    expect(await queue.flush()).toBe(true)
    expect(server.written).toEqual([1, 2])
  })

  it('makes batches no larger than the server takes', async () => {
    const server = new Server()
    const send = vi.spyOn(server, 'send')
    const { queue } = queueOf(server, undefined, 3)
    for (let time = 0; time < 7; time += 1) queue.add(aSample(time))
    await queue.flush()
    expect(send.mock.calls.map(([sequence, samples]) => [sequence, samples.length])).toEqual([
      [0, 3],
      [1, 3],
      [2, 1],
    ])
  })

  it('flushes once at a time', async () => {
    const server = new Server()
    const { queue } = queueOf(server)
    queue.add(aSample(1))
    await Promise.all([queue.flush(), queue.flush()])
    expect(server.calls).toBe(1)
  })

  it('outlives a reload, also in the middle of a batch', async () => {
    const server = new Server()
    const { queue, save } = queueOf(server)
    server.faults = ['after']
    queue.add(aSample(1))
    await queue.flush()
    queue.add(aSample(2))
    queue.save()
    const saved = JSON.parse(JSON.stringify(save.mock.lastCall![0])) as QueueState
    const { queue: later } = queueOf(server, saved)
    expect(later.waiting).toBe(2)
    later.add(aSample(3))
    expect(await later.flush()).toBe(true)
    expect(server.written).toEqual([1, 2, 3])
  })

  it('follows the server where it wants an earlier number', async () => {
    const server = new Server()
    const { queue } = queueOf(server, { next: 5, batches: [], open: [] })
    queue.add(aSample(1))
    expect(await queue.flush()).toBe(true)
    expect(server.written).toEqual([1])
  })

  it('tells what no later try would mend', async () => {
    const gone = new ApiError(404, 'not_found', 'gone')
    const queue = new SampleQueue({ send: () => Promise.reject(gone), save: () => {}, most: 10 })
    queue.add(aSample(1))
    await expect(queue.flush()).rejects.toBe(gone)
    expect(queue.waiting).toBe(1)
  })
})

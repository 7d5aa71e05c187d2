import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { storedRecording } from '../recordings'
import { useRecorder } from '../use-recorder'
import { aRecord, jsonResponse } from './fixtures'
import { aLiveFace } from './live-fixtures'

/** The server's side of one session, over fetch. */
class Server {
  isOnline = true
  samples: number[] = []
  next = 0
  picture = ''
  finished: Record<string, unknown> | null = null
  isGone = false
  dropped = false
  deleted: string[] = []

  fetch = vi.fn(async (path: string, options: RequestInit) => {
    if (!this.isOnline) throw new TypeError('Failed to fetch')
    if (this.isGone) return jsonResponse(404, { code: 'not_found', detail: 'Not found.' })
    if (path.endsWith('/samples/')) {
      const { sequence, samples } = JSON.parse(String(options.body))
      if (sequence === this.next) {
        this.samples.push(...samples.map(({ time }: { time: number }) => time))
        this.next += 1
      }
      return jsonResponse(200, { next: this.next })
    }
    if (path.endsWith('/picture/')) {
      this.picture = (options.body as Blob).type
      return jsonResponse(204, null)
    }
    if (path.endsWith('/finish/')) {
      this.finished = JSON.parse(String(options.body))
      return jsonResponse(201, aRecord({ id: 'made', kind: 'live' }))
    }
    if (path.endsWith('/records/delete/')) {
      this.deleted = JSON.parse(String(options.body)).ids
      return jsonResponse(200, { deleted: this.deleted })
    }
    this.dropped = options.method === 'DELETE'
    return jsonResponse(204, null)
  })
}

let server: Server

beforeEach(() => {
  vi.useFakeTimers()
  sessionStorage.clear()
  localStorage.clear()
  server = new Server()
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => vi.useRealTimers())

function aRecorder(kind: 'live' | 'practice' = 'live') {
  let recorder!: ReturnType<typeof useRecorder>
  const wrapper = mount(
    defineComponent(() => {
      recorder = useRecorder(kind)
      return () => h('p')
    }),
  )
  return { recorder, wrapper }
}

describe('useRecorder', () => {
  it('sends samples now and then, and makes a record in the end', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    for (const time of [1, 2, 3]) recorder.add(aLiveFace(), time)
    expect(recorder.waiting.value).toBe(3)
    await vi.advanceTimersByTimeAsync(2100)
    expect(server.samples).toEqual([1, 2, 3])
    expect(recorder.waiting.value).toBe(0)
    recorder.mark(2.5, 'the joke')
    recorder.add(aLiveFace(), 4)
    recorder.progress(5, { width: 640, height: 480 })
    recorder.stop()
    recorder.add(aLiveFace(), 6)
    const picture = new Blob(['x'], { type: 'image/jpeg' })
    expect(await recorder.finish(' An evening ', picture)).toMatchObject({ id: 'made' })
    expect(server.samples).toEqual([1, 2, 3, 4])
    expect(server.picture).toBe('image/jpeg')
    expect(server.finished).toEqual({
      kind: 'live',
      name: 'An evening',
      marks: [{ time: 2.5, label: 'the joke' }],
      duration: 5,
      width: 640,
      height: 480,
    })
    expect(recorder.state.value).toBe('idle')
    expect(storedRecording()).toBeNull()
  })

  it('waits for the connection, tells how many wait, and sends none twice', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.add(aLiveFace(), 1)
    server.isOnline = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(recorder.isOffline.value).toBe(true)
    recorder.add(aLiveFace(), 2)
    recorder.stop()
    const saving = recorder.finish('Later')
    await vi.advanceTimersByTimeAsync(30_000)
    expect(recorder.waiting.value).toBe(2)
    expect(recorder.state.value).toBe('saving')
    server.isOnline = true
    await vi.advanceTimersByTimeAsync(1500)
    expect(await saving).toMatchObject({ id: 'made' })
    expect(server.samples).toEqual([1, 2])
    expect(recorder.isOffline.value).toBe(false)
  })

  it('finds after a reload what was not saved, and saves it', async () => {
    const before = aRecorder()
    before.recorder.begin('session-1')
    before.recorder.add(aLiveFace(), 1)
    before.recorder.mark(0.5, 'start')
    before.recorder.progress(3, { width: 640, height: 480 })
    window.dispatchEvent(new Event('pagehide'))
    before.wrapper.unmount()

    expect(aRecorder('practice').recorder.unfinished.value).toBeNull()
    const { recorder } = aRecorder()
    expect(recorder.unfinished.value).toMatchObject({ id: 'session-1', duration: 3 })
    recorder.takeUp()
    expect(await recorder.finish('')).toMatchObject({ id: 'made' })
    expect(server.samples).toEqual([1])
    expect(server.finished).toMatchObject({ marks: [{ time: 0.5, label: 'start' }], duration: 3 })
  })

  it('offers nobody what somebody else left behind', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    const stored = storedRecording()!
    sessionStorage.setItem('camera-recording', JSON.stringify({ ...stored, owner: 99 }))
    expect(aRecorder().recorder.unfinished.value).toBeNull()
    expect(storedRecording()).toBeNull()
  })

  it('keeps nothing of what is discarded', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.add(aLiveFace(), 1)
    recorder.discard()
    await flushPromises()
    expect(server.dropped).toBe(true)
    expect(storedRecording()).toBeNull()
    expect(recorder.state.value).toBe('idle')
  })

  it('keeps nothing of what is discarded while it cannot be saved, and leaves the next be', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.add(aLiveFace(), 1)
    recorder.stop()
    server.isOnline = false
    const saving = recorder.finish('Never')
    await vi.advanceTimersByTimeAsync(2500)
    recorder.discard()
    recorder.begin('session-2')
    recorder.add(aLiveFace(), 2)
    await vi.advanceTimersByTimeAsync(5000)
    server.isOnline = true
    await vi.advanceTimersByTimeAsync(5000)
    expect(await saving).toBeNull()
    expect(server.finished).toBeNull()
    expect(recorder.state.value).toBe('recording')
    expect(recorder.sampleCount.value).toBe(1)
    expect(storedRecording()).toMatchObject({ id: 'session-2' })
    // The server is told as soon as there is a connection.
    expect(server.dropped).toBe(true)
  })

  it('deletes the record that the server made while it was discarded', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.stop()
    let answer: (response: Response) => void = () => {}
    server.fetch.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
    const saving = recorder.finish('Never')
    await vi.advanceTimersByTimeAsync(0)
    expect(server.fetch.mock.lastCall![0]).toContain('/live/session-1/finish/')
    recorder.discard()
    answer(jsonResponse(201, aRecord({ id: 'made', kind: 'live' })))
    await vi.advanceTimersByTimeAsync(0)
    expect(await saving).toBeNull()
    expect(server.deleted).toEqual(['made'])
  })

  it('tells the server of what was discarded when its page was closed meanwhile', async () => {
    localStorage.setItem('discarded-sessions', JSON.stringify([{ id: 'session-9', owner: 0 }]))
    aRecorder()
    await vi.advanceTimersByTimeAsync(0)
    expect(server.fetch.mock.calls.map(([path]) => path)).toEqual([
      expect.stringContaining('session-9'),
    ])
    expect(localStorage.getItem('discarded-sessions')).toBeNull()
  })

  it('is heard of during a long pause', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    await vi.advanceTimersByTimeAsync(200_000)
    expect(server.next).toBeGreaterThanOrEqual(3)
    expect(server.next).toBeLessThanOrEqual(4)
    expect(server.samples).toEqual([])
    recorder.add(aLiveFace(), 201)
    await vi.advanceTimersByTimeAsync(2100)
    expect(server.samples).toEqual([201])
  })

  it('tells that the server has closed the session', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.add(aLiveFace(), 1)
    recorder.stop()
    server.isGone = true
    expect(await recorder.finish('Too late')).toBeNull()
    expect(recorder.error.value).toContain('The server has closed this session')
    expect(recorder.state.value).toBe('idle')
  })

  it('lets one try again after any other refusal', async () => {
    const { recorder } = aRecorder()
    recorder.begin('session-1')
    recorder.stop()
    server.fetch.mockResolvedValueOnce(jsonResponse(400, { code: 'invalid', detail: 'Bad name.' }))
    expect(await recorder.finish('Bad')).toBeNull()
    expect(recorder.error.value).toBe('Bad name.')
    expect(recorder.state.value).toBe('stopped')
    expect(await recorder.finish('Good')).toMatchObject({ id: 'made' })
  })
})

import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiError, type Job, type PictureUpload, type RecordDetail } from '../api'
import type { FilmUpload } from '../film-upload'
import type { FollowOptions } from '../polling'
import { UploadQueue } from '../upload-queue'
import { aFile, aJob, aRecord } from './fixtures'

interface Pending<T> {
  resolve: (value: T) => void
  reject: (error: unknown) => void
}

const uploads: (PictureUpload & Pending<Job>)[] = []
const follows: (FollowOptions<Job> & Pending<Job>)[] = []

const services = {
  uploadPicture: vi.fn(
    (upload: PictureUpload) =>
      new Promise<Job>((resolve, reject) => uploads.push({ ...upload, resolve, reject })),
  ),
  followJob: vi.fn(
    (_id: string, options: FollowOptions<Job>) =>
      new Promise<Job>((resolve, reject) => follows.push({ ...options, resolve, reject })),
  ),
  getJob: vi.fn(async (_id: string): Promise<Job> => aJob({ state: 'failed' })),
  retryJob: vi.fn(async (_id: string): Promise<Job> => aJob()),
  getRecord: vi.fn(async (_id: string): Promise<RecordDetail> => aRecord()),
}

let queue: UploadQueue
const onSettled = vi.fn()

function at<T>(list: T[], index: number): T {
  return list[index] ?? expect.fail(`There is nothing at ${index}.`)
}

function stages(): string[] {
  return queue.items.map(({ stage }) => stage)
}

beforeEach(() => {
  uploads.length = 0
  follows.length = 0
  vi.clearAllMocks()
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:preview')
  vi.spyOn(URL, 'revokeObjectURL')
  queue = new UploadQueue(services, onSettled)
})

describe('UploadQueue', () => {
  it('names pictures after their files and waits for the start', () => {
    queue.add([aFile('two.dots.jpg'), aFile('.hidden')])
    expect(queue.items.map(({ name }) => name)).toEqual(['two.dots', '.hidden'])
    expect(stages()).toEqual(['ready', 'ready'])
    expect(services.uploadPicture).not.toHaveBeenCalled()
  })

  it('uploads two at a time, and the next when one has reached the server', async () => {
    queue.add([aFile('a.jpg'), aFile('b.jpg'), aFile('c.jpg')])
    queue.start()
    expect(stages()).toEqual(['uploading', 'uploading', 'waiting'])

    at(uploads, 0).resolve(aJob())
    await flushPromises()
    // The first still awaits its recognition, yet its place is free.
    expect(stages()).toEqual(['queued', 'uploading', 'uploading'])
    expect(uploads.map(({ file }) => file.name)).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  })

  it('shows the way of one picture from start to result', async () => {
    queue.add([aFile()])
    const item = at(queue.items, 0)
    item.name = '  Cat  '
    queue.start()
    expect(at(uploads, 0).name).toBe('Cat')
    at(uploads, 0).onProgress(0.4)
    expect(item).toMatchObject({ stage: 'uploading', progress: 0.4 })

    at(uploads, 0).resolve(aJob())
    await flushPromises()
    expect(item).toMatchObject({ stage: 'queued', progress: 0, recordId: 'record-1' })

    at(follows, 0).onUpdate(aJob({ state: 'running', progress: 0.7 }))
    expect(item).toMatchObject({ stage: 'running', progress: 0.7 })

    at(follows, 0).resolve(aJob({ state: 'done', progress: 1 }))
    await flushPromises()
    expect(item).toMatchObject({ stage: 'done', result: { expression: 'happy' } })
    expect(onSettled).toHaveBeenCalledExactlyOnceWith(item)
  })

  it('shows why an upload was refused, frees its place and uploads again on retry', async () => {
    queue.add([aFile('a.jpg'), aFile('b.jpg'), aFile('c.jpg')])
    queue.start()
    at(uploads, 0).reject(new ApiError(400, 'not_a_picture', 'This is not a picture.'))
    await flushPromises()
    const item = at(queue.items, 0)
    expect(item).toMatchObject({ stage: 'failed', error: 'This is not a picture.' })
    expect(stages()).toEqual(['failed', 'uploading', 'uploading'])

    queue.retry(item.id)
    expect(item).toMatchObject({ stage: 'waiting', error: '' })
    at(uploads, 1).resolve(aJob())
    await flushPromises()
    expect(stages()).toEqual(['uploading', 'queued', 'uploading'])
    expect(services.uploadPicture).toHaveBeenCalledTimes(4)
  })

  it('retries a failed recognition without uploading the picture again', async () => {
    queue.add([aFile()])
    queue.start()
    at(uploads, 0).resolve(aJob())
    await flushPromises()
    at(follows, 0).resolve(
      aJob({ state: 'failed', error: { code: 'timeout', detail: 'It took too long.' } }),
    )
    await flushPromises()
    const item = at(queue.items, 0)
    expect(item).toMatchObject({ stage: 'failed', error: 'It took too long.' })

    queue.retry(item.id)
    await flushPromises()
    expect(services.retryJob).toHaveBeenCalledExactlyOnceWith('job-1')
    expect(services.uploadPicture).toHaveBeenCalledOnce()
    expect(item.stage).toBe('queued')
  })

  it('goes on following where it was the connection that failed', async () => {
    queue.add([aFile()])
    queue.start()
    at(uploads, 0).resolve(aJob())
    await flushPromises()
    at(follows, 0).reject(new ApiError(0, 'offline', 'The server cannot be reached.'))
    await flushPromises()
    const item = at(queue.items, 0)
    expect(item.stage).toBe('failed')

    services.getJob.mockResolvedValueOnce(aJob({ state: 'done' }))
    queue.retry(item.id)
    await flushPromises()
    expect(services.retryJob).not.toHaveBeenCalled()
    at(follows, 1).resolve(aJob({ state: 'done' }))
    await flushPromises()
    expect(item).toMatchObject({ stage: 'done', result: { expression: 'happy' } })
  })

  it('shows the result although the server is away for a moment then', async () => {
    queue.add([aFile()])
    queue.start()
    at(uploads, 0).resolve(aJob())
    await flushPromises()
    services.getRecord.mockRejectedValueOnce(new ApiError(502, 'down', 'Down.'))
    at(follows, 0).resolve(aJob({ state: 'done' }))
    const item = at(queue.items, 0)
    await vi.waitFor(() => expect(item.result).toMatchObject({ expression: 'happy' }))
    expect(item).toMatchObject({ stage: 'done', error: '' })
    expect(onSettled).toHaveBeenCalledOnce()
  })

  it('cancels the upload of a removed picture, frees its preview and its place', async () => {
    queue.add([aFile('a.jpg'), aFile('b.jpg'), aFile('c.jpg')])
    queue.start()
    queue.remove(at(queue.items, 0).id)
    expect(at(uploads, 0).signal.aborted).toBe(true)
    expect(URL.revokeObjectURL).toHaveBeenCalledExactlyOnceWith('blob:preview')
    expect(stages()).toEqual(['uploading', 'uploading'])

    at(uploads, 0).reject(new DOMException('cancelled', 'AbortError'))
    await flushPromises()
    expect(onSettled).not.toHaveBeenCalled()
  })

  it('starts nothing new while it is cleared', () => {
    queue.add([aFile('a.jpg'), aFile('b.jpg'), aFile('c.jpg')])
    queue.start()
    queue.clear()
    expect(queue.items).toHaveLength(0)
    expect(services.uploadPicture).toHaveBeenCalledTimes(2)
    expect(URL.revokeObjectURL).toHaveBeenCalledTimes(3)
  })
})

describe('films in an UploadQueue', () => {
  const films = {
    uploadFilm: vi.fn(),
    dropFilm: vi.fn(async () => {}),
    pieceMaxBytes: 4,
  }
  let given: FilmUpload & Pending<Job>

  beforeEach(() => {
    films.uploadFilm.mockImplementation(
      (upload: FilmUpload) =>
        new Promise<Job>((resolve, reject) => (given = { ...upload, resolve, reject })),
    )
    queue = new UploadQueue(services, onSettled, films)
    queue.add([aFile('a.mp4', 'video/mp4')])
  })

  it('are sent in pieces, as often looked at as was chosen', async () => {
    queue.start({ rate: 2, purpose: 'art' })
    const item = at(queue.items, 0)
    expect(item.kind).toBe('film')
    expect(given).toMatchObject({ pieceMaxBytes: 4, choices: { rate: 2, purpose: 'art' } })
    given.onWaiting(true)
    expect(item.isWaiting).toBe(true)
    given.onWaiting(false)
    given.onProgress(0.5)
    expect(item).toMatchObject({ stage: 'uploading', progress: 0.5, isWaiting: false })

    given.resolve(aJob({ kind: 'film' }))
    await flushPromises()
    const film = { done_seconds: 3, duration: 9, frames: 75, faces: 2, seconds_left: 4 }
    at(follows, 0).onUpdate(aJob({ kind: 'film', state: 'running', progress: 0.3, film }))
    expect(item).toMatchObject({ stage: 'running', film })

    at(follows, 0).resolve(aJob({ kind: 'film', state: 'cancelled' }))
    await flushPromises()
    expect(item.stage).toBe('failed')
  })

  it('are deleted on the server when they are taken off the list', () => {
    queue.start()
    given.onStarted('film-1')
    queue.remove(at(queue.items, 0).id)
    expect(given.signal.aborted).toBe(true)
    expect(films.dropFilm).toHaveBeenCalledExactlyOnceWith('film-1')
  })

  it('stay on the server when the page is left, to go on later', () => {
    queue.start()
    given.onStarted('film-1')
    queue.clear()
    expect(given.signal.aborted).toBe(true)
    expect(films.dropFilm).not.toHaveBeenCalled()
  })
})

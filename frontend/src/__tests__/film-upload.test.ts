import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import * as api from '../api'
import { ApiError } from '../api'
import * as filmApi from '../film-api'
import type { Film } from '../film-api'
import { uploadFilm, type FilmUpload } from '../film-upload'
import { forgetUpload, rememberUpload, unfinishedFilms } from '../unfinished-films'
import { aJob } from './fixtures'

const CONTENT = '0123456789'
const OFFLINE = new ApiError(0, 'offline', 'Offline.')

/** A server that keeps what it gets; what `fail` returns goes wrong instead. */
class Server {
  bytes = ''
  film: Film | null = null
  requests: string[] = []
  fail: (request: string) => unknown = () => null
  /** What is wrong with the whole of it. */
  refusal: ApiError | null = null

  private async asked(request: string): Promise<void> {
    this.requests.push(request)
    const problem = this.fail(request)
    if (problem) throw problem
  }

  private known(): Film {
    if (!this.film) throw new ApiError(404, 'not_found', 'Gone.')
    return { ...this.film, offset: this.bytes.length }
  }

  async create(film: filmApi.NewFilm): Promise<Film> {
    await this.asked('create')
    this.bytes = ''
    this.film = { id: 'film-1', offset: 0, size: film.size, state: 'uploading', record: null }
    return this.film
  }

  async get(): Promise<Film> {
    await this.asked('get')
    return this.known()
  }

  async piece(_: string, offset: number, body: ArrayBuffer) {
    await this.asked(`piece ${offset}`)
    const film = this.known()
    if (offset !== film.offset) {
      throw new ApiError(409, 'offset_mismatch', 'No.', [], { offset: film.offset })
    }
    this.bytes += new TextDecoder().decode(body)
    if (this.bytes.length === film.size) {
      if (this.refusal) {
        this.film = null
        throw this.refusal
      }
      Object.assign(this.film!, { state: 'queued', record: 'record-1' })
    }
    return { offset: this.bytes.length, record: this.film!.record }
  }
}

let server: Server
const file = new File([CONTENT], 'film.mp4', { type: 'video/mp4', lastModified: 1_000 })
const shares: number[] = []
const waits: boolean[] = []

function carry(changes: Partial<FilmUpload> = {}) {
  return uploadFilm({
    file,
    name: 'Film',
    choices: { purpose: '', detector: '', keep: '', rate: 5 },
    pieceMaxBytes: 4,
    signal: new AbortController().signal,
    onStarted: () => {},
    onProgress: (share) => shares.push(share),
    onWaiting: (isWaiting) => waits.push(isWaiting),
    ...changes,
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  shares.length = 0
  waits.length = 0
  server = new Server()
  vi.spyOn(filmApi, 'createFilm').mockImplementation((film) => server.create(film))
  vi.spyOn(filmApi, 'getFilm').mockImplementation(() => server.get())
  vi.spyOn(filmApi, 'sendPiece').mockImplementation((id, offset, body) =>
    server.piece(id, offset, body),
  )
  vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ kind: 'film' }))
})
afterEach(() => void vi.useRealTimers())

async function settled<T>(promise: Promise<T>): Promise<T> {
  const ended = promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error
    },
  )
  for (let round = 0; round < 60; round += 1) {
    await flushPromises()
    await vi.advanceTimersByTimeAsync(10_000)
  }
  return (await ended)()
}

describe('uploadFilm', () => {
  it('sends a film piece by piece and forgets the upload when it is over', async () => {
    expect(await settled(carry())).toMatchObject({ id: 'job-1' })
    expect(server.bytes).toBe(CONTENT)
    expect(server.requests).toEqual(['create', 'piece 0', 'piece 4', 'piece 8'])
    expect(shares).toEqual([0, 0.4, 0.8])
    expect(unfinishedFilms()).toEqual([])
  })

  it('sends no film twice where its job could not be asked for at first', async () => {
    vi.mocked(api.getJobOfRecord).mockRejectedValueOnce(new ApiError(502, 'down', 'Down.'))
    expect(await settled(carry())).toMatchObject({ id: 'job-1' })
    expect(server.requests.filter((request) => request === 'create')).toHaveLength(1)
    expect(unfinishedFilms()).toEqual([])
  })

  it('is taken up where it ended, should all of that fail', async () => {
    vi.mocked(api.getJobOfRecord).mockRejectedValueOnce(new ApiError(403, 'forbidden', 'No.'))
    await expect(settled(carry())).rejects.toThrow('No.')
    expect(unfinishedFilms()).toHaveLength(1)
    expect(await settled(carry())).toMatchObject({ id: 'job-1' })
    expect(server.requests.filter((request) => request === 'create')).toHaveLength(1)
    expect(unfinishedFilms()).toEqual([])
  })

  it('is sent anew where its record was deleted before it was taken up', async () => {
    vi.mocked(api.getJobOfRecord).mockRejectedValueOnce(new ApiError(403, 'forbidden', 'No.'))
    await expect(settled(carry())).rejects.toThrow('No.')
    vi.mocked(api.getJobOfRecord).mockResolvedValueOnce(null)
    expect(await settled(carry())).toMatchObject({ id: 'job-1' })
    expect(server.requests.filter((request) => request === 'create')).toHaveLength(2)
    expect(unfinishedFilms()).toEqual([])
  })

  it('asks how far it is after a lost connection, and goes on there', async () => {
    let failures = 3
    server.fail = (request) => (request !== 'create' && failures-- > 0 ? OFFLINE : null)
    await settled(carry())
    expect(server.bytes).toBe(CONTENT)
    expect(server.requests).toEqual([
      'create',
      'piece 0',
      'get',
      'get',
      'get',
      'piece 0',
      'piece 4',
      'piece 8',
    ])
    expect(waits).toContain(true)
    expect(waits.at(-1)).toBe(false)
  })

  it('goes on at once when the browser is online again', async () => {
    server.fail = () => OFFLINE
    const promise = carry()
    await flushPromises()
    server.fail = () => null
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    await flushPromises()
    expect(server.requests.slice(0, 2)).toEqual(['create', 'create'])
    await settled(promise)
    expect(server.bytes).toBe(CONTENT)
  })

  it('sends nothing twice when only the answer got lost', async () => {
    const piece = server.piece.bind(server)
    let isLost = true
    server.piece = async (...given) => {
      const answer = await piece(...given)
      if (isLost && given[1] === 4) {
        isLost = false
        throw OFFLINE
      }
      return answer
    }
    await settled(carry())
    expect(server.bytes).toBe(CONTENT)
    expect(server.requests).toEqual(['create', 'piece 0', 'piece 4', 'get', 'piece 8'])
  })

  it('goes on after a reload where the same file is chosen again', async () => {
    await server.create({ file_name: 'film.mp4', size: 10, rate: 5 })
    server.bytes = CONTENT.slice(0, 6)
    server.requests = []
    rememberUpload('film-1', file)
    await settled(carry())
    expect(server.bytes).toBe(CONTENT)
    expect(server.requests).toEqual(['get', 'piece 6'])
  })

  it('begins anew where the server has swept the upload away', async () => {
    rememberUpload('film-1', file)
    await settled(carry())
    expect(server.requests.slice(0, 2)).toEqual(['get', 'create'])
    expect(server.bytes).toBe(CONTENT)
  })

  it('has a whole film looked at again when that answer got lost', async () => {
    await server.create({ file_name: 'film.mp4', size: 10, rate: 5 })
    server.bytes = CONTENT
    rememberUpload('film-1', file)
    server.requests = []
    await settled(carry())
    expect(server.requests).toEqual(['get', 'piece 10'])
  })

  it('waits while the film is still looked at for a request whose answer got lost', async () => {
    await server.create({ file_name: 'film.mp4', size: 10, rate: 5 })
    server.bytes = CONTENT
    rememberUpload('film-1', file)
    let left = 3
    server.fail = (request) =>
      request.startsWith('piece') && (left -= 1) >= 0
        ? new ApiError(409, 'upload_finishing', 'The film is being looked at already.')
        : null
    await settled(carry())
    expect(server.requests.filter((request) => request === 'piece 10')).toHaveLength(4)
    expect(waits).not.toContain(true)
    expect(unfinishedFilms()).toEqual([])
  })

  it('tells what is wrong with the film, and forgets it', async () => {
    server.refusal = new ApiError(400, 'not_a_film', 'This is not a film.')
    await expect(settled(carry())).rejects.toMatchObject({ message: 'This is not a film.' })
    expect(unfinishedFilms()).toEqual([])
  })

  it('gives up on a server that answers with errors only, but can go on later', async () => {
    server.fail = (request) => (request.startsWith('piece') ? new ApiError(500, 'e', '') : null)
    const get = server.get.bind(server)
    server.get = () => {
      server.fail = () => new ApiError(500, 'e', '')
      return get()
    }
    await expect(settled(carry())).rejects.toMatchObject({ status: 500 })
    expect(unfinishedFilms()).toHaveLength(1)
  })

  it('stops when it is cancelled, and stays for later', async () => {
    const abort = new AbortController()
    server.fail = (request) => (request.startsWith('piece') ? OFFLINE : null)
    const promise = carry({ signal: abort.signal })
    await flushPromises()
    abort.abort()
    await expect(settled(promise)).rejects.toMatchObject({ name: 'AbortError' })
    const count = server.requests.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.requests).toHaveLength(count)
    expect(unfinishedFilms()).toEqual([
      expect.objectContaining({ id: 'film-1', fileName: 'film.mp4', size: 10 }),
    ])
    forgetUpload('film-1')
    expect(unfinishedFilms()).toEqual([])
  })

  it('says so when the file was changed or removed meanwhile', async () => {
    const gone = new File([CONTENT], 'gone.mp4', { type: 'video/mp4' })
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadable')) }) as never
    await expect(settled(carry({ file: gone }))).rejects.toMatchObject({
      message: '“gone.mp4” was changed or removed while it was uploaded.',
    })
  })
})

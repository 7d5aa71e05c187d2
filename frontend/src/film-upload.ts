/**
 * Carries a film to the server in pieces. A lost connection, a restarted server or a piece whose
 * answer got lost cost one question: how much of it is there?
 */

import { ApiError, getJobOfRecord, type Job } from './api'
import { createFilm, getFilm, sendPiece, type Film, type NewFilm } from './film-api'
import { t } from './i18n'
import { isTransient } from './polling'
import { forgetUpload, rememberUpload, unfinishedUploadOf } from './unfinished-films'
import { wait } from './waiting'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
const WAIT_GROWTH = 2
/** A server that answers, but only with errors, is not asked for ever; a lost connection is. */
const MOST_FAILURES_IN_A_ROW = 20
/** Between two questions whether the film is checked. */
const CHECK_EVERY_MS = 500
const FILE_CHANGED = 'file_changed'

export interface FilmUpload {
  file: File
  /** Empty: the server uses the file's name. */
  name: string
  choices: Pick<NewFilm, 'purpose' | 'detector' | 'keep' | 'rate'>
  /** In bytes. */
  pieceMaxBytes: number
  signal: AbortSignal
  /** Called with the upload's identifier once there is one. */
  onStarted: (id: string) => void
  /** Called with the share of the bytes that is there, from 0 to 1. */
  onProgress: (share: number) => void
  /** Called with whether it waits for a connection. */
  onWaiting: (isWaiting: boolean) => void
}

/** Until a time has passed or, sooner, the browser is online again. */
async function waitForConnection(milliseconds: number, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController()
  const stop = () => waiting.abort()
  window.addEventListener('online', stop, { signal: waiting.signal })
  signal.addEventListener('abort', stop, { signal: waiting.signal })
  try {
    await wait(milliseconds, waiting.signal)
  } catch {
    // Back online, or given up.
  } finally {
    stop()
  }
  signal.throwIfAborted()
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

/** An earlier request, whose answer got lost, still has the whole film looked at. */
function isInHand(error: unknown): boolean {
  return hasCode(error, 'upload_finishing')
}

function mayNotPass(error: unknown): boolean {
  return !isTransient(error) && !isInHand(error)
}

/** Whether the upload is over by it, and not only this try. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  const isRefusal = error.status >= 400 && error.status < 500 && mayNotPass(error)
  return error.code === FILE_CHANGED || (isRefusal && ![401, 403].includes(error.status))
}

/** Read beforehand: a file that was changed or removed is told from a lost connection. */
async function pieceOf(file: File, offset: number, length: number): Promise<ArrayBuffer> {
  try {
    return await file.slice(offset, offset + length).arrayBuffer()
  } catch {
    throw new ApiError(0, FILE_CHANGED, t('film.upload.fileChanged', { name: file.name }))
  }
}

class Carrier {
  private failures = 0

  constructor(private readonly upload: FilmUpload) {}

  /** Resolves to the job that analyses the film. */
  async carry(): Promise<Job> {
    const known = unfinishedUploadOf(this.upload.file)
    let film = known ? await this.known(known.id) : null
    for (;;) {
      film ??= await this.patiently(() => this.create())
      try {
        const job = await this.jobOf(await this.sendAll(film))
        forgetUpload(film.id)
        return job
      } catch (error) {
        if (isFinal(error)) forgetUpload(film.id)
        // Swept away meanwhile, or cancelled in another tab.
        if (!isGone(error) || film.id !== known?.id) throw error
        film = null
      }
    }
  }

  /** Null where the server does not have it any more. */
  private async known(id: string): Promise<Film | null> {
    try {
      const film = await this.patiently(() => getFilm(id, this.upload.signal))
      if (film.state === 'failed' || film.state === 'cancelled') throw new ApiError(404, 'gone', '')
      this.upload.onStarted(id)
      return film
    } catch (error) {
      if (!isGone(error)) throw error
      forgetUpload(id)
      return null
    }
  }

  private async create(): Promise<Film> {
    const { file, name, choices, signal } = this.upload
    const film = await createFilm(
      { file_name: file.name, size: file.size, name, ...choices },
      signal,
    )
    rememberUpload(film.id, file)
    this.upload.onStarted(film.id)
    return { ...film, state: 'uploading' }
  }

  /** Resolves to the record. */
  private async sendAll(film: Film): Promise<string> {
    const { onProgress, signal } = this.upload
    for (;;) {
      if (film.record) return film.record
      onProgress(film.offset / film.size)
      try {
        const isWhole = film.offset >= film.size
        film = { ...film, ...(await this.sendOne(film)) }
        this.worked()
        // Another request has it in hand, one whose answer got lost.
        if (isWhole && !film.record) await wait(CHECK_EVERY_MS, signal)
      } catch (error) {
        await this.afterFailure(error)
        film = await this.patiently(() => getFilm(film.id, signal))
      }
    }
  }

  private async jobOf(record: string): Promise<Job> {
    const job = await this.patiently(() => getJobOfRecord(record, this.upload.signal))
    if (job === null) throw new ApiError(404, 'no_job', t('errors.unexpected'))
    return job
  }

  /** The next piece; an empty one where all are there, to have the film looked at. */
  private async sendOne({ id, offset, size }: Film): Promise<Pick<Film, 'offset' | 'record'>> {
    const { file, pieceMaxBytes, signal, onProgress } = this.upload
    const piece = await pieceOf(file, offset, pieceMaxBytes)
    signal.throwIfAborted()
    return await sendPiece(id, offset, piece, {
      signal,
      onProgress: (share) => onProgress((offset + share * piece.byteLength) / size),
    })
  }

  /** Tries again until it works, or until trying again is of no use. */
  private async patiently<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await act()
        this.worked()
        return result
      } catch (error) {
        await this.afterFailure(error)
      }
    }
  }

  private worked(): void {
    this.failures = 0
    this.upload.onWaiting(false)
  }

  /** Waits where it may well work a little later; throws the error where not. */
  private async afterFailure(error: unknown): Promise<void> {
    this.upload.signal.throwIfAborted()
    this.failures += 1
    const isOffline = error instanceof ApiError && error.isOffline
    const isHopeless = !isOffline && this.failures >= MOST_FAILURES_IN_A_ROW
    if (isHopeless) throw error
    if (hasCode(error, 'offset_mismatch')) return
    if (mayNotPass(error)) throw error
    if (!isInHand(error)) this.upload.onWaiting(true)
    const asked = error instanceof ApiError ? (error.besides.retryAfter ?? 0) * 1000 : 0
    const delay = Math.min(FIRST_WAIT_MS * WAIT_GROWTH ** (this.failures - 1), LONGEST_WAIT_MS)
    await waitForConnection(Math.max(asked, delay), this.upload.signal)
  }
}

/** Resolves to the job that analyses it. Rejects when aborted; what was sent stays for later. */
export async function uploadFilm(upload: FilmUpload): Promise<Job> {
  return await new Carrier(upload).carry()
}

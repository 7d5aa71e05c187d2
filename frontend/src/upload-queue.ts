/**
 * Carries pictures and films to the server and follows their jobs.
 *
 *     ready -> waiting -> uploading -> queued -> running -> done
 *                            |           |          |
 *                            +-----------+----------+--> failed -> (retry) waiting
 *
 * Only the upload itself takes one of the two places: a picture that the server already has must
 * not hold back the next upload. A film whose upload is cut off waits in its place and goes on.
 */

import { reactive } from 'vue'

import {
  ApiError,
  errorText,
  type FilmProgress,
  type Job,
  type PictureUpload,
  type RecordDetail,
} from './api'
import type { FilmUpload } from './film-upload'
import { isFilm } from './film-files'
import { withoutExtension } from './format'
import { t } from './i18n'
import { patiently, type FollowOptions } from './polling'
import { forgetUpload } from './unfinished-films'

const MOST_UPLOADS_AT_ONCE = 2
/** Of films: samples a second. */
export const USUAL_RATE = 5

export type UploadStage =
  'ready' | 'waiting' | 'uploading' | 'queued' | 'running' | 'done' | 'failed'

export interface UploadItem {
  readonly id: number
  readonly file: File
  readonly kind: 'picture' | 'film'
  readonly previewUrl: string
  name: string
  stage: UploadStage
  /** Of the stage, from 0 to 1. */
  progress: number
  error: string
  /** Once the server has the picture. */
  jobId: string | null
  recordId: string | null
  result: RecordDetail | null
  /** Of a film's upload, once there is one. */
  uploadId: string | null
  /** Whether a film's upload waits for a connection. */
  isWaiting: boolean
  /** How far the analysis of a film has come. */
  film: FilmProgress | null
}

/** What holds for all pictures of an upload; empty where the server is to choose. */
export interface UploadChoices {
  detector: string
  purpose: string
  keep: string
  kind?: PictureUpload['kind']
  /** Of films: samples a second; 0 is every frame. */
  rate?: number
}

export interface UploadServices {
  uploadPicture: (upload: PictureUpload) => Promise<Job>
  getJob: (id: string, signal?: AbortSignal) => Promise<Job>
  retryJob: (id: string) => Promise<Job>
  followJob: (id: string, options: FollowOptions<Job>) => Promise<Job>
  getRecord: (id: string, signal?: AbortSignal) => Promise<RecordDetail>
}

/** What a queue needs that takes films, too. */
export interface FilmServices {
  uploadFilm: (upload: FilmUpload) => Promise<Job>
  dropFilm: (id: string) => Promise<void>
  /** Of one piece, in bytes. */
  pieceMaxBytes: number
}

export class UploadQueue {
  readonly items: UploadItem[] = reactive([])
  private readonly aborts = new Map<number, AbortController>()
  private lastId = 0
  private choices: UploadChoices = { detector: '', purpose: '', keep: '' }

  constructor(
    private readonly services: UploadServices,
    private readonly onSettled: (item: UploadItem) => void = () => {},
    private readonly films: FilmServices | null = null,
  ) {}

  add(files: readonly File[]): void {
    for (const file of files) {
      this.lastId += 1
      const kind = this.films !== null && isFilm(file) ? 'film' : 'picture'
      this.items.push({
        id: this.lastId,
        file,
        kind,
        previewUrl: URL.createObjectURL(file),
        name: withoutExtension(file.name),
        stage: 'ready',
        progress: 0,
        error: '',
        jobId: null,
        recordId: null,
        result: null,
        uploadId: null,
        isWaiting: false,
        film: null,
      })
    }
  }

  start(choices: Partial<UploadChoices> = {}): void {
    this.choices = { ...this.choices, ...choices }
    for (const item of this.items) if (item.stage === 'ready') item.stage = 'waiting'
    this.fillPlaces()
  }

  retry(id: number): void {
    const item = this.find(id)
    if (item?.stage !== 'failed') return
    Object.assign(item, { stage: 'waiting', progress: 0, error: '' })
    this.fillPlaces()
  }

  /** Takes an item off the list; an upload under way is cancelled. */
  remove(id: number): void {
    const item = this.takeOff(id)
    if (item?.uploadId && item.jobId === null) {
      // Where this fails, too, the server sweeps it away after a day.
      this.films?.dropFilm(item.uploadId).catch(() => {})
      forgetUpload(item.uploadId)
    }
    this.fillPlaces()
  }

  /** Takes all off the list; what the server has of a film can be gone on with later. */
  clear(): void {
    // Waiting items must not take the places that fall free while the others are cancelled.
    for (const item of this.items) if (item.stage === 'waiting') item.stage = 'ready'
    for (const { id } of [...this.items]) this.takeOff(id)
  }

  private takeOff(id: number): UploadItem | undefined {
    const index = this.items.findIndex((item) => item.id === id)
    const item = this.items[index]
    if (!item) return undefined
    this.items.splice(index, 1)
    this.aborts.get(id)?.abort()
    URL.revokeObjectURL(item.previewUrl)
    return item
  }

  private find(id: number): UploadItem | undefined {
    return this.items.find((item) => item.id === id)
  }

  private fillPlaces(): void {
    let free = MOST_UPLOADS_AT_ONCE - this.items.filter((item) => item.stage === 'uploading').length
    for (const item of this.items) {
      if (free <= 0) return
      if (item.stage !== 'waiting') continue
      free -= 1
      void this.carry(item)
    }
  }

  private async carry(item: UploadItem): Promise<void> {
    const abort = new AbortController()
    this.aborts.set(item.id, abort)
    try {
      const job = await this.hand(item, abort.signal)
      this.fillPlaces()
      await this.recognise(item, job, abort.signal)
    } catch (error) {
      if (abort.signal.aborted) return
      item.stage = 'failed'
      item.error = errorText(error)
      this.fillPlaces()
    } finally {
      this.aborts.delete(item.id)
    }
    this.onSettled(item)
  }

  /** Gets the file to the server, or, where it is there already, its job going again. */
  private async hand(item: UploadItem, signal: AbortSignal): Promise<Job> {
    item.stage = 'uploading'
    item.progress = 0
    const job = await (item.jobId === null
      ? this.upload(item, signal)
      : this.takeUp(item.jobId, signal))
    Object.assign(item, { jobId: job.id, recordId: job.record, stage: 'queued', progress: 0 })
    return job
  }

  /** It is the connection that failed where the job did not. */
  private async takeUp(jobId: string, signal: AbortSignal): Promise<Job> {
    const job = await this.services.getJob(jobId, signal)
    return job.state === 'failed' ? await this.services.retryJob(jobId) : job
  }

  private upload(item: UploadItem, signal: AbortSignal): Promise<Job> {
    const { rate = USUAL_RATE, ...choices } = this.choices
    const onProgress = (share: number) => (item.progress = share)
    const common = { file: item.file, name: item.name.trim(), signal, onProgress }
    if (item.kind === 'picture' || this.films === null) {
      return this.services.uploadPicture({ ...common, ...choices })
    }
    const { purpose, detector, keep } = choices
    return this.films.uploadFilm({
      ...common,
      choices: { purpose, detector, keep, rate },
      pieceMaxBytes: this.films.pieceMaxBytes,
      onStarted: (id) => (item.uploadId = id),
      onWaiting: (isWaiting) => (item.isWaiting = isWaiting),
    })
  }

  private async recognise(item: UploadItem, job: Job, signal: AbortSignal): Promise<void> {
    const ended = await this.services.followJob(job.id, {
      signal,
      onUpdate: ({ state, progress, film }) => {
        if (state !== 'running') return
        Object.assign(item, { stage: 'running', progress, film })
      },
    })
    if (ended.state !== 'done') {
      throw new ApiError(
        0,
        ended.error?.code ?? 'failed',
        ended.error?.detail ?? t('errors.recognitionFailed'),
      )
    }
    item.result = await patiently(() => this.services.getRecord(job.record, signal), signal)
    item.stage = 'done'
  }
}

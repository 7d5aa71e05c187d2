/**
 * Carries pictures to the server and follows their jobs.
 *
 *     ready -> waiting -> uploading -> queued -> running -> done
 *                            |           |          |
 *                            +-----------+----------+--> failed -> (retry) waiting
 *
 * Only the upload itself takes one of the two places: a picture that the server already has must
 * not hold back the next upload.
 */

import { reactive } from 'vue'

import { ApiError, errorText, type Job, type PictureUpload, type RecordDetail } from './api'
import { withoutExtension } from './format'
import { t } from './i18n'
import type { FollowOptions } from './polling'

const MOST_UPLOADS_AT_ONCE = 2

export type UploadStage =
  'ready' | 'waiting' | 'uploading' | 'queued' | 'running' | 'done' | 'failed'

export interface UploadItem {
  readonly id: number
  readonly file: File
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
}

/** What holds for all pictures of an upload; empty where the server is to choose. */
export interface UploadChoices {
  detector: string
  purpose: string
  keep: string
  kind?: PictureUpload['kind']
}

export interface UploadServices {
  uploadPicture: (upload: PictureUpload) => Promise<Job>
  retryJob: (id: string) => Promise<Job>
  followJob: (id: string, options: FollowOptions<Job>) => Promise<Job>
  getRecord: (id: string, signal?: AbortSignal) => Promise<RecordDetail>
}

export class UploadQueue {
  readonly items: UploadItem[] = reactive([])
  private readonly aborts = new Map<number, AbortController>()
  private lastId = 0
  private choices: UploadChoices = { detector: '', purpose: '', keep: '' }

  constructor(
    private readonly services: UploadServices,
    private readonly onSettled: (item: UploadItem) => void = () => {},
  ) {}

  add(files: readonly File[]): void {
    for (const file of files) {
      this.lastId += 1
      this.items.push({
        id: this.lastId,
        file,
        previewUrl: URL.createObjectURL(file),
        name: withoutExtension(file.name),
        stage: 'ready',
        progress: 0,
        error: '',
        jobId: null,
        recordId: null,
        result: null,
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

  /** Takes a picture off the list; an upload under way is cancelled. */
  remove(id: number): void {
    const index = this.items.findIndex((item) => item.id === id)
    const item = this.items[index]
    if (!item) return
    this.items.splice(index, 1)
    this.aborts.get(id)?.abort()
    URL.revokeObjectURL(item.previewUrl)
    this.fillPlaces()
  }

  clear(): void {
    // Waiting items must not take the places that fall free while the others are cancelled.
    for (const item of this.items) if (item.stage === 'waiting') item.stage = 'ready'
    for (const { id } of [...this.items]) this.remove(id)
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

  /** Gets the picture to the server, or, where it is there already, its failed job going again. */
  private async hand(item: UploadItem, signal: AbortSignal): Promise<Job> {
    item.stage = 'uploading'
    item.progress = 0
    const job = await (item.jobId === null
      ? this.services.uploadPicture({
          file: item.file,
          name: item.name.trim(),
          ...this.choices,
          signal,
          onProgress: (share) => (item.progress = share),
        })
      : this.services.retryJob(item.jobId))
    Object.assign(item, { jobId: job.id, recordId: job.record, stage: 'queued', progress: 0 })
    return job
  }

  private async recognise(item: UploadItem, job: Job, signal: AbortSignal): Promise<void> {
    const ended = await this.services.followJob(job.id, {
      signal,
      onUpdate: ({ state, progress }) => {
        if (state !== 'running') return
        item.stage = 'running'
        item.progress = progress
      },
    })
    if (ended.state === 'failed') {
      throw new ApiError(
        0,
        ended.error?.code ?? 'failed',
        ended.error?.detail ?? t('errors.recognitionFailed'),
      )
    }
    item.result = await this.services.getRecord(job.record, signal)
    item.stage = 'done'
  }
}

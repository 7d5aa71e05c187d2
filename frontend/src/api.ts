/**
 * The one door to the server. It speaks two dialects, allauth's headless endpoints (accounts) and
 * our own `/api/v1/`, and folds both kinds of error into `ApiError`.
 */

import type { Expression } from './expressions'
import type { QualityIssue } from './quality'

export type JobState = 'queued' | 'running' | 'done' | 'failed'

export interface User {
  id: number
  display: string
  username: string
}

export interface Config {
  version: string
  expressions: Expression[]
  /** What may find the faces of an upload. */
  detectors: string[]
  /** What does, unless another is asked for. */
  detector: string
  limits: {
    username_min_length: number
    password_min_length: number
    picture_max_bytes: number
    pictures_per_upload: number
    name_max_length: number
  }
}

export interface Failure {
  code: string
  detail: string
}

export interface Job {
  id: string
  state: JobState
  /** From 0 to 1. */
  progress: number
  error: Failure | null
  record: string
  /** The one that was asked for; null for the site's own. */
  detector: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
}

/** In pixels of the picture as it is shown (orientation applied). */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Face {
  id: string | number
  index: number
  box: Box
  crop: string
  expression: Expression
  probability: number
  probabilities: Record<Expression, number>
  /** Whether the expression is not to be relied on. */
  uncertain: boolean
  /** Null for faces from before it was measured; the worst issue comes first. */
  quality: { score: number; issues: QualityIssue[] } | null
  detection_score: number
}

/** What the model's answer for one expression rests on. */
export interface Explanation {
  expression: Expression
  /** Of the uncovered face. */
  probability: number
  model_name: string
  model_version: string
  rows: number
  columns: number
  /** By how much the probability falls when that place of the crop is covered. */
  values: number[][]
}

export interface RecordSummary {
  id: string
  name: string
  created_at: string
  state: JobState
  face_count: number | null
  /** The strongest expression over all faces, those that are not uncertain first. */
  expression: Expression | null
  probability: number | null
  uncertain: boolean
  thumbnail: string | null
}

export interface RecordDetail extends RecordSummary {
  width: number
  height: number
  original: string
  annotated: string | null
  file_name: string
  detector: string | null
  model: string | null
  error: Failure | null
  faces: Face[]
}

export interface Page<T> {
  next: string | null
  previous: string | null
  results: T[]
}

export interface FieldError {
  field?: string
  code: string
  message: string
}

export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(message)
  }

  /** The first field that the server complained about. */
  get field(): string | undefined {
    return this.errors.find((error) => error.field)?.field
  }

  get isOffline(): boolean {
    return this.code === OFFLINE
  }

  messageFor(field: string): string | undefined {
    return this.errors.find((error) => error.field === field)?.message
  }
}

export const OFFLINE = 'offline'

/** What to show for any thrown value: the server's own sentences where it sent some. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something unexpected went wrong. Please try again.'
  if (error.errors.length === 0) return error.message
  return error.errors.map(({ message }) => message).join(' ')
}

function offlineError(): ApiError {
  return new ApiError(
    0,
    OFFLINE,
    'The server cannot be reached. Check your connection and try again.',
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What we say when the answer carries no sentence of its own, e.g. a reverse proxy's HTML page. */
function messageForStatus(status: number): string {
  if (status === 401) return 'Please sign in to go on.'
  if (status === 403) return 'You may not do this.'
  if (status === 404) return 'This does not exist, or it is not yours.'
  if (status === 413) return 'This file is too large for the server.'
  if (status === 429) return 'Too many tries. Please wait a while and try again.'
  if (status >= 500) return 'The server has a problem. Please try again later.'
  return 'The server did not accept this request.'
}

/**
 * Folds an error answer of either dialect:
 * ours (RFC 9457) `{code, detail, errors?: [{field, code, detail}]}` and
 * allauth's `{errors: [{param, code, message}]}`.
 */
export function foldError(status: number, body: unknown): ApiError {
  if (!isObject(body)) return new ApiError(status, `http_${status}`, messageForStatus(status))

  const errors: FieldError[] = (Array.isArray(body.errors) ? body.errors : [])
    .filter(isObject)
    .map((error) => ({
      field: text(error.field) ?? text(error.param),
      code: text(error.code) ?? 'invalid',
      message: text(error.detail) ?? text(error.message) ?? messageForStatus(status),
    }))

  return new ApiError(
    status,
    text(body.code) ?? errors[0]?.code ?? `http_${status}`,
    text(body.detail) ?? errors[0]?.message ?? text(body.title) ?? messageForStatus(status),
    errors,
  )
}

let signedOutHandler: () => void = () => {}

/** Called whenever our API answers that nobody is signed in (any more). */
export function onSignedOut(handler: () => void): void {
  signedOutHandler = handler
}

function csrfToken(): string {
  const cookie = document.cookie.split('; ').find((pair) => pair.startsWith('csrftoken='))
  return decodeURIComponent(cookie?.slice('csrftoken='.length) ?? '')
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

interface Answer {
  status: number
  body: unknown
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  json?: unknown
  signal?: AbortSignal
}

async function send(path: string, options: RequestOptions): Promise<Answer> {
  const { method = 'GET', json, signal } = options
  const headers = new Headers({ Accept: 'application/json' })
  if (method !== 'GET') headers.set('X-CSRFToken', csrfToken())
  if (json !== undefined) headers.set('Content-Type', 'application/json')
  try {
    const response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      body: json === undefined ? undefined : JSON.stringify(json),
      signal,
    })
    return { status: response.status, body: parseJson(await response.text()) }
  } catch (error) {
    if (signal?.aborted) throw error
    throw offlineError()
  }
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300
}

/** Gives back the body of a good answer of ours, or throws. */
function settle<T>({ status, body }: Answer): T {
  if (!isOk(status)) {
    if (status === 401) signedOutHandler()
    throw foldError(status, body)
  }
  if (status !== 204 && !isObject(body)) {
    throw new ApiError(status, 'unreadable', 'The server sent an answer that cannot be read.')
  }
  return body as T
}

async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return settle<T>(await send(`/api/v1/${path}`, options))
}

// Accounts ---------------------------------------------------------------------------------------

async function accountRequest(path: string, options: RequestOptions = {}): Promise<Answer> {
  return send(`/_allauth/browser/v1/${path}`, options)
}

function userOf({ status, body }: Answer): User {
  if (status === 401) {
    // The password was right, but allauth holds a further step open, such as confirming an address.
    throw new ApiError(
      401,
      'further_step',
      'One more step is needed before you can sign in. Check your e-mail.',
    )
  }
  if (!isOk(status)) throw foldError(status, body)
  return (body as { data: { user: User } }).data.user
}

/** The person who is signed in, or null. Also makes the server set the CSRF cookie. */
export async function getSession(): Promise<User | null> {
  const answer = await accountRequest('auth/session')
  // 410: the session is over, see allauth's headless specification.
  return answer.status === 401 || answer.status === 410 ? null : userOf(answer)
}

export interface Credentials {
  username: string
  password: string
}

export async function signIn(credentials: Credentials): Promise<User> {
  return userOf(await accountRequest('auth/login', { method: 'POST', json: credentials }))
}

export async function signUp(credentials: Credentials): Promise<User> {
  return userOf(await accountRequest('auth/signup', { method: 'POST', json: credentials }))
}

export async function signOut(): Promise<void> {
  const { status, body } = await accountRequest('auth/session', { method: 'DELETE' })
  // allauth answers a sign-out that worked with 401: nobody is signed in now.
  if (status !== 401 && !isOk(status)) throw foldError(status, body)
}

// Ours -------------------------------------------------------------------------------------------

export function getConfig(): Promise<Config> {
  return request<Config>('config/')
}

export function getJob(id: string, signal?: AbortSignal): Promise<Job> {
  return request<Job>(`jobs/${encodeURIComponent(id)}/`, { signal })
}

/** The newest job of a record. */
export async function getJobOfRecord(recordId: string, signal?: AbortSignal): Promise<Job | null> {
  const query = new URLSearchParams({ record: recordId })
  const { results } = await request<Page<Job>>(`jobs/?${query}`, { signal })
  return results[0] ?? null
}

/** Has the server try a failed job again, with the picture that it already has. */
export function retryJob(id: string): Promise<Job> {
  return request<Job>(`jobs/${encodeURIComponent(id)}/retry/`, { method: 'POST' })
}

/** The cursor inside a page's `next` address; behind a proxy its host may not be ours. */
export function cursorOf(next: string | null): string | null {
  return next === null ? null : new URL(next, window.location.origin).searchParams.get('cursor')
}

export function listRecords(cursor: string | null = null): Promise<Page<RecordSummary>> {
  const query = cursor === null ? '' : `?${new URLSearchParams({ cursor })}`
  return request<Page<RecordSummary>>(`records/${query}`)
}

function recordPath(id: string): string {
  return `records/${encodeURIComponent(id)}/`
}

export function getRecord(id: string, signal?: AbortSignal): Promise<RecordDetail> {
  return request<RecordDetail>(recordPath(id), { signal })
}

async function askForExplanation(
  faceId: Face['id'],
  expression: Expression,
  options: RequestOptions,
): Promise<Explanation | null> {
  const path = `faces/${encodeURIComponent(faceId)}/explanation/?${new URLSearchParams({ expression })}`
  const answer = await request<Explanation | { state: 'queued' }>(path, options)
  return 'values' in answer ? answer : null
}

/** Has it worked out; gives it back if that was done before, else null. Safe to repeat. */
export function requestExplanation(
  faceId: Face['id'],
  expression: Expression,
  signal: AbortSignal,
): Promise<Explanation | null> {
  return askForExplanation(faceId, expression, { method: 'POST', signal })
}

/** Null as long as it is not worked out. */
export function getExplanation(
  faceId: Face['id'],
  expression: Expression,
  signal: AbortSignal,
): Promise<Explanation | null> {
  return askForExplanation(faceId, expression, { signal })
}

export function renameRecord(id: string, name: string): Promise<RecordSummary> {
  return request<RecordSummary>(recordPath(id), { method: 'PATCH', json: { name } })
}

export function deleteRecord(id: string): Promise<void> {
  return request<void>(recordPath(id), { method: 'DELETE' })
}

export interface PictureUpload {
  file: File
  /** Empty: the server uses the file's name. */
  name: string
  /** Empty: the site's own face detector. */
  detector: string
  signal: AbortSignal
  /** Called with the share of the bytes that has left, from 0 to 1. */
  onProgress: (share: number) => void
}

/** Uploads one picture. XMLHttpRequest, since fetch cannot tell how much has been uploaded. */
export function uploadPicture(upload: PictureUpload): Promise<Job> {
  const form = new FormData()
  form.append('files', upload.file)
  if (upload.name) form.append('name', upload.name)
  if (upload.detector) form.append('detector', upload.detector)
  form.append('consent', 'true')

  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('POST', '/api/v1/recognitions/')
    xhr.setRequestHeader('Accept', 'application/json')
    xhr.setRequestHeader('X-CSRFToken', csrfToken())
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) upload.onProgress(event.loaded / event.total)
    }
    xhr.onerror = () => reject(offlineError())
    xhr.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'))
    xhr.onload = () => {
      try {
        const { jobs } = settle<{ jobs: [Job] }>({
          status: xhr.status,
          body: parseJson(xhr.responseText),
        })
        resolve(jobs[0])
      } catch (error) {
        reject(error)
      }
    }
    upload.signal.addEventListener('abort', () => xhr.abort(), { once: true })
    xhr.send(form)
  })
}

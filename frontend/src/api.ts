/**
 * The one door to the server. It speaks two dialects, allauth's headless endpoints (accounts) and
 * our own `/api/v1/`, and folds both kinds of error into `ApiError`.
 */

import type { Expression } from './expressions'
import { wantedLanguage, t } from './i18n'
import type { QualityIssue } from './quality'
import type { Smoothing } from './smoothing'
import { forgetAnswers, takeAnswer } from './start'

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export interface User {
  id: number
  display: string
  username: string
}

export interface Purpose {
  id: string
  label: string
  /** An upload for it is refused. */
  banned?: boolean
  /** Why it is banned. */
  why?: string
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
  /** Whether this server can send mail to people. */
  mail: boolean
  /** Who else's accounts one may sign in with. */
  providers: { id: string; name: string }[]
  /** Of the notice that must be agreed to before anything is uploaded. */
  consent_version: string
  /** Among which each upload names one, if there are any; the banned ones are refused. */
  purposes: Purpose[]
  purpose_required: boolean
  /** For how long a deleted record can be brought back. */
  undo_seconds: number
  /** Of the live camera. */
  live: {
    frame_max_bytes: number
    /** In pixels. */
    frame_max_side: number
    samples_per_call: number
  }
  film: {
    max_bytes: number
    max_seconds: number
    /** Of one piece of an upload. */
    piece_max_bytes: number
    /** Samples a second that may be asked for; 0 is every frame. */
    rates: number[]
    content_types: string[]
  }
}

export interface Failure {
  code: string
  detail: string
}

export interface Job {
  id: string
  kind: 'picture' | 'film' | 'making'
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
  /** How far the analysis of a film has come; null for pictures. */
  film: FilmProgress | null
}

export interface FilmProgress {
  done_seconds: number
  duration: number
  frames: number
  faces: number
  seconds_left: number | null
}

export type MediaKind = 'picture' | 'photo' | 'video' | 'live' | 'practice'

/** What stays of an upload once it is recognised. */
export type Keep = 'all' | 'thumbnails' | 'results'

/** What a person says that a face shows. */
export interface Correction {
  expression: Expression
  /** The person's user name; null once their account is gone. */
  by: string | null
  at: string
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
  /** Null where the picture was not kept. */
  crop: string | null
  expression: Expression
  probability: number
  probabilities: Record<Expression, number>
  /** Whether the expression is not to be relied on. */
  uncertain: boolean
  /** Null for faces from before it was measured; the worst issue comes first. */
  quality: { score: number; issues: QualityIssue[] } | null
  detection_score: number
  correction: Correction | null
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
  /** What a person says that this face shows, where it was corrected. */
  corrected_expression: Expression | null
  /** How many faces were corrected. */
  corrections: number
  uncertain: boolean
  thumbnail: string | null
  kind: MediaKind
  note: string
  tags: string[]
  /** Grows with each edit. */
  revision: number
}

export interface RecordDetail extends RecordSummary {
  width: number
  height: number
  /** Null where the picture was not kept. */
  original: string | null
  annotated: string | null
  keep: Keep
  /** When it is deleted by itself. */
  delete_at: string | null
  purpose: string
  file_name: string
  detector: string | null
  model: string | null
  error: Failure | null
  faces: Face[]
  /** What was seen over time; null where there is only one picture. */
  timeline: Timeline | null
}

/** Something worth remembering at a moment, in seconds since the start. */
export interface Mark {
  time: number
  label: string
}

/** One expression that was asked for and how well it was shown; times in seconds. */
export interface PracticeRound {
  expression: Expression
  /** From 0 to 1. */
  score: number
  /** For how long it was held. */
  held: number
  /** The highest probability that was reached. */
  peak: number
  started: number
  ended: number
}

/** A face that was followed; times in seconds. */
export interface Track {
  track: number
  /** What a person calls it; empty where nobody named it. */
  name: string
  hidden: boolean
  /** Number of its colour, from 0. */
  color: number
  /** The tracks that a person made part of it. */
  merged: number[]
  first: number
  last: number
  samples: number
  /** The one shown for the longest time. */
  expression: Expression | null
}

/** A part of a film that a person named. */
export interface Segment {
  /** None as long as the server does not have it. */
  id?: string
  name: string
  start: number
  end: number
}

export interface AnnotatedFilmOptions {
  smoothing: Smoothing
  /** Null: all that are not hidden. */
  tracks: number[] | null
  labels: boolean
  blur_faces: boolean
}

/** Times in seconds since the start, probabilities and shares from 0 to 1. */
export interface Timeline {
  duration: number
  sample_count: number
  tracks: Track[]
  segments: Segment[]
  smoothing: Smoothing
  /** Whether only a part of the film could be read. */
  truncated: boolean
  /** With the annotations drawn in. */
  film: {
    state: 'none' | 'queued' | 'making' | 'done' | 'failed'
    /** From 0 to 1. */
    progress: number
    url: string | null
  } | null
  /** As it was uploaded; null where that was not kept. */
  original: string | null
  marks: Mark[]
  practice: { rounds: PracticeRound[] } | null
  summary: {
    shares: Record<Expression, number>
    changes: number
    longest: { expression: Expression; start: number; end: number; seconds: number } | null
    mean: Record<Expression, number>
    uncertain_share: number
    seconds_with_face: number
  } | null
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
    /** What the answer said besides, where it did. */
    readonly besides: {
      /** After how many seconds one may try again. */
      readonly retryAfter?: number
      /** The number that is wanted next in a row of numbered requests. */
      readonly next?: number
      /** How many bytes of an upload in pieces are there. */
      readonly offset?: number
    } = {},
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
  if (!(error instanceof ApiError)) return t('errors.unexpected')
  if (error.errors.length === 0) return error.message
  return error.errors.map(({ message }) => message).join(' ')
}

function offlineError(): ApiError {
  return new ApiError(0, OFFLINE, t('errors.unreachable'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What we say when the answer carries no sentence of its own, e.g. a reverse proxy's HTML page. */
function messageForStatus(status: number): string {
  if (status === 401) return t('errors.signInFirst')
  if (status === 403) return t('errors.forbidden')
  if (status === 404) return t('errors.missing')
  if (status === 413) return t('errors.tooLarge')
  if (status === 429) return t('errors.tooMany')
  if (status >= 500) return t('errors.server')
  return t('errors.notAccepted')
}

/**
 * Folds an error answer of either dialect:
 * ours (RFC 9457) `{code, detail, errors?: [{field, code, detail}]}` and
 * allauth's `{errors: [{param, code, message}]}`.
 */
export function foldError(status: number, body: unknown, retryAfter?: number): ApiError {
  if (!isObject(body)) {
    return new ApiError(status, `http_${status}`, messageForStatus(status), [], { retryAfter })
  }

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
    // In the body it may be a fraction of a second, in the header only a whole number.
    {
      retryAfter: number(body.retry_after) ?? retryAfter,
      next: number(body.next),
      offset: number(body.offset),
    },
  )
}

let signedOutHandler: () => void = () => {}

/** To be told when an answer shows that nobody is signed in any more. */
export function reportSignedOut(): void {
  signedOutHandler()
}

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

export interface Answer {
  status: number
  body: unknown
  /** In seconds, where the server asks to wait. */
  retryAfter?: number
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  json?: unknown
  /** Sent as a form instead of JSON, for files. */
  form?: FormData
  /** Sent as it is, under its own type. */
  blob?: Blob
  /** Goes on although the page is left meanwhile. */
  keepalive?: boolean
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

async function send(path: string, options: RequestOptions): Promise<Answer> {
  const { method = 'GET', json, form, blob, keepalive, signal } = options
  if (method !== 'GET') forgetAnswers()
  // The server's own sentences come in the language of the page.
  const headers = new Headers({
    Accept: 'application/json',
    'Accept-Language': wantedLanguage(),
    ...options.headers,
  })
  if (method !== 'GET') headers.set('X-CSRFToken', csrfToken())
  if (json !== undefined) headers.set('Content-Type', 'application/json')
  if (blob) headers.set('Content-Type', blob.type)
  try {
    const response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      body: form ?? blob ?? (json === undefined ? undefined : JSON.stringify(json)),
      keepalive,
      signal,
    })
    const seconds = Number.parseFloat(response.headers.get('Retry-After') ?? '')
    return {
      status: response.status,
      body: parseJson(await response.text()),
      retryAfter: number(seconds),
    }
  } catch (error) {
    if (signal?.aborted) throw error
    throw offlineError()
  }
}

/** Posts as a form does: for what leads away from the app, or is a file for the browser to save. */
export function submitForm(path: string, fields: readonly (readonly [string, string])[]): void {
  const form = document.createElement('form')
  form.method = 'POST'
  form.action = path
  for (const [name, value] of [...fields, ['csrfmiddlewaretoken', csrfToken()]]) {
    const input = document.createElement('input')
    Object.assign(input, { type: 'hidden', name, value })
    form.append(input)
  }
  document.body.append(form)
  form.submit()
  form.remove()
}

export function isOk(status: number): boolean {
  return status >= 200 && status < 300
}

/** Gives back the body of a good answer of ours, or throws. */
function settle<T>({ status, body, retryAfter }: Answer): T {
  if (!isOk(status)) {
    if (status === 401) signedOutHandler()
    throw foldError(status, body, retryAfter)
  }
  if (status !== 204 && !isObject(body) && !Array.isArray(body)) {
    throw new ApiError(status, 'unreadable', t('errors.unreadable'))
  }
  return body as T
}

/** Asks our own API at a path below `/api/v1/`. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const brought = options.method === undefined ? takeAnswer(path) : undefined
  if (brought !== undefined) {
    // In a task of its own, as if it had been sent: the page is drawn in two parts, not in one go.
    await new Promise((resolve) => setTimeout(resolve))
    return brought as T
  }
  return settle<T>(await send(`/api/v1/${path}`, options))
}

// Accounts ---------------------------------------------------------------------------------------

export async function accountRequest(path: string, options: RequestOptions = {}): Promise<Answer> {
  return send(`/_allauth/browser/v1/${path}`, options)
}

/** A step that allauth holds open, see "Authentication flows" in its headless specification. */
export interface Flow {
  id: string
  is_pending?: boolean
  /** By what a second factor can be shown. */
  types?: ('totp' | 'recovery_codes' | 'webauthn')[]
}

/** The password (or passkey, or provider) was right, but that is not all that is needed. */
export class FurtherStep extends ApiError {
  constructor(readonly flows: readonly Flow[]) {
    super(401, 'further_step', t('errors.oneMoreStep'))
  }

  pending(id: string): Flow | undefined {
    return this.flows.find((flow) => flow.id === id && flow.is_pending)
  }
}

export function flowsOf(body: unknown): Flow[] {
  const data = isObject(body) ? body.data : undefined
  return isObject(data) && Array.isArray(data.flows) ? (data.flows as Flow[]) : []
}

/** The person in allauth's answer to a sign-in of any kind. */
export function userOf({ status, body }: Answer): User {
  if (status === 401) throw new FurtherStep(flowsOf(body))
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

/** `email` is left out where it is empty: an address is no condition. */
export async function signUp({ email, ...rest }: Credentials & { email?: string }): Promise<User> {
  const json = email ? { ...rest, email } : rest
  return userOf(await accountRequest('auth/signup', { method: 'POST', json }))
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

/** The newest job that recognises a record. */
export async function getJobOfRecord(recordId: string, signal?: AbortSignal): Promise<Job | null> {
  const query = new URLSearchParams({ record: recordId })
  const { results } = await request<Page<Job>>(`jobs/?${query}`, { signal })
  // Making the annotated film recognises nothing.
  return results.find(({ kind }) => kind !== 'making') ?? null
}

/** Has the server try a failed job again, with the picture that it already has. */
export function retryJob(id: string): Promise<Job> {
  return request<Job>(`jobs/${encodeURIComponent(id)}/retry/`, { method: 'POST' })
}

/** The cursor inside a page's `next` address; behind a proxy its host may not be ours. */
export function cursorOf(next: string | null): string | null {
  return next === null ? null : new URL(next, window.location.origin).searchParams.get('cursor')
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

export interface PictureUpload {
  file: File
  /** Empty: the server uses the file's name. */
  name: string
  /** Empty: the site's own face detector. */
  detector: string
  /** Empty: none. */
  purpose?: string
  /** Empty: as the person's settings have it. */
  keep?: string
  /** A photo was taken with the camera just now. */
  kind?: 'picture' | 'photo'
  signal: AbortSignal
  /** Called with the share of the bytes that has left, from 0 to 1. */
  onProgress: (share: number) => void
}

export interface SentBytes {
  method: 'POST' | 'PATCH'
  body: FormData | ArrayBuffer
  signal: AbortSignal
  /** Called with the share of the bytes that has left, from 0 to 1. */
  onProgress: (share: number) => void
}

/** As `request`; by XMLHttpRequest, since fetch cannot tell how much has been uploaded. */
export function sendBytes<T>(
  path: string,
  { method, body, signal, onProgress }: SentBytes,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    forgetAnswers()
    const xhr = new XMLHttpRequest()
    const abort = () => xhr.abort()
    xhr.open(method, `/api/v1/${path}`)
    xhr.setRequestHeader('Accept', 'application/json')
    xhr.setRequestHeader('Accept-Language', wantedLanguage())
    xhr.setRequestHeader('X-CSRFToken', csrfToken())
    if (body instanceof ArrayBuffer) {
      xhr.setRequestHeader('Content-Type', 'application/octet-stream')
    }
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    xhr.onerror = () => reject(offlineError())
    xhr.onabort = () => reject(new DOMException(t('errors.uploadCancelled'), 'AbortError'))
    xhr.onload = () => {
      try {
        const seconds = Number.parseFloat(xhr.getResponseHeader('Retry-After') ?? '')
        const answer = { status: xhr.status, body: parseJson(xhr.responseText) }
        resolve(settle<T>({ ...answer, retryAfter: number(seconds) }))
      } catch (error) {
        reject(error)
      }
    }
    // A long upload in pieces has one signal for them all.
    xhr.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, { once: true })
    xhr.send(body)
  })
}

export async function uploadPicture(upload: PictureUpload): Promise<Job> {
  const form = new FormData()
  form.append('files', upload.file)
  if (upload.name) form.append('name', upload.name)
  if (upload.detector) form.append('detector', upload.detector)
  if (upload.purpose) form.append('purpose', upload.purpose)
  if (upload.keep) form.append('keep', upload.keep)
  if (upload.kind) form.append('kind', upload.kind)
  form.append('consent', 'true')
  const { signal, onProgress } = upload
  const sent: SentBytes = { method: 'POST', body: form, signal, onProgress }
  return (await sendBytes<{ jobs: [Job] }>('recognitions/', sent)).jobs[0]
}

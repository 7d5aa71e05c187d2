/** The server's side of films: uploads in pieces, what a person makes of a timeline, and files. */

import {
  request,
  sendBytes,
  type AnnotatedFilmOptions,
  type Job,
  type RecordDetail,
  type Segment,
  type Track,
} from './api'
import type { Expression } from './expressions'
import type { Smoothing } from './smoothing'

export interface Film {
  id: string
  /** How many bytes the server has. */
  offset: number
  size: number
  state: 'uploading' | 'queued' | 'analysing' | 'done' | 'failed' | 'cancelled'
  /** Once the upload is over. */
  record: string | null
}

export interface NewFilm {
  file_name: string
  size: number
  name?: string
  purpose?: string
  detector?: string
  keep?: string
  /** Samples a second; 0 is every frame. */
  rate: number
}

/** What is shown during a segment, of the samples that can be relied on. */
export interface SegmentFigures {
  /** Null for the whole film. */
  id: string | null
  /** Empty for the whole film. */
  name: string
  start: number
  end: number
  /** Null for all faces together. */
  track: number | null
  /** For how long the face was seen, or faces were in all. */
  seconds: number
  /** Of that time; null, as the others, where there is no sample to rely on. */
  shares: Record<Expression, number> | null
  mean: Record<Expression, number> | null
  /** The highest probability of each, and when it was reached. */
  peak: Record<Expression, { value: number; time: number; track: number }> | null
}

export interface TimelineChanges {
  smoothing?: Smoothing
  tracks?: ({ track: number } & Partial<Pick<Track, 'name' | 'hidden'>>)[]
  segments?: Segment[]
}

function filmPath(id: string): string {
  return `films/${encodeURIComponent(id)}/`
}

function recordPath(id: string): string {
  return `records/${encodeURIComponent(id)}/`
}

export function createFilm(film: NewFilm, signal: AbortSignal): Promise<Film> {
  const given = Object.entries(film).filter(([, value]) => value !== '' && value !== undefined)
  const json = { ...Object.fromEntries(given), people_agreed: true }
  return request('films/', { method: 'POST', json, signal })
}

export function getFilm(id: string, signal?: AbortSignal): Promise<Film> {
  return request(filmPath(id), { signal })
}

/**
 * Refused with the code `offset_mismatch` where the server has more or fewer bytes. With the last
 * piece the film is looked at, which takes seconds; an empty piece at the end asks for that again.
 */
export function sendPiece(
  id: string,
  offset: number,
  body: ArrayBuffer,
  options: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<Pick<Film, 'offset' | 'record'>> {
  return sendBytes(`${filmPath(id)}?offset=${offset}`, { method: 'PATCH', body, ...options })
}

/** Ends an upload; nothing of it is left. */
export async function dropFilm(id: string): Promise<void> {
  await request(filmPath(id), { method: 'DELETE' })
}

/** Ends the analysis; what is analysed so far becomes the record where `keep` is wanted. */
export function cancelJob(id: string, keep: boolean): Promise<Job> {
  return request(`jobs/${encodeURIComponent(id)}/cancel/`, { method: 'POST', json: { keep } })
}

export function editTimeline(
  record: string,
  revision: number,
  changes: TimelineChanges,
): Promise<RecordDetail> {
  const json = { ...changes, revision }
  return request(`${recordPath(record)}timeline/`, { method: 'PATCH', json })
}

export function mergeTracks(record: string, into: number, from: number[]): Promise<RecordDetail> {
  return request(`${recordPath(record)}tracks/merge/`, { method: 'POST', json: { into, from } })
}

export function unmergeTrack(record: string, track: number): Promise<RecordDetail> {
  return request(`${recordPath(record)}tracks/unmerge/`, { method: 'POST', json: { track } })
}

/** Takes the place of all segments; an error says which line is wrong. */
export function importSegments(record: string, sheet: File): Promise<RecordDetail> {
  const blob = new Blob([sheet], { type: 'text/csv' })
  return request(`${recordPath(record)}segments/import/`, { method: 'POST', blob })
}

export function getSegments(record: string, signal?: AbortSignal): Promise<SegmentFigures[]> {
  return request(`${recordPath(record)}segments/`, { signal })
}

/** Has the annotated film made from the stored numbers. */
export function makeFilm(record: string, options: AnnotatedFilmOptions): Promise<Job> {
  return request(`${recordPath(record)}film/`, { method: 'POST', json: options })
}

export const FILM_FILES = {
  csv: 'samples.csv',
  jsonl: 'samples.jsonl',
  summary: 'summary.csv',
  webvtt: 'captions.vtt',
  elan: 'elan.eaf',
} as const

export type FilmFile = keyof typeof FILM_FILES

export function filmFileAddress(record: string, file: FilmFile): string {
  return `/api/v1/${recordPath(record)}${FILM_FILES[file]}`
}

/** The server's side of the live camera: frames in, numbers out, and what of them is kept. */

import {
  request,
  type Box,
  type Mark,
  type MediaKind,
  type PracticeRound,
  type RecordDetail,
} from './api'
import { EXPRESSIONS, type Expression } from './expressions'
import type { QualityIssue } from './quality'
import type { Smoothing } from './smoothing'

export interface LiveSession {
  id: string
  created_at: string
  frame_max_bytes: number
  /** In pixels. */
  frame_max_side: number
  /** After so long without a frame the server takes the session for over. */
  idle_seconds: number
}

/** Boxes are in pixels of the frame that was sent. */
export interface LiveFace {
  /** Stays the same as long as the face is followed. */
  track: number
  box: Box
  expression: Expression
  probability: number
  /** Of this frame alone. */
  probabilities: Record<Expression, number>
  quality: number
  quality_issues: QualityIssue[]
  uncertain: boolean
}

/** How long the server took, in milliseconds. */
export interface ServerTimings {
  /** For others' frames. */
  wait: number
  decode: number
  detect: number
  classify: number
  total: number
}

export interface FrameAnswer {
  time: number
  width: number
  height: number
  /** Whether the whole frame was searched for faces, or only followed those known. */
  detected: boolean
  faces: LiveFace[]
  timings: ServerTimings
}

/** What one face showed at one moment, as it is stored. */
export interface Sample {
  /** In seconds since the session began. */
  time: number
  track: number
  /** x, y, width, height. */
  box: [number, number, number, number]
  /** In the order of `EXPRESSIONS`. */
  probabilities: number[]
  quality: number
  uncertain: boolean
}

export interface FinishedSession {
  kind: Extract<MediaKind, 'live' | 'practice'>
  name?: string
  marks: Mark[]
  duration: number
  width: number
  height: number
  practice?: { rounds: PracticeRound[] }
}

export interface PracticeScores {
  rounds_total: number
  expressions: {
    expression: Expression
    rounds: number
    mean_score: number | null
    best_score: number | null
    recent_mean: number | null
    /** How much better the recent rounds were than those before. */
    trend: number | null
  }[]
  /** Newest first. */
  history: {
    record: string
    created_at: string
    /** Null where nothing was rated. */
    mean_score: number | null
    rounds: PracticeRound[]
  }[]
}

/** All columns are equally long. */
export interface SampleColumns {
  times: number[]
  tracks: number[]
  boxes: [number, number, number, number][]
  probabilities: number[][]
  quality: number[]
  uncertain: boolean[]
  /** Whether there are more, between these. */
  thinned: boolean
}

function livePath(id: string): string {
  return `live/${encodeURIComponent(id)}/`
}

export function startLive(purpose: string, signal?: AbortSignal): Promise<LiveSession> {
  const json = { people_agreed: true, ...(purpose && { purpose }) }
  return request('live/', { method: 'POST', json, signal })
}

export function sendFrame(
  id: string,
  frame: Blob,
  time: number,
  signal: AbortSignal,
): Promise<FrameAnswer> {
  const query = new URLSearchParams({ time: time.toFixed(4) })
  return request(`${livePath(id)}frames/?${query}`, { method: 'POST', blob: frame, signal })
}

/** Refused with the code `sequence_gap` where an earlier number is wanted first. */
export function sendSamples(
  id: string,
  sequence: number,
  samples: readonly Sample[],
): Promise<{ next: number }> {
  return request(`${livePath(id)}samples/`, { method: 'POST', json: { sequence, samples } })
}

/** A still that the person asks to keep with the record. */
export async function keepPicture(id: string, picture: Blob): Promise<void> {
  await request(`${livePath(id)}picture/`, { method: 'PUT', blob: picture })
}

/** Makes a record of it. Safe to repeat: the record is the same. */
export function finishLive(id: string, session: FinishedSession): Promise<RecordDetail> {
  return request(`${livePath(id)}finish/`, { method: 'POST', json: session })
}

/** Ends it and keeps nothing; goes through although the page is being left. */
export async function dropLive(id: string): Promise<void> {
  await request(livePath(id), { method: 'DELETE', keepalive: true })
}

export function getPractice(signal?: AbortSignal): Promise<PracticeScores> {
  return request('practice/', { signal })
}

export interface SampleQuery {
  /** More are evenly thinned out. */
  most: number
  /** In seconds. */
  start?: number
  /** In seconds, included. */
  end?: number
  /** Another than the one that is kept with the timeline. */
  smoothing?: Smoothing
}

export function getSamples(
  record: string,
  { most, start, end, smoothing }: SampleQuery,
  signal?: AbortSignal,
): Promise<SampleColumns> {
  const query = new URLSearchParams({ most: String(most) })
  if (start !== undefined) query.set('start', Math.max(0, start).toFixed(3))
  if (end !== undefined) query.set('end', end.toFixed(3))
  if (smoothing) query.set('smoothing', smoothing)
  return request(`records/${encodeURIComponent(record)}/samples/?${query}`, { signal })
}

export function samplesAddress(record: string, format: 'csv' | 'json'): string {
  return `/api/v1/records/${encodeURIComponent(record)}/samples.${format}`
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** As precise as is of use, so that an hour of samples stays small. */
export function sampleOf(face: LiveFace, time: number): Sample {
  const { x, y, width, height } = face.box
  return {
    time: rounded(time, 3),
    track: face.track,
    box: [rounded(x, 1), rounded(y, 1), rounded(width, 1), rounded(height, 1)],
    probabilities: EXPRESSIONS.map((name) => rounded(face.probabilities[name], 5)),
    quality: rounded(face.quality, 3),
    uncertain: face.uncertain,
  }
}

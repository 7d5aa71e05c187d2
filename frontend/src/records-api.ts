/** What the server does with records: search, edit, correct, delete, count, hand out, take in. */

import {
  request,
  submitForm,
  type Face,
  type Job,
  type Page,
  type RecordDetail,
  type RecordSummary,
} from './api'
import type { Expression } from './expressions'

/** The most records that one request may name. */
export const NAMED_AT_ONCE = 500

function recordPath(id: string): string {
  return `records/${encodeURIComponent(id)}/`
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`
}

export function listRecords(
  query: URLSearchParams = new URLSearchParams(),
  signal?: AbortSignal,
): Promise<Page<RecordSummary>> {
  return request(withQuery('records/', query), { signal })
}

export interface RecordChanges {
  name?: string
  note?: string
  tags?: string[]
}

/** Refused with the code `edit_conflict` where `revision` is no longer the newest. */
export function editRecord(
  id: string,
  revision: number,
  changes: RecordChanges,
): Promise<RecordDetail> {
  return request(recordPath(id), { method: 'PATCH', json: { ...changes, revision } })
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size)
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size))
}

/** Hides them at once; gives back those that it hid. One that is gone already is no error. */
export async function deleteRecords(ids: readonly string[]): Promise<string[]> {
  const deleted: string[] = []
  for (const some of chunks(ids, NAMED_AT_ONCE)) {
    const json = { ids: some }
    deleted.push(
      ...(await request<{ deleted: string[] }>('records/delete/', { method: 'POST', json }))
        .deleted,
    )
  }
  return deleted
}

/** Gives back those that are there again; for the others it is too late. */
export async function restoreRecords(ids: readonly string[]): Promise<string[]> {
  const restored: string[] = []
  for (const some of chunks(ids, NAMED_AT_ONCE)) {
    const json = { ids: some }
    const answer = await request<{ restored: string[] }>('records/restore/', {
      method: 'POST',
      json,
    })
    restored.push(...answer.restored)
  }
  return restored
}

function correctionPath(faceId: Face['id']): string {
  return `faces/${encodeURIComponent(faceId)}/correction/`
}

export function correctFace(faceId: Face['id'], expression: Expression): Promise<Face> {
  return request(correctionPath(faceId), { method: 'PUT', json: { expression } })
}

export function undoCorrection(faceId: Face['id']): Promise<void> {
  return request(correctionPath(faceId), { method: 'DELETE' })
}

export interface Tag {
  name: string
  /** How many records carry it. */
  records: number
}

export function listTags(signal?: AbortSignal): Promise<Tag[]> {
  return request('tags/', { signal })
}

export interface Model {
  name: string
  version: string
  active: boolean
}

export function listModels(signal?: AbortSignal): Promise<Model[]> {
  return request('models/', { signal })
}

/** What is left out is the site's own; a model is asked for as `NAME@VERSION`. */
export function recognizeAgain(
  id: string,
  using: { detector?: string; model?: string },
): Promise<Job> {
  return request(`${recordPath(id)}recognize/`, { method: 'POST', json: using })
}

/** Faces by what they count as: what a person says they show, or else the machine's answer. */
export type Counts = Record<Expression, number>

interface Slot {
  faces: number
  counts: Counts
}

export interface Statistics {
  records: number
  faces: number
  /** Faces whose expression is not to be relied on. */
  uncertain: number
  mean_probability: number | null
  expressions: {
    expression: Expression
    faces: number
    share: number
    /** Of the faces that the machine recognised as it. */
    mean_probability: number | null
  }[]
  /** Those with a face, the earliest first; as `2026-11-20`. */
  days: (Slot & { date: string })[]
  /** From 0 to 23. */
  hours: (Slot & { hour: number })[]
  /** From 1, Monday, to 7. */
  weekdays: (Slot & { weekday: number })[]
  corrections: {
    corrected: number
    /** Corrected to what the machine had said. */
    agreeing: number
    /** The machine's answer, and below it what people said. */
    matrix: Record<Expression, Counts>
  }
}

export function getStatistics(query: URLSearchParams, signal?: AbortSignal): Promise<Statistics> {
  return request(withQuery('records/statistics/', query), { signal })
}

export const EXPORT_FORMATS = ['csv', 'json', 'zip'] as const

export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** The address that hands out the records of `query` as a file. */
export function exportAddress(format: ExportFormat, query: URLSearchParams): string {
  const all = new URLSearchParams(query)
  all.set('format', format)
  return `/api/v1/records/export/?${all}`
}

/** Has the browser save these records as a file. Their ids are too long for an address. */
export function exportRecords(format: ExportFormat, ids: readonly string[]): void {
  submitForm(
    exportAddress(format, new URLSearchParams()),
    ids.map((id) => ['ids', id]),
  )
}

export interface ImportResult {
  records: number
  /** Those that were here already. */
  skipped: number
}

export function importRecords(file: File, signal?: AbortSignal): Promise<ImportResult> {
  const form = new FormData()
  form.append('file', file)
  return request('records/import/', { method: 'POST', form, signal })
}

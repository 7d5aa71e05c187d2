/** Our own endpoints about the person who is signed in: settings, consent, tokens, their data. */

import { request, type Page } from './api'
import type { Theme } from './theme'

export const KEEPS = ['all', 'thumbnails', 'results'] as const
/** What of an upload stays once it is recognised. */
export type Keep = (typeof KEEPS)[number]

export interface Me {
  id: number
  username: string
  display_name: string
  email: string
  email_verified: boolean
  /** Empty: as the device has it. */
  language: 'en' | 'zh-hans' | ''
  theme: Theme
  /** Empty: the site's own. */
  detector: string
  keep: Keep
  /** After how many days records are deleted whole; null: never. */
  keep_days: number | null
  has_password: boolean
  is_staff: boolean
  consent: {
    required_version: string
    given_version: string | null
    given_at: string | null
  }
}

export type Settings = Pick<
  Me,
  'display_name' | 'language' | 'theme' | 'detector' | 'keep' | 'keep_days'
>

export function getMe(): Promise<Me> {
  return request<Me>('me/')
}

export function patchMe(changes: Partial<Settings>): Promise<Me> {
  return request<Me>('me/', { method: 'PATCH', json: changes })
}

/** Deletes the account and everything of it, for good. */
export function deleteMe(password: string): Promise<void> {
  return request<void>('me/delete/', { method: 'POST', json: { password } })
}

// Consent ----------------------------------------------------------------------------------------

export interface ConsentState {
  required_version: string
  /** Which of the texts that this app knows belongs to that version. */
  text_id: string
  given: { version: string; given_at: string } | null
  history: { version: string; given_at: string; withdrawn_at: string | null }[]
}

export function getConsent(): Promise<ConsentState> {
  return request<ConsentState>('consent/')
}

export function giveConsent(version: string): Promise<ConsentState> {
  return request<ConsentState>('consent/', { method: 'POST', json: { version } })
}

export function withdrawConsent(): Promise<void> {
  return request<void>('consent/', { method: 'DELETE' })
}

// Tokens -----------------------------------------------------------------------------------------

export interface ApiToken {
  id: number
  name: string
  /** The key's beginning. */
  hint: string
  created_at: string
  last_used_at: string | null
}

/** A list, whether it comes in pages or whole. */
function itemsOf<T>(answer: Page<T> | T[]): T[] {
  return Array.isArray(answer) ? answer : answer.results
}

export async function listTokens(): Promise<ApiToken[]> {
  return itemsOf(await request<Page<ApiToken> | ApiToken[]>('tokens/'))
}

/** The answer to this holds the key, and no later one does. */
export function createToken(name: string): Promise<ApiToken & { key: string }> {
  return request<ApiToken & { key: string }>('tokens/', { method: 'POST', json: { name } })
}

export function revokeToken(id: number): Promise<void> {
  return request<void>(`tokens/${id}/`, { method: 'DELETE' })
}

// My data ----------------------------------------------------------------------------------------

export interface DataExport {
  id: number | string
  state: 'queued' | 'running' | 'done' | 'failed'
  /** In bytes, once it is made. */
  size: number | null
  created_at: string
  finished_at: string | null
  expires_at: string | null
}

export async function listDataExports(): Promise<DataExport[]> {
  return itemsOf(await request<Page<DataExport> | DataExport[]>('data-exports/'))
}

export function requestDataExport(): Promise<DataExport> {
  return request<DataExport>('data-exports/', { method: 'POST' })
}

export function getDataExport(id: DataExport['id'], signal?: AbortSignal): Promise<DataExport> {
  return request<DataExport>(`data-exports/${id}/`, { signal })
}

export function deleteDataExport(id: DataExport['id']): Promise<void> {
  return request<void>(`data-exports/${id}/`, { method: 'DELETE' })
}

export function dataExportAddress(id: DataExport['id']): string {
  return `/api/v1/data-exports/${id}/file/`
}

// Who looked -------------------------------------------------------------------------------------

export interface AuditEntry {
  id: number
  at: string
  actor: string
  action: string
  object_type: string
  object_id: string
  detail: string
}

/** Who looked at or changed what is this person's, newest first. */
export function listAudit(cursor: string | null = null): Promise<Page<AuditEntry>> {
  const query = cursor === null ? '' : `?${new URLSearchParams({ cursor })}`
  return request<Page<AuditEntry>>(`audit/${query}`)
}

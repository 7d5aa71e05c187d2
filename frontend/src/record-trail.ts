/** The list that a person came from: to go back to it as it was, and from record to record. */

import { cursorOf, type RecordDetail, type RecordSummary } from './api'
import { isDeleted } from './deletions'
import { serverQuery, type RecordFilters } from './record-filters'
import { listRecords } from './records-api'
import { session } from './session'

/** After this long the list is asked for anew. */
const FRESH_MS = 5 * 60_000

interface Trail {
  filters: RecordFilters
  records: readonly RecordSummary[]
  cursor: string | null
}

let trail: (Trail & { at: number; userId: number | undefined }) | null = null

export function leaveTrail(left: Trail): void {
  trail = { ...left, at: Date.now(), userId: session.user?.id }
}

function ownTrail(): typeof trail {
  return trail !== null && trail.userId === session.user?.id ? trail : null
}

function sameFilters(one: RecordFilters, other: RecordFilters): boolean {
  return serverQuery(one).toString() === serverQuery(other).toString()
}

export function trailFor(filters: RecordFilters): Trail | null {
  const own = ownTrail()
  const isFresh = own !== null && Date.now() - own.at < FRESH_MS
  return isFresh && sameFilters(own.filters, filters) ? own : null
}

/** The filters of the list that the person came from. */
export function trailFilters(): RecordFilters | null {
  return ownTrail()?.filters ?? null
}

/** Has the list show what became of a record on its own page. */
export function updateTrail(record: RecordSummary): void {
  if (trail === null) return
  trail.records = trail.records.map((one) => (one.id === record.id ? record : one))
}

export interface Neighbours {
  previous: string | null
  next: string | null
}

async function fetchMore(own: NonNullable<typeof trail>, signal?: AbortSignal): Promise<void> {
  if (own.cursor === null) return
  const query = serverQuery(own.filters)
  query.set('cursor', own.cursor)
  const page = await listRecords(query, signal)
  own.records = [...own.records, ...page.results]
  own.cursor = cursorOf(page.next)
}

async function nearest(
  record: RecordDetail,
  side: 'newer' | 'older',
  signal?: AbortSignal,
): Promise<string | null> {
  const query = new URLSearchParams({ page_size: '3' })
  query.set(side === 'newer' ? 'created_from' : 'created_to', record.created_at)
  query.set('ordering', side === 'newer' ? 'created_at' : '-created_at')
  const { results } = await listRecords(query, signal)
  return results.find(({ id }) => id !== record.id)?.id ?? null
}

/** The records before and after one in the list it was opened from, or else by time. */
export async function neighboursOf(
  record: RecordDetail,
  signal?: AbortSignal,
): Promise<Neighbours> {
  const own = ownTrail()
  const isOnTrail = own?.records.some(({ id }) => id === record.id)
  if (!own || !isOnTrail) {
    const [previous, next] = await Promise.all([
      nearest(record, 'newer', signal),
      nearest(record, 'older', signal),
    ])
    return { previous, next }
  }
  if (own.records.at(-1)?.id === record.id) await fetchMore(own, signal)
  const ids = own.records.map(({ id }) => id).filter((id) => id === record.id || !isDeleted(id))
  const index = ids.indexOf(record.id)
  return { previous: ids[index - 1] ?? null, next: ids[index + 1] ?? null }
}

export function forgetTrail(): void {
  trail = null
}

/** Records that were just deleted and can still be brought back. */

import { reactive, readonly, ref } from 'vue'

import { announce } from './announcer'
import { errorText, type RecordSummary } from './api'
import { t } from './i18n'
import { deleteRecords, restoreRecords } from './records-api'
import { session } from './session'

const DEFAULT_UNDO_SECONDS = 30
/** The server's clock ran before its answer was here. */
const MARGIN_SECONDS = 1

export interface Deletion {
  key: number
  /** In words. */
  what: string
  ids: readonly string[]
  seconds: number
  isPending: boolean
  error: string
}

type Deletable = Pick<RecordSummary, 'id' | 'name'>

let lastKey = 0
const timers = new Map<number, ReturnType<typeof setTimeout>>()
const state = reactive<{ open: Deletion[] }>({ open: [] })

/** Hidden from every list, also from one that was loaded before. */
const hidden = reactive(new Set<string>())

/** Grows when records come back, for lists that were loaded without them. */
export const restorations = ref(0)

export const deletions = readonly(state)

export function isDeleted(id: string): boolean {
  return hidden.has(id)
}

export function undoSeconds(): number {
  return session.config?.undo_seconds ?? DEFAULT_UNDO_SECONDS
}

function inWords(records: readonly Deletable[]): string {
  return records.length === 1
    ? t('records.deletion.one', { name: records[0]!.name })
    : t('records.deletion.many', { n: records.length }, records.length)
}

/** Takes away the offer to undo. */
export function dismiss(key: number): void {
  clearTimeout(timers.get(key))
  timers.delete(key)
  state.open = state.open.filter((deletion) => deletion.key !== key)
}

/** Deletes at once and offers to undo it for as long as the server can. Throws what went wrong. */
export async function removeRecords(records: readonly Deletable[]): Promise<void> {
  const ids = records.map(({ id }) => id)
  await deleteRecords(ids)
  ids.forEach((id) => hidden.add(id))
  const what = inWords(records)
  const seconds = undoSeconds() - MARGIN_SECONDS
  if (seconds <= 0) {
    await announce(what)
    return
  }
  const key = ++lastKey
  state.open.push({ key, what, ids, seconds, isPending: false, error: '' })
  timers.set(
    key,
    setTimeout(() => dismiss(key), seconds * 1000),
  )
  await announce(t('records.deletion.announcement', { what, seconds: Math.round(seconds) }))
}

/** Brings back what a deletion took; where that fails the offer says why. */
export async function undo(key: number): Promise<void> {
  const deletion = state.open.find((one) => one.key === key)
  if (!deletion || deletion.isPending) return
  deletion.isPending = true
  deletion.error = ''
  try {
    const restored = await restoreRecords(deletion.ids)
    restored.forEach((id) => hidden.delete(id))
    if (restored.length > 0) restorations.value += 1
    if (restored.length < deletion.ids.length) {
      deletion.ids = deletion.ids.filter((id) => !restored.includes(id))
      deletion.error = t('records.deletion.tooLate', { n: restored.length }, restored.length)
      await announce(deletion.error)
      return
    }
    dismiss(key)
    await announce(t('records.deletion.undone', restored.length))
  } catch (error) {
    deletion.error = errorText(error)
    await announce(deletion.error)
  } finally {
    deletion.isPending = false
  }
}

/** The newest, as Ctrl+Z expects. */
export async function undoLast(): Promise<void> {
  const last = state.open.at(-1)
  if (last) await undo(last.key)
}

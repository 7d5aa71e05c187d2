import { nextTick, ref, type Ref } from 'vue'

import { announce } from './announcer'
import { ApiError, deleteRecord, errorText, type RecordSummary } from './api'

interface Confirmation {
  ask: () => Promise<boolean>
}

/** Asks, deletes, tells; the same from a card and from the record's own page. */
export function useRecordDeletion(
  confirmation: Readonly<Ref<Confirmation | null>>,
  onDeleted: (id: string) => unknown,
) {
  const candidate = ref<RecordSummary | null>(null)
  const deletionError = ref('')

  async function askToDelete(record: RecordSummary): Promise<void> {
    candidate.value = record
    deletionError.value = ''
    // The dialog must show the name before it opens.
    await nextTick()
    if (!(await confirmation.value?.ask())) return
    try {
      await deleteRecord(record.id)
    } catch (error) {
      const isGoneAlready = error instanceof ApiError && error.status === 404
      if (!isGoneAlready) {
        deletionError.value = errorText(error)
        return
      }
    }
    await onDeleted(record.id)
    await announce(`“${record.name}” was deleted.`)
  }

  return { candidate, deletionError, askToDelete }
}

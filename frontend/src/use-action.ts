import { ref, type Ref } from 'vue'

import { errorText } from './api'
import { isCancelled } from './use-form'

/** Something that a button does: whether it is under way, and what went wrong. */
export function useAction() {
  const isPending = ref(false)
  const error = ref('')

  /** Resolves to whether it worked. */
  async function run(act: () => Promise<unknown>): Promise<boolean> {
    isPending.value = true
    error.value = ''
    try {
      await act()
      return true
    } catch (problem) {
      if (!isCancelled(problem)) error.value = errorText(problem)
      return false
    } finally {
      isPending.value = false
    }
  }

  return { isPending, error, run }
}

/** What a section shows, fetched when it appears; `load` again after an error. */
export function useLoaded<T>(fetchIt: () => Promise<T>) {
  const data = ref(null) as Ref<T | null>
  const { isPending: isLoading, error, run } = useAction()

  async function load(): Promise<void> {
    await run(async () => (data.value = await fetchIt()))
  }

  void load()
  return { data, isLoading, error, load }
}

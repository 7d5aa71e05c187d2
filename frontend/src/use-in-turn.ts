import { onScopeDispose, ref, watch, type Ref } from 'vue'

/**
 * Counts from 1 up to `all` once it is ready, each in a task of its own: what is long to draw is
 * drawn in parts, and the page answers in between.
 */
export function useInTurn(all: number, isReady: () => boolean): Readonly<Ref<number>> {
  const count = ref(1)
  let timer: ReturnType<typeof setTimeout> | undefined

  function wait(): void {
    timer = setTimeout(() => {
      count.value += 1
      if (count.value < all) wait()
    })
  }

  watch(
    isReady,
    (ready) => {
      if (ready && timer === undefined) wait()
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))

  return count
}

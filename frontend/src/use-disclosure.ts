import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** A panel under a button: closes on Escape (the focus goes back) and on a click or focus outside. */
export function useDisclosure(
  container: Readonly<Ref<HTMLElement | null>>,
  button: Readonly<Ref<HTMLElement | null>>,
) {
  const isOpen = ref(false)

  function closeOnEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !isOpen.value) return
    isOpen.value = false
    button.value?.focus()
  }

  function closeWhenOutside(event: Event): void {
    if (!container.value?.contains(event.target as Node)) isOpen.value = false
  }

  onMounted(() => {
    document.addEventListener('keydown', closeOnEscape)
    document.addEventListener('pointerdown', closeWhenOutside)
    document.addEventListener('focusin', closeWhenOutside)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('keydown', closeOnEscape)
    document.removeEventListener('pointerdown', closeWhenOutside)
    document.removeEventListener('focusin', closeWhenOutside)
  })

  return { isOpen }
}

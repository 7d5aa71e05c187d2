import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** How wide an element is, in pixels; drawings follow it, so that their texts keep their size. */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>, initial = 640): Ref<number> {
  const width = ref(initial)
  let observer: ResizeObserver | undefined

  onMounted(() => {
    if (!element.value) return
    observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) width.value = entry.contentRect.width
    })
    observer.observe(element.value)
  })
  onBeforeUnmount(() => observer?.disconnect())

  return width
}

import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/**
 * How wide an element is, in pixels; drawings follow it, so that their texts keep their size. 0
 * before it is there, when nothing need be drawn that would be drawn again at once.
 */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>, hidden = 640): Ref<number> {
  const width = ref(0)
  let observer: ResizeObserver | undefined

  onMounted(() => {
    if (!element.value) return
    width.value = element.value.clientWidth || hidden
    observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) width.value = entry.contentRect.width
    })
    observer.observe(element.value)
  })
  onBeforeUnmount(() => observer?.disconnect())

  return width
}

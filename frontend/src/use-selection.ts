import { computed, ref, type Ref } from 'vue'

/** Which of the listed things are chosen; `ids` in the order in which they are shown. */
export function useSelection(ids: Readonly<Ref<readonly string[]>>) {
  const chosen = ref(new Set<string>())
  /** Where a range starts. */
  let anchor: string | null = null

  /** In the order of the list; what left the list is chosen no more. */
  const selected = computed(() => ids.value.filter((id) => chosen.value.has(id)))

  function isSelected(id: string): boolean {
    return chosen.value.has(id)
  }

  /** With `range`, whatever lies between the last one and this becomes like this one. */
  function toggle(id: string, { range = false } = {}): void {
    const becomes = !chosen.value.has(id)
    const from = anchor === null ? -1 : ids.value.indexOf(anchor)
    const to = ids.value.indexOf(id)
    const isRange = range && from !== -1 && to !== -1
    const changed = isRange ? ids.value.slice(Math.min(from, to), Math.max(from, to) + 1) : [id]
    for (const one of changed) {
      if (becomes) chosen.value.add(one)
      else chosen.value.delete(one)
    }
    anchor = id
  }

  function selectAll(): void {
    chosen.value = new Set(ids.value)
  }

  function clear(): void {
    chosen.value = new Set()
    anchor = null
  }

  return {
    selected,
    isSelected,
    toggle,
    selectAll,
    clear,
    areAllSelected: computed(
      () => ids.value.length > 0 && selected.value.length === ids.value.length,
    ),
  }
}

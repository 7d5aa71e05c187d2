import { describe, expect, it } from 'vitest'
import { ref } from 'vue'

import { useSelection } from '../use-selection'

function selectionOf(...ids: string[]) {
  const shown = ref(ids)
  return { shown, ...useSelection(shown) }
}

describe('useSelection', () => {
  it('chooses one by one, in the order of the list', () => {
    const { selected, toggle, isSelected } = selectionOf('a', 'b', 'c')
    toggle('c')
    toggle('a')
    expect(selected.value).toEqual(['a', 'c'])
    toggle('c')
    expect(selected.value).toEqual(['a'])
    expect(isSelected('c')).toBe(false)
  })

  it('chooses all between two, in both directions', () => {
    const { selected, toggle } = selectionOf('a', 'b', 'c', 'd', 'e')
    toggle('d')
    toggle('b', { range: true })
    expect(selected.value).toEqual(['b', 'c', 'd'])
    toggle('e', { range: true })
    expect(selected.value).toEqual(['b', 'c', 'd', 'e'])
  })

  it('takes a range away where its end was chosen', () => {
    const { selected, selectAll, toggle } = selectionOf('a', 'b', 'c', 'd')
    selectAll()
    toggle('b')
    toggle('d', { range: true })
    expect(selected.value).toEqual(['a'])
  })

  it('starts anew where the first of a range has left the list', () => {
    const { shown, selected, toggle } = selectionOf('a', 'b', 'c')
    toggle('a')
    shown.value = ['b', 'c']
    toggle('c', { range: true })
    expect(selected.value).toEqual(['c'])
  })

  it('forgets what left the list when counting', () => {
    const { shown, selected, areAllSelected, selectAll } = selectionOf('a', 'b')
    selectAll()
    expect(areAllSelected.value).toBe(true)
    shown.value = ['b', 'c']
    expect(selected.value).toEqual(['b'])
    expect(areAllSelected.value).toBe(false)
  })

  it('is not "all" of nothing', () => {
    expect(selectionOf().areAllSelected.value).toBe(false)
  })
})

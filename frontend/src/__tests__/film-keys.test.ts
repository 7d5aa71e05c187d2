import { describe, expect, it } from 'vitest'

import { filmKeyOf } from '../film-keys'

function press(
  key: string,
  changes: KeyboardEventInit = {},
  target: HTMLElement = document.createElement('div'),
) {
  let asked: ReturnType<typeof filmKeyOf> = null
  target.addEventListener('keydown', (event) => (asked = filmKeyOf(event)))
  target.dispatchEvent(new KeyboardEvent('keydown', { key, ...changes }))
  return asked
}

describe('filmKeyOf', () => {
  it.each([
    ['k', 'toggle'],
    ['I', 'markIn'],
    ['=', 'zoomIn'],
    ['-', 'zoomOut'],
    ['x', null],
    ['ArrowLeft', null],
  ])('%s asks for %s', (key, act) => expect(press(key)).toBe(act))

  it('pans with Shift and an arrow', () => {
    expect(press('ArrowLeft', { shiftKey: true })).toBe('panBack')
    expect(press('ArrowRight', { shiftKey: true })).toBe('panForward')
  })

  it('leaves the keys of the browser alone, and what is typed', () => {
    expect(press('0', { ctrlKey: true })).toBeNull()
    expect(press('+', { metaKey: true })).toBeNull()
    expect(press('i', {}, document.createElement('input'))).toBeNull()
    expect(press('i', {}, document.createElement('select'))).toBeNull()
    const range = Object.assign(document.createElement('input'), { type: 'range' })
    expect(press('i', {}, range)).toBe('markIn')
  })
})

import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import { announcement } from '../announcer'
import { ApiError } from '../api'
import UndoToasts from '../components/UndoToasts.vue'
import { deletions, dismiss, isDeleted, removeRecords, restorations, undo } from '../deletions'
import * as records from '../records-api'
import { aRecord } from './fixtures'

const one = aRecord({ id: 'one', name: 'One' })
const two = aRecord({ id: 'two', name: 'Two' })
let deleteRecords: MockInstance<typeof records.deleteRecords>
let restoreRecords: MockInstance<typeof records.restoreRecords>

beforeEach(() => {
  vi.useFakeTimers()
  deleteRecords = vi.spyOn(records, 'deleteRecords').mockImplementation(async (ids) => [...ids])
  restoreRecords = vi.spyOn(records, 'restoreRecords').mockImplementation(async (ids) => [...ids])
})

afterEach(async () => {
  // Nothing stays deleted for the next test.
  restoreRecords.mockImplementation(async (ids) => [...ids])
  for (const { key } of [...deletions.open]) await undo(key)
  vi.useRealTimers()
})

describe('deletions', () => {
  it('hide at once, offer to undo, and say so', async () => {
    await removeRecords([one])
    expect(deleteRecords).toHaveBeenCalledExactlyOnceWith(['one'])
    expect(isDeleted('one')).toBe(true)
    expect(deletions.open.map(({ what }) => what)).toEqual(['“One” was deleted.'])
    expect(announcement.value).toContain('Control Z')
  })

  it('bring back all of many', async () => {
    const before = restorations.value
    await removeRecords([one, two])
    expect(deletions.open[0]!.what).toBe('2 records were deleted.')
    await undo(deletions.open[0]!.key)
    expect(restoreRecords).toHaveBeenCalledExactlyOnceWith(['one', 'two'])
    expect(isDeleted('one') || isDeleted('two')).toBe(false)
    expect(restorations.value).toBe(before + 1)
    expect(deletions.open).toEqual([])
    expect(announcement.value).toBe('2 records are back.')
  })

  it('are final once the time is over', async () => {
    await removeRecords([one])
    await vi.advanceTimersByTimeAsync(28_000)
    expect(deletions.open).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(deletions.open).toEqual([])
    expect(isDeleted('one')).toBe(true)
  })

  it('do not hide what the server did not delete', async () => {
    deleteRecords.mockRejectedValue(new ApiError(500, 'http_500', 'No.'))
    await expect(removeRecords([two])).rejects.toThrow('No.')
    expect(isDeleted('two')).toBe(false)
    expect(deletions.open).toEqual([])
  })

  it('say why one cannot be undone, and can be tried again', async () => {
    await removeRecords([two])
    const { key } = deletions.open[0]!
    restoreRecords.mockRejectedValueOnce(new ApiError(410, 'too_late', 'It is too late.'))
    await undo(key)
    expect(deletions.open[0]).toMatchObject({ error: 'It is too late.', isPending: false })
    expect(isDeleted('two')).toBe(true)
    await undo(key)
    expect(isDeleted('two')).toBe(false)
  })

  it('say so where it is too late for some', async () => {
    await removeRecords([one, two])
    const { key } = deletions.open[0]!
    restoreRecords.mockResolvedValueOnce(['two'])
    await undo(key)
    expect(isDeleted('one')).toBe(true)
    expect(isDeleted('two')).toBe(false)
    expect(deletions.open[0]!.error).toContain('too late for some')
  })
})

describe('UndoToasts', () => {
  function press(target: EventTarget, options: KeyboardEventInit = {}): void {
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true, ...options }),
    )
  }

  it('undoes the newest by Ctrl+Z, but not while somebody types', async () => {
    mount(UndoToasts, { attachTo: document.body })
    const field = document.body.appendChild(document.createElement('input'))
    await removeRecords([one])
    await removeRecords([two])
    press(field)
    press(document.body, { shiftKey: true })
    await flushPromises()
    expect(restoreRecords).not.toHaveBeenCalled()
    press(document.body)
    await flushPromises()
    expect(restoreRecords).toHaveBeenCalledExactlyOnceWith(['two'])
    field.remove()
  })

  it('shows each deletion with buttons to undo and to close', async () => {
    const wrapper = mount(UndoToasts, { attachTo: document.body })
    await removeRecords([one])
    await removeRecords([two])
    await flushPromises()
    const [first] = wrapper.findAll('[data-testid=undo-toast]')
    await first!.get('button').trigger('click')
    await flushPromises()
    expect(isDeleted('one')).toBe(false)
    expect(wrapper.text()).toContain('“Two” was deleted.')
    dismiss(deletions.open[0]!.key)
    await flushPromises()
    expect(wrapper.find('[data-testid=undo-toast]').exists()).toBe(false)
  })
})

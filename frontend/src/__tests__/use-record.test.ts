import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import * as api from '../api'
import { ApiError } from '../api'
import * as records from '../records-api'
import { EditConflict, useRecord } from '../use-record'
import { aJob, aRecord } from './fixtures'

const abort = new AbortController()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function loaded(record = aRecord({ revision: 3, note: 'old' })) {
  const getRecord = vi.spyOn(api, 'getRecord').mockResolvedValue(record)
  vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'done' }))
  const used = useRecord(record.id, { signal: abort.signal })
  await used.load()
  return { ...used, getRecord }
}

describe('edits', () => {
  it('name the revision that they are made on and show what came of them', async () => {
    const { record, edit } = await loaded()
    const editRecord = vi
      .spyOn(records, 'editRecord')
      .mockImplementation(async () => aRecord({ revision: 4, note: 'new' }))
    await edit({ note: 'new' })
    expect(editRecord).toHaveBeenCalledExactlyOnceWith('record-1', 3, { note: 'new' })
    expect(record.value).toMatchObject({ revision: 4, note: 'new' })
    await edit({ name: 'Next' })
    expect(editRecord).toHaveBeenLastCalledWith('record-1', 4, { name: 'Next' })
  })

  it('tell whoever comes second, show the newest, and can then be saved all the same', async () => {
    const { record, edit, getRecord } = await loaded()
    const editRecord = vi
      .spyOn(records, 'editRecord')
      .mockRejectedValueOnce(new ApiError(409, 'edit_conflict', 'Changed meanwhile.'))
    getRecord.mockResolvedValue(aRecord({ revision: 7, note: 'theirs' }))
    await expect(edit({ note: 'mine' })).rejects.toBeInstanceOf(EditConflict)
    expect(record.value).toMatchObject({ revision: 7, note: 'theirs' })
    editRecord.mockResolvedValueOnce(aRecord({ revision: 8, note: 'mine' }))
    await edit({ note: 'mine' })
    expect(editRecord).toHaveBeenLastCalledWith('record-1', 7, { note: 'mine' })
    expect(record.value?.note).toBe('mine')
  })

  it('pass other errors on and change nothing', async () => {
    const { record, edit } = await loaded()
    vi.spyOn(records, 'editRecord').mockRejectedValue(new ApiError(400, 'invalid', 'Too long.'))
    await expect(edit({ note: 'x' })).rejects.toThrow('Too long.')
    expect(record.value?.note).toBe('old')
  })
})

describe('answers that come late', () => {
  it('do not leave a page waiting whose job ended between the two questions', async () => {
    const getRecord = vi
      .spyOn(api, 'getRecord')
      .mockResolvedValueOnce(aRecord({ state: 'running', faces: [] }))
      .mockResolvedValue(aRecord())
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
    const { load, record } = useRecord('record-1', { signal: abort.signal })
    await load()
    expect(record.value).toMatchObject({ state: 'done', face_count: 1 })
    expect(getRecord).toHaveBeenCalledTimes(2)
  })

  it('do not take the place of what was asked for after them', async () => {
    const { record, refresh, getRecord } = await loaded(aRecord({ state: 'running', revision: 1 }))
    let answer: (value: api.RecordDetail) => void = () => {}
    getRecord.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
    getRecord.mockResolvedValue(aRecord({ revision: 2 }))
    const slow = refresh()
    await refresh()
    expect(record.value).toMatchObject({ state: 'done', revision: 2 })
    answer(aRecord({ state: 'running', revision: 1 }))
    await slow
    expect(record.value).toMatchObject({ state: 'done', revision: 2 })
  })

  it('do not undo an edit, nor does its answer undo them', async () => {
    const { record, edit, refresh, getRecord } = await loaded(aRecord({ state: 'running' }))
    let answer: (value: api.RecordDetail) => void = () => {}
    vi.spyOn(records, 'editRecord').mockImplementation(
      () => new Promise((resolve) => (answer = resolve as typeof answer)),
    )
    const editing = edit({ note: 'new' })
    getRecord.mockResolvedValue(aRecord({ revision: 2, note: 'new' }))
    await refresh()
    answer(aRecord({ state: 'running', revision: 2, note: 'new' }))
    await editing
    expect(record.value).toMatchObject({ state: 'done', note: 'new' })
  })

  it('do not hide an edit that was made after they were asked for', async () => {
    const { record, edit, refresh, getRecord } = await loaded(aRecord({ note: 'old' }))
    let answer: (value: api.RecordDetail) => void = () => {}
    vi.spyOn(records, 'editRecord').mockImplementation(
      () => new Promise((resolve) => (answer = resolve as typeof answer)),
    )
    const editing = edit({ note: 'new' })
    await refresh()
    const edited = aRecord({ revision: 2, note: 'new' })
    getRecord.mockResolvedValue(edited)
    answer(edited)
    await editing
    expect(record.value).toMatchObject({ revision: 2, note: 'new' })
  })
})

describe('a recognition', () => {
  it('that worked is shown although the server is away for a moment then', async () => {
    const { record, followAgain, againError, getRecord } = await loaded()
    vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
    getRecord
      .mockRejectedValueOnce(new ApiError(502, 'down', 'Down.'))
      .mockResolvedValue(aRecord({ face_count: 2 }))
    const following = followAgain(aJob())
    await vi.runAllTimersAsync()
    await following
    expect(againError.value).toBeNull()
    expect(record.value?.face_count).toBe(2)
  })

  it('that is asked for anew leaves the old result until there is another', async () => {
    const { record, followAgain, isRecognisingAgain, getRecord } = await loaded()
    vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
    getRecord.mockResolvedValue(aRecord({ face_count: 2 }))
    const following = followAgain(aJob())
    expect(isRecognisingAgain.value).toBe(true)
    expect(record.value?.face_count).toBe(1)
    await vi.runAllTimersAsync()
    await following
    expect(isRecognisingAgain.value).toBe(false)
    expect(record.value?.face_count).toBe(2)
  })

  it('that goes on when the page is opened is followed beside the old result', async () => {
    const getRecord = vi.spyOn(api, 'getRecord').mockResolvedValue(aRecord())
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob({ state: 'running' }))
    vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'done', progress: 1 }))
    const { load, record, isRecognisingAgain } = useRecord('record-1', { signal: abort.signal })
    const loading = load()
    await vi.advanceTimersByTimeAsync(0)
    expect(isRecognisingAgain.value).toBe(true)
    expect(record.value?.face_count).toBe(1)
    getRecord.mockResolvedValue(aRecord({ face_count: 2 }))
    await vi.runAllTimersAsync()
    await loading
    expect(isRecognisingAgain.value).toBe(false)
    expect(record.value?.face_count).toBe(2)
  })

  it('that fails says why and keeps the old result', async () => {
    const { record, followAgain, againError } = await loaded()
    const error = { code: 'model_missing', detail: 'There is no such model.' }
    vi.spyOn(api, 'getJob').mockResolvedValue(aJob({ state: 'failed', error }))
    const following = followAgain(aJob())
    await vi.runAllTimersAsync()
    await following
    expect(api.errorText(againError.value)).toBe('There is no such model.')
    expect(record.value?.faces).toHaveLength(1)
  })

  it('whose record is deleted meanwhile ends as a record that is not there', async () => {
    const waiting = aRecord({ state: 'queued', faces: [] })
    const getRecord = vi.spyOn(api, 'getRecord').mockResolvedValue(waiting)
    vi.spyOn(api, 'getJobOfRecord').mockResolvedValue(aJob())
    vi.spyOn(api, 'getJob').mockRejectedValue(new ApiError(404, 'not_found', 'Gone.'))
    const { load, isMissing } = useRecord('record-1', { signal: abort.signal })
    const loading = load()
    await vi.runAllTimersAsync()
    await loading
    expect(getRecord).toHaveBeenCalled()
    expect(isMissing.value).toBe(true)
  })
})

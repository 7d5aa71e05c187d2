import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

import { ApiError } from '../api'
import * as live from '../live-api'
import { discardForgotten, discardSession } from '../live-discards'

let dropLive: MockInstance<typeof live.dropLive>

beforeEach(() => {
  localStorage.clear()
  dropLive = vi.spyOn(live, 'dropLive').mockResolvedValue()
})

function remembered(): string[] {
  const stored = localStorage.getItem('discarded-sessions') ?? '[]'
  return (JSON.parse(stored) as { id: string }[]).map(({ id }) => id)
}

describe('what is discarded', () => {
  it('is forgotten here once the server knows, or has no such session', async () => {
    await discardSession('one')
    dropLive.mockRejectedValue(new ApiError(404, 'not_found', 'Not found.'))
    await discardSession('two')
    expect(dropLive.mock.calls).toEqual([['one'], ['two']])
    expect(remembered()).toEqual([])
  })

  it('is told later where nobody is signed in by then', async () => {
    dropLive.mockRejectedValueOnce(new ApiError(401, 'unauthorized', 'Sign in.'))
    await discardSession('one')
    expect(remembered()).toEqual(['one'])
    await discardForgotten()
    expect(dropLive).toHaveBeenCalledTimes(2)
    expect(remembered()).toEqual([])
  })

  it('by another person is left to them', async () => {
    const theirs = [{ id: 'theirs', owner: 7 }]
    localStorage.setItem('discarded-sessions', JSON.stringify(theirs))
    await discardForgotten()
    await discardSession('own')
    expect(dropLive.mock.calls).toEqual([['own']])
    expect(remembered()).toEqual(['theirs'])
  })
})

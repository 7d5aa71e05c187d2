import { effectScope, ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { useInTurn } from '../use-in-turn'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('counts up in tasks of their own once it is ready', async () => {
  const isReady = ref(false)
  const scope = effectScope()
  const count = scope.run(() => useInTurn(3, () => isReady.value))!
  vi.runAllTimers()
  expect(count.value).toBe(1)

  isReady.value = true
  await Promise.resolve()
  expect(count.value).toBe(1)
  vi.advanceTimersToNextTimer()
  expect(count.value).toBe(2)
  vi.runAllTimers()
  expect(count.value).toBe(3)
  scope.stop()
})

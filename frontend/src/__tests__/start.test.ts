import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { aPerson, aRecord, CONFIG } from './fixtures'

const USER = { id: 1, display: 'Ada', username: 'ada.lovelace' }

function write(changes: object = {}): void {
  const start = {
    language: 'en',
    user: USER,
    me: aPerson(),
    config: CONFIG,
    record: null,
    ...changes,
  }
  document.body.innerHTML = `<script id="start" type="application/json">${JSON.stringify(start)}</script>`
}

/** Each test starts the app anew. */
async function app() {
  const session = await import('../session')
  const start = await import('../start')
  return { ...session, ...start }
}

const asked = vi.fn<(path: string) => Promise<Response>>()

beforeEach(() => {
  vi.resetModules()
  asked.mockReset()
  asked.mockImplementation(async (path) =>
    path.includes('/config/') ? Response.json(CONFIG) : new Response('{}', { status: 401 }),
  )
  vi.stubGlobal('fetch', asked)
})

afterEach(() => {
  document.body.innerHTML = ''
  localStorage.clear()
})

it('asks for nothing that the page brought', async () => {
  write()
  const { session, startSession, isSignedIn } = await app()
  await startSession()
  expect(session.phase).toBe('ready')
  expect(isSignedIn.value).toBe(true)
  expect(session.me).toEqual(aPerson())
  expect(asked).not.toHaveBeenCalled()
})

it('asks where the page brought nothing', async () => {
  const { session, startSession, isSignedIn } = await app()
  await startSession()
  expect(session.phase).toBe('ready')
  expect(isSignedIn.value).toBe(false)
  expect(session.config).toEqual(CONFIG)
})

it("has the server's texts in the device's language", async () => {
  localStorage.setItem('language', 'zh-Hans')
  write({ user: null, me: null })
  const { startSession } = await app()
  await startSession()
  expect(asked.mock.calls.map(([path]) => path)).toEqual(['/api/v1/config/'])
})

it('goes by the account before the device', async () => {
  localStorage.setItem('language', 'zh-Hans')
  write({ me: aPerson({ language: 'en' }) })
  const { startSession, startLanguage } = await app()
  await startSession()
  expect(startLanguage()).toBe('en')
  expect(asked).not.toHaveBeenCalled()
})

it('hands the record out once, and only that one', async () => {
  write({ record: aRecord({ id: 'a' }) })
  const { takeStart, takeRecord } = await app()
  takeStart()
  expect(takeRecord('b')).toBeNull()
  expect(takeRecord('a')?.id).toBe('a')
  expect(takeRecord('a')).toBeNull()
  expect(takeStart()).toBeNull()
})

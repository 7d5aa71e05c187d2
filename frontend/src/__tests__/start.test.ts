import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { aPerson, aRecord, CONFIG } from './fixtures'

const USER = { id: 1, display: 'Ada', username: 'ada.lovelace' }

function write(changes: object = {}): void {
  const start = {
    language: 'en',
    user: USER,
    me: aPerson(),
    config: CONFIG,
    answers: {},
    ...changes,
  }
  document.body.innerHTML = `<script id="start" type="application/json">${JSON.stringify(start)}</script>`
}

/** Each test starts the app anew. */
async function app() {
  const session = await import('../session')
  const start = await import('../start')
  const api = await import('../api')
  return { ...session, ...start, getRecord: api.getRecord, retryJob: api.retryJob }
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

describe('an answer that the page brought', () => {
  beforeEach(() => {
    asked.mockImplementation(async () => Response.json(aRecord({ name: 'New' })))
    write({ answers: { 'records/a/': aRecord({ name: 'Brought' }) } })
  })

  it('is handed out once, and only that one', async () => {
    const { takeStart, getRecord } = await app()
    takeStart()
    expect((await getRecord('b')).name).toBe('New')
    expect((await getRecord('a')).name).toBe('Brought')
    expect((await getRecord('a')).name).toBe('New')
    expect(takeStart()).toBeNull()
  })

  it('is old after a while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { takeStart, getRecord } = await app()
    takeStart()
    vi.setSystemTime(Date.now() + 11_000)
    expect((await getRecord('a')).name).toBe('New')
    vi.useRealTimers()
  })

  it('is old after a change', async () => {
    const { takeStart, getRecord, retryJob } = await app()
    takeStart()
    await retryJob('1')
    expect((await getRecord('a')).name).toBe('New')
  })

  it('is not for somebody of another language', async () => {
    localStorage.setItem('language', 'zh-Hans')
    document.body.innerHTML = ''
    write({ me: null, user: null, answers: { 'records/a/': aRecord({ name: 'Brought' }) } })
    const { startSession, getRecord } = await app()
    await startSession()
    expect((await getRecord('a')).name).toBe('New')
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import * as api from '../api'
import { ApiError, errorText, foldError } from '../api'
import { editRecord, listRecords, undoCorrection } from '../records-api'
import { aFile, aJob, jsonResponse } from './fixtures'

const fetchMock = vi.fn<typeof fetch>()

beforeEach(() => {
  fetchMock.mockReset()
  vi.stubGlobal('fetch', fetchMock)
  document.cookie = 'csrftoken=token-1'
})

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => expect.fail('It should have failed.'),
    (error: ApiError) => error,
  )
}

function lastRequest(): { url: string; init: RequestInit; headers: Headers } {
  const [url, init = {}] = fetchMock.mock.lastCall ?? expect.fail('Nothing was requested.')
  return { url: String(url), init, headers: new Headers(init.headers) }
}

it('tells how long a busy server wants to be left alone', async () => {
  const busy = (body: unknown) =>
    new Response(JSON.stringify(body), { status: 429, headers: { 'Retry-After': '2' } })
  fetchMock.mockResolvedValueOnce(busy({ code: 'throttled', detail: 'Slower.', retry_after: 0.3 }))
  const exact = await failureOf(api.getConfig())
  expect(exact).toMatchObject({ code: 'throttled', besides: { retryAfter: 0.3 } })
  fetchMock.mockResolvedValueOnce(busy('<html>'))
  expect((await failureOf(api.getConfig())).besides.retryAfter).toBe(2)
})

describe('foldError', () => {
  it('reads a problem document of ours', () => {
    const error = foldError(400, {
      type: 'about:blank',
      title: 'Bad request',
      status: 400,
      code: 'invalid',
      detail: 'Some of what was sent is not right.',
      errors: [{ field: 'name', code: 'name_too_long', detail: 'The name is too long.' }],
    })
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid',
      message: 'Some of what was sent is not right.',
      field: 'name',
    })
    expect(error.messageFor('name')).toBe('The name is too long.')
    expect(errorText(error)).toBe('The name is too long.')
  })

  it("reads allauth's list of errors", () => {
    const error = foldError(400, {
      status: 400,
      errors: [
        { code: 'username_taken', message: 'That user name is taken.', param: 'username' },
        { code: 'password_too_common', message: 'Too common.', param: 'password' },
      ],
    })
    expect(error).toMatchObject({
      code: 'username_taken',
      message: 'That user name is taken.',
      field: 'username',
    })
    expect(error.messageFor('password')).toBe('Too common.')
  })

  it.each([
    [413, 'This file is too large for the server.'],
    [429, 'Too many tries. Please wait a while and try again.'],
    [502, 'The server has a problem. Please try again later.'],
  ])('has a sentence of its own for a %i without a readable body', (status, message) => {
    expect(foldError(status, undefined)).toMatchObject({
      status,
      code: `http_${status}`,
      message,
      field: undefined,
    })
  })
})

describe('requests', () => {
  it('sends the CSRF token with unsafe methods only', async () => {
    fetchMock.mockImplementation(async () => jsonResponse(200, { name: 'New' }))
    await editRecord('a/b', 3, { name: 'New' })
    expect(lastRequest().url).toBe('/api/v1/records/a%2Fb/')
    expect(lastRequest().headers.get('X-CSRFToken')).toBe('token-1')
    expect(lastRequest().init).toMatchObject({
      method: 'PATCH',
      credentials: 'same-origin',
      body: '{"name":"New","revision":3}',
    })

    await api.getRecord('1')
    expect(lastRequest().headers.has('X-CSRFToken')).toBe(false)
  })

  it('tells a missing network from an error of the server', async () => {
    fetchMock.mockRejectedValue(new TypeError('Failed to fetch'))
    const error = await failureOf(api.getConfig())
    expect(error).toMatchObject({ status: 0, code: 'offline', isOffline: true })
  })

  it('passes a cancelled request on as such', async () => {
    const abort = new AbortController()
    abort.abort()
    fetchMock.mockRejectedValue(new DOMException('cancelled', 'AbortError'))
    await expect(api.getRecord('1', abort.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('reports a 401 of our API to the handler', async () => {
    const handler = vi.fn()
    api.onSignedOut(handler)
    fetchMock.mockResolvedValue(
      jsonResponse(401, { code: 'not_authenticated', detail: 'Sign in.' }),
    )
    await failureOf(listRecords())
    expect(handler).toHaveBeenCalledOnce()
    api.onSignedOut(() => {})
  })

  it('does not take an HTML page for an answer', async () => {
    fetchMock.mockResolvedValue(new Response('<html>', { status: 200 }))
    expect(await failureOf(api.getConfig())).toMatchObject({ code: 'unreadable' })
  })

  it('accepts an answer without content', async () => {
    fetchMock.mockResolvedValue(jsonResponse(204, null))
    await expect(undoCorrection('1')).resolves.toBeUndefined()
  })

  it('takes only the cursor from the next address', async () => {
    expect(api.cursorOf('http://inner:8000/api/v1/records/?cursor=cD0%3D')).toBe('cD0=')
    expect(api.cursorOf(null)).toBeNull()
    fetchMock.mockResolvedValue(jsonResponse(200, { next: null, previous: null, results: [] }))
    await listRecords(new URLSearchParams({ cursor: 'cD0=' }))
    expect(lastRequest().url).toBe('/api/v1/records/?cursor=cD0%3D')
  })
})

describe('accounts', () => {
  const user = { id: 1, display: 'ada', username: 'ada.lovelace' }

  it('reads who is signed in', async () => {
    fetchMock.mockResolvedValue(jsonResponse(200, { status: 200, data: { user } }))
    expect(await api.getSession()).toEqual(user)
  })

  it('takes a 401 of the session as nobody, without calling the handler', async () => {
    const handler = vi.fn()
    api.onSignedOut(handler)
    fetchMock.mockResolvedValue(jsonResponse(401, { status: 401, data: { flows: [] } }))
    expect(await api.getSession()).toBeNull()
    expect(handler).not.toHaveBeenCalled()
    api.onSignedOut(() => {})
  })

  it('takes a 401 as a sign-out that worked', async () => {
    fetchMock.mockResolvedValue(jsonResponse(401, { status: 401 }))
    await expect(api.signOut()).resolves.toBeUndefined()
    expect(lastRequest().init.method).toBe('DELETE')
  })

  it('says so when a sign-in needs a further step', async () => {
    fetchMock.mockResolvedValue(
      jsonResponse(401, { status: 401, data: { flows: [{ id: 'verify_email' }] } }),
    )
    const error = await failureOf(api.signIn({ username: 'ada.lovelace', password: 'secret' }))
    expect(error.code).toBe('further_step')
  })
})

describe('uploadPicture', () => {
  class FakeXhr {
    static last: FakeXhr
    upload: { onprogress?: (event: Partial<ProgressEvent>) => void } = {}
    onload = () => {}
    onerror = () => {}
    onabort = () => {}
    onloadend = () => {}
    status = 0
    responseText = ''
    headers = new Map<string, string>()
    form: FormData | null = null
    constructor() {
      FakeXhr.last = this
    }
    open() {}
    setRequestHeader(name: string, value: string) {
      this.headers.set(name, value)
    }
    getResponseHeader() {
      return null
    }
    send(form: FormData) {
      this.form = form
    }
    abort() {
      this.onabort()
    }
  }

  const abort = new AbortController()

  function start(onProgress: (share: number) => void = () => {}) {
    const promise = api.uploadPicture({
      file: aFile(),
      name: 'Cat',
      detector: 'opencv_haar',
      signal: abort.signal,
      onProgress,
    })
    return { promise, xhr: FakeXhr.last }
  }

  beforeEach(() => void vi.stubGlobal('XMLHttpRequest', FakeXhr))
  afterEach(() => void vi.unstubAllGlobals())

  it('sends the picture, its name and the consent, and reports progress', async () => {
    const shares: number[] = []
    const { promise, xhr } = start((share) => shares.push(share))
    expect(xhr.headers.get('X-CSRFToken')).toBe('token-1')
    expect((xhr.form?.get('files') as File).name).toBe('cat.jpg')
    expect(xhr.form?.get('name')).toBe('Cat')
    expect(xhr.form?.get('consent')).toBe('true')
    expect(xhr.form?.get('detector')).toBe('opencv_haar')

    xhr.upload.onprogress?.({ lengthComputable: true, loaded: 25, total: 100 })
    Object.assign(xhr, { status: 202, responseText: JSON.stringify({ jobs: [aJob()] }) })
    xhr.onload()
    expect(await promise).toEqual(aJob())
    expect(shares).toEqual([0.25])
  })

  it("fails with the server's sentence", async () => {
    const { promise, xhr } = start()
    Object.assign(xhr, {
      status: 400,
      responseText: JSON.stringify({ code: 'not_a_picture', detail: 'This is not a picture.' }),
    })
    xhr.onload()
    expect(await failureOf(promise)).toMatchObject({ message: 'This is not a picture.' })
  })

  it('fails as offline when the network is gone, and as cancelled when cancelled', async () => {
    const lost = start()
    lost.xhr.onerror()
    expect(await failureOf(lost.promise)).toMatchObject({ code: 'offline' })

    const cancelled = start()
    abort.abort()
    await expect(cancelled.promise).rejects.toMatchObject({ name: 'AbortError' })
  })
})

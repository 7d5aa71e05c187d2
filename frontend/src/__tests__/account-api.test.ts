import { beforeEach, describe, expect, it, vi } from 'vitest'

import * as accountApi from '../account-api'
import { FurtherStep, onSignedOut } from '../api'
import { pendingReauthentication } from '../reauthentication'
import { isCancelled, useForm } from '../use-form'
import { jsonResponse } from './fixtures'

const fetchMock = vi.fn<typeof fetch>()
const needed = {
  status: 401,
  data: { flows: [{ id: 'reauthenticate' }, { id: 'mfa_reauthenticate', types: ['totp'] }] },
  meta: { is_authenticated: true },
}

beforeEach(() => {
  fetchMock.mockReset()
  vi.stubGlobal('fetch', fetchMock)
})

describe('what the server wants to see the person for', () => {
  it('is sent again once they showed that it is them', async () => {
    const handler = vi.fn()
    onSignedOut(handler)
    fetchMock.mockResolvedValueOnce(jsonResponse(401, needed))
    fetchMock.mockResolvedValueOnce(jsonResponse(200, { status: 200, data: [] }))
    const emails = accountApi.addEmail('ada@example.org')
    await vi.waitFor(() => expect(pendingReauthentication.value).not.toBeNull())
    expect(accountApi.waysOf(pendingReauthentication.value!.flows)).toEqual({
      password: true,
      code: true,
      passkey: false,
    })
    pendingReauthentication.value!.settle(true)
    expect(await emails).toEqual([])
    expect(fetchMock).toHaveBeenCalledTimes(2)
    expect(handler).not.toHaveBeenCalled()
    onSignedOut(() => {})
  })

  it('is given up without a message when they would rather not', async () => {
    fetchMock.mockResolvedValue(jsonResponse(401, needed))
    const removal = accountApi.removePasskey(1)
    await vi.waitFor(() => expect(pendingReauthentication.value).not.toBeNull())
    pendingReauthentication.value!.settle(false)
    const error = await removal.catch((problem: unknown) => problem)
    expect(isCancelled(error)).toBe(true)
    expect(fetchMock).toHaveBeenCalledOnce()
  })

  it('is told from being signed out', async () => {
    const handler = vi.fn()
    onSignedOut(handler)
    fetchMock.mockResolvedValue(
      jsonResponse(401, { status: 401, data: { flows: [] }, meta: { is_authenticated: false } }),
    )
    await expect(accountApi.listEmails()).rejects.toMatchObject({ status: 401 })
    expect(handler).toHaveBeenCalledOnce()
    onSignedOut(() => {})
  })
})

it('says by what a second factor can be shown', async () => {
  fetchMock.mockResolvedValue(
    jsonResponse(401, {
      data: { flows: [{ id: 'mfa_authenticate', is_pending: true, types: ['webauthn'] }] },
    }),
  )
  const error = await accountApi.signInWithCode('123456').catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(FurtherStep)
  expect((error as FurtherStep).pending('mfa_authenticate')?.types).toEqual(['webauthn'])
  expect((error as FurtherStep).pending('verify_email')).toBeUndefined()
})

it('reads the secret for an authenticator app from the 404 that brings it', async () => {
  const meta = { secret: 'J4ZKK', totp_url: 'otpauth://totp/x?secret=J4ZKK' }
  fetchMock.mockResolvedValue(jsonResponse(404, { status: 404, meta }))
  expect(await accountApi.beginTotp()).toEqual(meta)
})

it('asks who it is before there is a secret, not after', async () => {
  const meta = { secret: 'J4ZKK', totp_url: 'otpauth://totp/x?secret=J4ZKK' }
  fetchMock.mockResolvedValueOnce(jsonResponse(401, needed))
  fetchMock.mockResolvedValueOnce(jsonResponse(404, { status: 404, meta }))
  const setup = accountApi.beginTotp()
  await vi.waitFor(() => expect(pendingReauthentication.value).not.toBeNull())
  pendingReauthentication.value!.settle(true)
  expect(await setup).toEqual(meta)
})

it('takes a 401 after a reset for success: one still has to sign in', async () => {
  fetchMock.mockResolvedValue(jsonResponse(401, { status: 401 }))
  await expect(accountApi.resetPassword('key', 'a good one')).resolves.toBeUndefined()
  fetchMock.mockResolvedValue(
    jsonResponse(400, { errors: [{ param: 'key', code: 'invalid', message: 'Too old.' }] }),
  )
  await expect(accountApi.resetPassword('key', 'a good one')).rejects.toMatchObject({
    message: 'Too old.',
  })
})

describe('useForm', () => {
  it('puts an error beside the field that it is about, by name or by code', async () => {
    fetchMock.mockResolvedValue(
      jsonResponse(400, {
        errors: [{ param: 'current_password', code: 'wrong', message: 'Not yours.' }],
      }),
    )
    const form = useForm({
      initial: { current_password: 'a', new_password: 'b' },
      send: ({ current_password, new_password }) =>
        accountApi.changePassword(current_password, new_password),
    })
    await form.submit()
    expect(form.errors.value).toEqual({ current_password: 'Not yours.' })
    expect(form.formError.value).toBe('')
    expect(form.isPending.value).toBe(false)
  })

  it('sends nothing that is wrong already', async () => {
    const send = vi.fn(async () => {})
    const form = useForm({ initial: { code: '' }, check: () => ({ code: 'Enter it.' }), send })
    await form.submit()
    expect(send).not.toHaveBeenCalled()
    expect(form.errors.value.code).toBe('Enter it.')
  })
})

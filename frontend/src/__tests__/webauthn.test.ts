import { expect, it } from 'vitest'

import { base64url, creationOptions, requestOptions } from '../webauthn'

const buffer = new Uint8Array([251, 255, 0, 1]).buffer

it('writes bytes as base64url without padding', () => {
  expect(base64url(buffer)).toBe('-_8AAQ')
})

it('turns the identifiers of the options into bytes, and leaves the rest', () => {
  const { publicKey } = creationOptions({
    publicKey: {
      challenge: '-_8AAQ',
      rp: { id: 'localhost', name: 'Expression Lab' },
      user: { id: 'AAE', name: 'ada' },
      excludeCredentials: [{ id: '-_8AAQ', type: 'public-key' }],
    },
  })
  expect(base64url((publicKey!.challenge as Uint8Array<ArrayBuffer>).buffer)).toBe('-_8AAQ')
  expect([...(publicKey!.user.id as Uint8Array)]).toEqual([0, 1])
  expect([...(publicKey!.excludeCredentials![0]!.id as Uint8Array)]).toEqual([251, 255, 0, 1])
  expect(publicKey!.rp.name).toBe('Expression Lab')
})

it('asks for any passkey where the server names none', () => {
  expect(requestOptions({ publicKey: { challenge: 'AAE' } }).publicKey!.allowCredentials).toEqual(
    [],
  )
})

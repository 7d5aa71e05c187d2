/** allauth's headless endpoints for what goes beyond signing in with a name and a password. */

import {
  accountRequest,
  ApiError,
  flowsOf,
  foldError,
  isOk,
  reportSignedOut,
  submitForm,
  userOf,
  type Answer,
  type Flow,
  type RequestOptions,
  type User,
} from './api'
import { t } from './i18n'
import { reauthenticate } from './reauthentication'
import {
  createPasskey,
  usePasskey,
  type CreationOptions,
  type RequestOptions as Ask,
} from './webauthn'

export const REAUTHENTICATION_DECLINED = 'reauthentication_declined'

function isSignedIn(body: unknown): boolean {
  return (
    (body as { meta?: { is_authenticated?: boolean } } | undefined)?.meta?.is_authenticated === true
  )
}

/** Allauth's answer. Where it wants to see the person first, that is seen to. */
async function confirmedRequest(path: string, options: RequestOptions = {}): Promise<Answer> {
  const answer = await accountRequest(path, options)
  if (answer.status !== 401 || !isSignedIn(answer.body)) return answer
  if (await reauthenticate(flowsOf(answer.body))) return confirmedRequest(path, options)
  throw new ApiError(401, REAUTHENTICATION_DECLINED, t('errors.reauthenticationDeclined'))
}

/** The `data` of such an answer. */
async function ask<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const { status, body } = await confirmedRequest(path, options)
  if (isOk(status)) return (body as { data: T } | undefined)?.data as T
  if (status === 401 || status === 410) reportSignedOut()
  throw foldError(status, body)
}

// Signing in -------------------------------------------------------------------------------------

/** The second step: a code from an app, or a recovery code. */
export async function signInWithCode(code: string): Promise<User> {
  return userOf(await accountRequest('auth/2fa/authenticate', { method: 'POST', json: { code } }))
}

async function assertion(path: string): Promise<RequestOptions> {
  const { status, body } = await accountRequest(path)
  if (!isOk(status)) throw foldError(status, body)
  const { data } = body as { data: { request_options: Ask } }
  return { method: 'POST', json: { credential: await usePasskey(data.request_options) } }
}

/** With a passkey alone, or as the second step where one is open. */
export async function signInWithPasskey(step: 'login' | 'authenticate'): Promise<User> {
  const path = `auth/webauthn/${step}`
  return userOf(await accountRequest(path, await assertion(path)))
}

/** The steps that are open for who is not signed in, as after coming back from a provider. */
export async function getSessionFlows(): Promise<Flow[]> {
  const { body } = await accountRequest('auth/session')
  return flowsOf(body)
}

/** Goes to a provider's page. */
export function goToProvider(provider: string, process: 'login' | 'connect', back: string): void {
  submitForm('/_allauth/browser/v1/auth/provider/redirect', [
    ['provider', provider],
    ['process', process],
    ['callback_url', new URL(back, window.location.origin).href],
  ])
}

/** Ends a sign-up that began at a provider, where the server wants to know more. */
export async function finishProviderSignUp(username: string, email: string): Promise<User> {
  const json = email ? { username, email } : { username }
  return userOf(await accountRequest('auth/provider/signup', { method: 'POST', json }))
}

// Forgotten passwords and addresses --------------------------------------------------------------

/** Answered alike whether or not somebody has that address. */
export async function requestPasswordReset(email: string): Promise<void> {
  const { status, body } = await accountRequest('auth/password/request', {
    method: 'POST',
    json: { email },
  })
  if (!isOk(status) && status !== 401) throw foldError(status, body)
}

/** Fails where the link was used before or is too old. */
export async function checkPasswordResetKey(key: string): Promise<void> {
  const { status, body } = await accountRequest('auth/password/reset', {
    headers: { 'X-Password-Reset-Key': key },
  })
  if (!isOk(status)) throw foldError(status, body)
}

export async function resetPassword(key: string, password: string): Promise<void> {
  const { status, body } = await accountRequest('auth/password/reset', {
    method: 'POST',
    json: { key, password },
  })
  // 401: it is set, and one still has to sign in.
  if (!isOk(status) && status !== 401) throw foldError(status, body)
}

/** Whose address the link in a mail is to verify. */
export async function getEmailVerification(key: string): Promise<{ email: string }> {
  const { status, body } = await accountRequest('auth/email/verify', {
    headers: { 'X-Email-Verification-Key': key },
  })
  if (!isOk(status)) throw foldError(status, body)
  return (body as { data: { email: string } }).data
}

export async function verifyEmail(key: string): Promise<void> {
  const { status, body } = await accountRequest('auth/email/verify', {
    method: 'POST',
    json: { key },
  })
  // 401: it is verified, by somebody who is not signed in here.
  if (!isOk(status) && status !== 401) throw foldError(status, body)
}

// The password and addresses of who is signed in -------------------------------------------------

export function changePassword(current: string, password: string): Promise<void> {
  const json = current
    ? { current_password: current, new_password: password }
    : { new_password: password }
  return ask<void>('account/password/change', { method: 'POST', json })
}

export interface EmailAddress {
  email: string
  primary: boolean
  verified: boolean
}

export function listEmails(): Promise<EmailAddress[]> {
  return ask<EmailAddress[]>('account/email')
}

export function addEmail(email: string): Promise<EmailAddress[]> {
  return ask<EmailAddress[]>('account/email', { method: 'POST', json: { email } })
}

export function makeEmailPrimary(email: string): Promise<EmailAddress[]> {
  return ask<EmailAddress[]>('account/email', { method: 'PATCH', json: { email, primary: true } })
}

export function removeEmail(email: string): Promise<EmailAddress[]> {
  return ask<EmailAddress[]>('account/email', { method: 'DELETE', json: { email } })
}

export async function sendVerification(email: string): Promise<void> {
  try {
    await ask<void>('account/email', { method: 'PUT', json: { email } })
  } catch (error) {
    // 403 means here that one was sent a moment ago.
    if (error instanceof ApiError && error.status === 403) {
      throw new ApiError(403, 'too_many_mails', t('errors.tooManyMails'))
    }
    throw error
  }
}

// Second factors ---------------------------------------------------------------------------------

/** Times are seconds since 1970. */
interface AuthenticatorBase {
  created_at: number
  last_used_at: number | null
}

export interface RecoveryCodes extends AuthenticatorBase {
  type: 'recovery_codes'
  total_code_count: number
  unused_code_count: number
  /** Only while they may be seen. */
  unused_codes?: string[]
}

export interface Passkey extends AuthenticatorBase {
  type: 'webauthn'
  id: number
  name: string
  is_passwordless?: boolean
}

export type Authenticator = (AuthenticatorBase & { type: 'totp' }) | RecoveryCodes | Passkey

export function listAuthenticators(): Promise<Authenticator[]> {
  return ask<Authenticator[]>('account/authenticators')
}

export interface TotpSetup {
  secret: string
  /** What the QR code holds. */
  totp_url: string
}

/** A new secret for an app to make codes from. The server sends it with a 404: there is none yet. */
export async function beginTotp(): Promise<TotpSetup> {
  const { status, body } = await confirmedRequest('account/authenticators/totp')
  if (status !== 404) throw foldError(status, body)
  return (body as { meta: TotpSetup }).meta
}

export function activateTotp(code: string): Promise<Authenticator> {
  return ask<Authenticator>('account/authenticators/totp', { method: 'POST', json: { code } })
}

export function deactivateTotp(): Promise<void> {
  return ask<void>('account/authenticators/totp', { method: 'DELETE' })
}

export function getRecoveryCodes(): Promise<RecoveryCodes> {
  return ask<RecoveryCodes>('account/authenticators/recovery-codes')
}

/** New ones; the old ones are worth nothing from then on. */
export function makeRecoveryCodes(): Promise<RecoveryCodes> {
  return ask<RecoveryCodes>('account/authenticators/recovery-codes', { method: 'POST', json: {} })
}

export async function addPasskey(name: string): Promise<void> {
  const path = 'account/authenticators/webauthn'
  // Passwordless: it stands for name and password as well.
  const { creation_options } = await ask<{ creation_options: CreationOptions }>(
    `${path}?passwordless`,
  )
  const credential = await createPasskey(creation_options)
  await ask<void>(path, { method: 'POST', json: { name, credential } })
}

export function renamePasskey(id: number, name: string): Promise<Passkey> {
  return ask<Passkey>('account/authenticators/webauthn', { method: 'PUT', json: { id, name } })
}

export function removePasskey(id: number): Promise<void> {
  return ask<void>('account/authenticators/webauthn', {
    method: 'DELETE',
    json: { authenticators: [id] },
  })
}

// Showing that it is still the person ------------------------------------------------------------

export async function reauthenticateWithPassword(password: string): Promise<void> {
  userOf(await accountRequest('auth/reauthenticate', { method: 'POST', json: { password } }))
}

export async function reauthenticateWithCode(code: string): Promise<void> {
  userOf(await accountRequest('auth/2fa/reauthenticate', { method: 'POST', json: { code } }))
}

export async function reauthenticateWithPasskey(): Promise<void> {
  const path = 'auth/webauthn/reauthenticate'
  userOf(await accountRequest(path, await assertion(path)))
}

/** By what somebody can show that it is them. */
export function waysOf(flows: readonly Flow[]): {
  password: boolean
  code: boolean
  passkey: boolean
} {
  const factors = flows.find(({ id }) => id === 'mfa_reauthenticate')?.types ?? []
  return {
    password: flows.some(({ id }) => id === 'reauthenticate'),
    code: factors.includes('totp') || factors.includes('recovery_codes'),
    passkey: factors.includes('webauthn'),
  }
}

// Sessions and connected accounts ----------------------------------------------------------------

export interface Session {
  id: number
  user_agent: string
  ip: string
  created_at: number
  last_seen_at?: number
  is_current: boolean
}

export function listSessions(): Promise<Session[]> {
  return ask<Session[]>('auth/sessions')
}

export function endSessions(ids: readonly number[]): Promise<Session[]> {
  return ask<Session[]>('auth/sessions', { method: 'DELETE', json: { sessions: ids } })
}

export interface ConnectedAccount {
  uid: string
  display: string
  provider: { id: string; name: string }
}

export function listConnectedAccounts(): Promise<ConnectedAccount[]> {
  return ask<ConnectedAccount[]>('account/providers')
}

export function disconnectAccount({
  uid,
  provider,
}: ConnectedAccount): Promise<ConnectedAccount[]> {
  return ask<ConnectedAccount[]>('account/providers', {
    method: 'DELETE',
    json: { provider: provider.id, account: uid },
  })
}

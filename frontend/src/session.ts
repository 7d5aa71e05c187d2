/** Who is signed in, and what the server told us about itself at the start. */

import { computed, reactive, readonly } from 'vue'

import * as accountApi from './account-api'
import * as api from './api'
import { languageOf, preferredLanguage, type Language } from './i18n'
import { getMe, type Me } from './me-api'
import { forgetRecording } from './recordings'
import { forgetAnswers, takeStart, type Start } from './start'

interface SessionState {
  phase: 'starting' | 'ready' | 'failed'
  error: string
  user: api.User | null
  /** The person's settings and consent; there whenever somebody is signed in. */
  me: Me | null
  config: api.Config | null
}

const state = reactive<SessionState>({
  phase: 'starting',
  error: '',
  user: null,
  me: null,
  config: null,
})

let markReady: () => void
const ready = new Promise<void>((resolve) => (markReady = resolve))

export const session = readonly(state)
export const isSignedIn = computed(() => state.user !== null)

/** Whether the person agreed to the notice as it is now. */
export const hasConsent = computed(() => {
  const consent = state.me?.consent
  return consent !== undefined && consent.given_version === consent.required_version
})

/** What to call the person who is signed in. */
export const displayName = computed(
  () => state.me?.display_name || (state.user?.username ?? state.user?.display ?? ''),
)

export function whenReady(): Promise<void> {
  return ready
}

async function askForStart(): Promise<Pick<Start, 'user' | 'me' | 'config'>> {
  const [user, config] = await Promise.all([api.getSession(), api.getConfig()])
  return { user, config, me: user === null ? null : await getMe() }
}

export async function startSession(): Promise<void> {
  state.phase = 'starting'
  const start = takeStart()
  try {
    const { user, me, config } = start ?? (await askForStart())
    Object.assign(state, { user, me, config })
    // The device may have a language of its own, of which the server knew nothing.
    const isOther = start !== null && languageOf(start.language) !== startLanguage()
    if (isOther) forgetAnswers()
    state.phase = 'ready'
    markReady()
    if (isOther) await refreshConfig()
  } catch (error) {
    state.error = api.errorText(error)
    state.phase = 'failed'
  }
}

/** The account's language, else the device's. */
export function startLanguage(): Language {
  return languageOf(state.me?.language ?? '') ?? preferredLanguage()
}

/** Some of what the server tells of itself is texts, and the language was changed. */
export async function refreshConfig(): Promise<void> {
  // Without network they stay in the other language.
  state.config = await api.getConfig().catch(() => state.config)
}

/** The server's limits; pages are shown only once they are known. */
export function limits(): api.Config['limits'] {
  if (state.config === null) throw new Error('The session has not started yet.')
  return state.config.limits
}

export async function signIn(credentials: api.Credentials): Promise<void> {
  await enter(() => api.signIn(credentials))
}

export async function signInWithCode(code: string): Promise<void> {
  await enter(() => accountApi.signInWithCode(code))
}

export async function signInWithPasskey(step: 'login' | 'authenticate'): Promise<void> {
  await enter(() => accountApi.signInWithPasskey(step))
}

export async function finishProviderSignUp(username: string, email: string): Promise<void> {
  await enter(() => accountApi.finishProviderSignUp(username, email))
}

export async function signUp(credentials: api.Credentials & { email?: string }): Promise<void> {
  await enter(() => api.signUp(credentials))
}

async function enter(attempt: () => Promise<api.User>): Promise<void> {
  let user: api.User | null
  try {
    user = await attempt()
  } catch (error) {
    // 409: another tab has signed in meanwhile.
    if (!(error instanceof api.ApiError) || error.status !== 409) throw error
    user = await api.getSession()
  }
  const me = user === null ? null : await getMe()
  Object.assign(state, { user, me })
}

export async function signOut(): Promise<void> {
  await api.signOut()
  forgetRecording()
  forgetUser()
}

export function forgetUser(): void {
  state.user = null
  state.me = null
}

/** Remembers what the server now says of the person. */
export function keepMe(me: Me): void {
  if (state.user !== null) state.me = me
}

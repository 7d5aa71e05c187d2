/** Who is signed in, and what the server told us about itself at the start. */

import { computed, reactive, readonly } from 'vue'

import * as api from './api'

interface SessionState {
  phase: 'starting' | 'ready' | 'failed'
  error: string
  user: api.User | null
  config: api.Config | null
}

const state = reactive<SessionState>({ phase: 'starting', error: '', user: null, config: null })

let markReady: () => void
const ready = new Promise<void>((resolve) => (markReady = resolve))

export const session = readonly(state)
export const isSignedIn = computed(() => state.user !== null)

export function whenReady(): Promise<void> {
  return ready
}

export async function startSession(): Promise<void> {
  state.phase = 'starting'
  try {
    const [user, config] = await Promise.all([api.getSession(), api.getConfig()])
    Object.assign(state, { user, config, phase: 'ready' })
    markReady()
  } catch (error) {
    state.error = api.errorText(error)
    state.phase = 'failed'
  }
}

/** The server's limits; pages are shown only once they are known. */
export function limits(): api.Config['limits'] {
  if (state.config === null) throw new Error('The session has not started yet.')
  return state.config.limits
}

export async function signIn(credentials: api.Credentials): Promise<void> {
  await enter(() => api.signIn(credentials))
}

export async function signUp(credentials: api.Credentials): Promise<void> {
  await enter(() => api.signUp(credentials))
}

async function enter(attempt: () => Promise<api.User>): Promise<void> {
  try {
    state.user = await attempt()
  } catch (error) {
    // 409: another tab has signed in meanwhile.
    if (!(error instanceof api.ApiError) || error.status !== 409) throw error
    state.user = await api.getSession()
  }
}

export async function signOut(): Promise<void> {
  await api.signOut()
  forgetUser()
}

export function forgetUser(): void {
  state.user = null
}

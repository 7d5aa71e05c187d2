/**
 * Live sessions of which nothing is to be kept, until the server knows. One that it never hears of
 * again becomes a record by itself, so that a crash loses nothing: it must be told.
 */

import { ApiError } from './api'
import { dropLive } from './live-api'
import { isTransient } from './polling'
import { session } from './session'
import { storedList, storeList } from './stored-list'

const STORAGE_KEY = 'discarded-sessions'
const RETRY_MS = 3_000

interface Discarded {
  id: string
  owner: number
}

const underWay = new Set<string>()

function stored(): Discarded[] {
  return storedList(STORAGE_KEY)
}

/** Where they cannot be stored the server is told for as long as this page is open. */
function store(discarded: readonly Discarded[]): void {
  storeList(STORAGE_KEY, discarded)
}

async function tryToTell(id: string): Promise<'told' | 'again' | 'signedOut'> {
  try {
    await dropLive(id)
    return 'told'
  } catch (problem) {
    if (isTransient(problem)) return 'again'
    // Any other refusal says that there is no such session, which is as good.
    return problem instanceof ApiError && problem.status === 401 ? 'signedOut' : 'told'
  }
}

async function tell(id: string): Promise<void> {
  if (underWay.has(id)) return
  underWay.add(id)
  // Not ended with the page that asks: nobody else would tell.
  let outcome = await tryToTell(id)
  while (outcome === 'again') {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    outcome = await tryToTell(id)
  }
  underWay.delete(id)
  if (outcome === 'told') store(stored().filter((one) => one.id !== id))
}

/** Keeps nothing of a session; goes on trying while there is no connection. */
export async function discardSession(id: string): Promise<void> {
  store([...stored(), { id, owner: session.user?.id ?? 0 }])
  await tell(id)
}

/** Goes on with those whose page was closed before the server knew. */
export async function discardForgotten(): Promise<void> {
  const own = stored().filter(({ owner }) => owner === (session.user?.id ?? 0))
  await Promise.all(own.map(({ id }) => tell(id)))
}

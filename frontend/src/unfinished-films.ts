/**
 * Uploads of films that are not over, remembered on this device: after a reload the same file, chosen
 * again, goes on where it was.
 */

import { session } from './session'
import { storedList, storeList } from './stored-list'

const STORAGE_KEY = 'unfinished-films'

export interface UnfinishedFilm {
  /** Of the upload. */
  id: string
  userId: number | undefined
  fileName: string
  size: number
  /** In milliseconds since 1970. */
  lastModified: number
}

/** Where they cannot be stored an upload goes on after a lost connection, but not after a reload. */
function store(films: readonly UnfinishedFilm[]): void {
  storeList(STORAGE_KEY, films)
}

/** Of the person who is signed in; those of others who used this device are forgotten. */
export function unfinishedFilms(): UnfinishedFilm[] {
  const all = storedList<UnfinishedFilm>(STORAGE_KEY)
  const own = all.filter(({ userId }) => userId === session.user?.id)
  if (own.length < all.length) store(own)
  return own
}

export function unfinishedUploadOf(file: File): UnfinishedFilm | undefined {
  return unfinishedFilms().find(
    ({ fileName, size, lastModified }) =>
      fileName === file.name && size === file.size && lastModified === file.lastModified,
  )
}

export function rememberUpload(id: string, file: File): void {
  const { name: fileName, size, lastModified } = file
  const others = unfinishedFilms().filter((one) => one.id !== id)
  store([...others, { id, userId: session.user?.id, fileName, size, lastModified }])
}

export function forgetUpload(id: string): void {
  store(unfinishedFilms().filter((one) => one.id !== id))
}

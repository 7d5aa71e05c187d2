import type { Config } from './api'
import { FILM_TYPES, isFilm } from './film-files'
import { formatBytes } from './format'
import { t } from './i18n'

const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/bmp']

export const ACCEPTED_TYPES = [...PICTURE_TYPES, ...FILM_TYPES]

export interface CheckedFiles {
  accepted: File[]
  /** One sentence for each thing that was left out. */
  problems: string[]
}

interface Maximum {
  limits: Config['limits']
  film: Pick<Config['film'], 'max_bytes'>
}

function problemOf(file: File, { limits, film }: Maximum): string | null {
  const { name } = file
  if (!isFilm(file) && !PICTURE_TYPES.includes(file.type)) {
    return t('upload.problems.notAPicture', { name })
  }
  if (file.size === 0) return t('upload.problems.empty', { name })
  const most = isFilm(file) ? film.max_bytes : limits.picture_max_bytes
  if (file.size > most) return t('upload.problems.tooLarge', { name, size: formatBytes(most) })
  return null
}

/**
 * Sorts out early what the server would refuse anyway. It saves a needless upload and protects
 * nothing: the server looks at the bytes and decides.
 */
export function checkFiles(
  files: readonly File[],
  alreadyChosen: number,
  maximum: Maximum,
): CheckedFiles {
  const accepted: File[] = []
  const problems: string[] = []
  for (const file of files) {
    const problem = problemOf(file, maximum)
    if (problem !== null) problems.push(problem)
    else accepted.push(file)
  }
  const most = maximum.limits.pictures_per_upload
  const room = Math.max(most - alreadyChosen, 0)
  if (accepted.length > room) {
    accepted.length = room
    problems.push(t('upload.problems.tooMany', most))
  }
  return { accepted, problems }
}

import type { Config } from './api'
import { formatBytes } from './format'
import { t } from './i18n'

export const ACCEPTED_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/bmp']

export interface CheckedFiles {
  accepted: File[]
  /** One sentence for each thing that was left out. */
  problems: string[]
}

function problemOf(file: File, limits: Config['limits']): string | null {
  if (!ACCEPTED_TYPES.includes(file.type)) {
    return t('upload.problems.notAPicture', { name: file.name })
  }
  if (file.size === 0) return t('upload.problems.empty', { name: file.name })
  if (file.size > limits.picture_max_bytes) {
    return t('upload.problems.tooLarge', {
      name: file.name,
      size: formatBytes(limits.picture_max_bytes),
    })
  }
  return null
}

/**
 * Sorts out early what the server would refuse anyway. It saves a needless upload and protects
 * nothing: the server looks at the bytes and decides.
 */
export function checkFiles(
  files: readonly File[],
  alreadyChosen: number,
  limits: Config['limits'],
): CheckedFiles {
  const accepted: File[] = []
  const problems: string[] = []
  for (const file of files) {
    const problem = problemOf(file, limits)
    if (problem !== null) problems.push(problem)
    else accepted.push(file)
  }
  const room = Math.max(limits.pictures_per_upload - alreadyChosen, 0)
  if (accepted.length > room) {
    accepted.length = room
    problems.push(t('upload.problems.tooMany', limits.pictures_per_upload))
  }
  return { accepted, problems }
}

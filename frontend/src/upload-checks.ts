import type { Config } from './api'
import { formatBytes } from './format'

export const ACCEPTED_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/bmp']

export interface CheckedFiles {
  accepted: File[]
  /** One sentence for each thing that was left out. */
  problems: string[]
}

function problemOf(file: File, limits: Config['limits']): string | null {
  if (!ACCEPTED_TYPES.includes(file.type)) {
    return `“${file.name}” is not a JPEG, PNG, WebP or BMP picture.`
  }
  if (file.size === 0) return `“${file.name}” is empty.`
  if (file.size > limits.picture_max_bytes) {
    return `“${file.name}” is larger than ${formatBytes(limits.picture_max_bytes)}.`
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
    problems.push(
      `At most ${limits.pictures_per_upload} pictures fit into one upload; the others were left out.`,
    )
  }
  return { accepted, problems }
}

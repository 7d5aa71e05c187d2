/** Which files are films. Browsers do not know the types of all, so endings count as well. */

const ENDINGS = ['.mp4', '.m4v', '.mov', '.webm', '.mkv', '.avi']

export function isFilm({ name, type }: Pick<File, 'name' | 'type'>): boolean {
  if (type.startsWith('video/')) return true
  return type === '' && ENDINGS.some((ending) => name.toLowerCase().endsWith(ending))
}

/** For the `accept` of a file input. */
export const FILM_TYPES = ['video/*', ...ENDINGS]

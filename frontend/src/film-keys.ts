/** The keys of the film and its chart; they work while the focus is in there, and nowhere else. */

export const FILM_KEYS = [
  'toggle',
  'back',
  'forward',
  'frameBack',
  'frameForward',
  'markIn',
  'markOut',
  'zoomIn',
  'zoomOut',
  'panBack',
  'panForward',
  'whole',
] as const

export type FilmKey = (typeof FILM_KEYS)[number]

/** What stands on the keys, for the help. */
export const KEY_NAMES: Record<FilmKey, string> = {
  toggle: 'K',
  back: 'J',
  forward: 'L',
  frameBack: ',',
  frameForward: '.',
  markIn: 'I',
  markOut: 'O',
  zoomIn: '+',
  zoomOut: '−',
  panBack: '⇧ ←',
  panForward: '⇧ →',
  whole: '0',
}

const KEYS: Record<string, FilmKey> = {
  k: 'toggle',
  j: 'back',
  l: 'forward',
  ',': 'frameBack',
  '.': 'frameForward',
  i: 'markIn',
  o: 'markOut',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
  '−': 'zoomOut',
  '0': 'whole',
}

/** Where somebody types, a letter is a letter; in a list it leads to an entry. */
const TYPED_INTO = 'textarea, select, input:not([type=range], [type=checkbox], [type=radio])'

/** What a key asks for; null where it is not one of ours. */
export function filmKeyOf(event: KeyboardEvent): FilmKey | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  if ((event.target as Element | null)?.matches?.(TYPED_INTO)) return null
  if (event.shiftKey && event.key === 'ArrowLeft') return 'panBack'
  if (event.shiftKey && event.key === 'ArrowRight') return 'panForward'
  return KEYS[event.key.toLowerCase()] ?? null
}

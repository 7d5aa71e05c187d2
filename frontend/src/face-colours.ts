/** Bright enough for dark digits on them, and far enough apart to tell neighbours in a picture. */
const FACE_COLOURS = [
  '#4fd1c5',
  '#f6c453',
  '#c4a1ff',
  '#ff9d8a',
  '#7db8ff',
  '#b9e26b',
  '#ff9fd0',
  '#e6dcc8',
] as const

export function faceColour(index: number): string {
  return FACE_COLOURS[index % FACE_COLOURS.length] ?? FACE_COLOURS[0]
}

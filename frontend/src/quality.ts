/** What the server finds wrong with the picture of a face, in words. */

export type QualityIssue = 'small' | 'blurred' | 'dark' | 'overexposed' | 'cut_off'

export const ISSUE_TEXTS: Record<QualityIssue, { what: string; advice: string }> = {
  small: {
    what: 'The face is small.',
    advice: 'Come closer, or give the picture in its full size.',
  },
  blurred: {
    what: 'The face is blurred.',
    advice: 'Hold the camera still and focus on the face.',
  },
  dark: {
    what: 'The face is dark.',
    advice: 'Turn it towards a light.',
  },
  overexposed: {
    what: 'The face is overexposed.',
    advice: 'Take it out of the glaring light, or lower the exposure.',
  },
  cut_off: {
    what: 'The face reaches beyond the picture.',
    advice: 'Have the whole face in the picture.',
  },
}

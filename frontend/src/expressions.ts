/** The one order of expressions, that of FER2013 and of the server. */
export const EXPRESSIONS = [
  'angry',
  'disgust',
  'fear',
  'happy',
  'sad',
  'surprise',
  'neutral',
] as const

export type Expression = (typeof EXPRESSIONS)[number]

export const EXPRESSION_LABELS: Record<Expression, string> = {
  angry: 'Angry',
  disgust: 'Disgust',
  fear: 'Fear',
  happy: 'Happy',
  sad: 'Sad',
  surprise: 'Surprise',
  neutral: 'Neutral',
}

export const EXPRESSION_EMOJI: Record<Expression, string> = {
  angry: '😠',
  disgust: '🤢',
  fear: '😨',
  happy: '😀',
  sad: '😢',
  surprise: '😲',
  neutral: '😐',
}

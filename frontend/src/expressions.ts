import { textsOf } from './i18n'

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

/** In the person's language: read them in a render, a computed or a handler, not once for all. */
export const EXPRESSION_LABELS = textsOf('expressions.names', EXPRESSIONS)

export const EXPRESSION_EMOJI: Record<Expression, string> = {
  angry: '😠',
  disgust: '🤢',
  fear: '😨',
  happy: '😀',
  sad: '😢',
  surprise: '😲',
  neutral: '😐',
}

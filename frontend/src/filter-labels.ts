/** What is filtered by, in words. */

import { EXPRESSION_LABELS, type Expression } from './expressions'
import { formatDate, formatProbability } from './format'
import { t } from './i18n'
import type { ActiveFilter } from './record-filters'

export function filterLabel({ name, value }: ActiveFilter): string {
  const key = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const label = (shown: string) => t(`records.filters.active.${key}`, { value: shown })
  switch (name) {
    case 'expression':
    case 'corrected_expression':
      return label(EXPRESSION_LABELS[value as Expression])
    case 'kind':
      return label(t(`records.kinds.${value}`))
    case 'probability_min':
    case 'probability_max':
      return label(formatProbability(Number(value)))
    case 'created_from':
    case 'created_to':
      return label(formatDate(value))
    case 'corrected':
    case 'uncertain':
    case 'faces':
      return t(`records.filters.${name}.${value}`)
    default:
      return label(value)
  }
}

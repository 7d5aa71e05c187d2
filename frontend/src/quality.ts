/** What the server finds wrong with the picture of a face, in words. */

import { textsOf } from './i18n'

export const QUALITY_ISSUES = ['small', 'blurred', 'dark', 'overexposed', 'cut_off'] as const

export type QualityIssue = (typeof QUALITY_ISSUES)[number]

export const ISSUE_TEXTS = Object.fromEntries(
  QUALITY_ISSUES.map((issue) => [
    issue,
    textsOf(`expressions.issues.${issue}`, ['what', 'advice'] as const),
  ]),
) as Record<QualityIssue, { readonly what: string; readonly advice: string }>

/** Which records a page shows, as the address bar tells it and as the server is asked for it. */

import type { LocationQuery, LocationQueryRaw } from 'vue-router'

import type { MediaKind } from './api'
import { EXPRESSIONS, type Expression } from './expressions'

export const KINDS = [
  'picture',
  'photo',
  'video',
  'live',
  'practice',
] as const satisfies MediaKind[]

/** The first is how records are sorted unless the address says otherwise. */
export const ORDERINGS = [
  '-created_at',
  'created_at',
  'name',
  '-name',
  '-probability',
  'probability',
] as const

export type Ordering = (typeof ORDERINGS)[number]

/** What each is called among the texts. */
export const ORDERING_KEYS: Record<Ordering, string> = {
  '-created_at': 'newest',
  created_at: 'oldest',
  name: 'nameUp',
  '-name': 'nameDown',
  '-probability': 'surest',
  probability: 'leastSure',
}

export interface RecordFilters {
  search: string
  /** As the machine recognised it. */
  expression: Expression[]
  /** As a person corrected it. */
  corrected_expression: Expression[]
  corrected: boolean | null
  /** In [0, 1]. */
  probability_min: number | null
  probability_max: number | null
  /** Days as `2026-11-20`, both included; empty where open. */
  created_from: string
  created_to: string
  kind: MediaKind[]
  /** A record carries them all. */
  tag: string[]
  model_version: string
  uncertain: boolean | null
  faces: 'none' | 'some' | ''
  ordering: Ordering
}

export type FilterName = Exclude<keyof RecordFilters, 'ordering'>

export const NO_FILTERS: Readonly<RecordFilters> = {
  search: '',
  expression: [],
  corrected_expression: [],
  corrected: null,
  probability_min: null,
  probability_max: null,
  created_from: '',
  created_to: '',
  kind: [],
  tag: [],
  model_version: '',
  uncertain: null,
  faces: '',
  ordering: ORDERINGS[0],
}

/** Where several values can be chosen, all are in the address under one name. */
function valuesOf(query: LocationQuery, name: keyof RecordFilters): string[] {
  const values = [query[name] ?? []].flat()
  return [...new Set(values.filter((value): value is string => value !== null && value !== ''))]
}

function known<T extends string>(values: readonly string[], choices: readonly T[]): T[] {
  return choices.filter((choice) => values.includes(choice))
}

function probabilityOf(value: string | undefined): number | null {
  const number = value === undefined ? NaN : Number(value)
  return number >= 0 && number <= 1 ? number : null
}

function booleanOf(value: string | undefined): boolean | null {
  return value === 'true' ? true : value === 'false' ? false : null
}

function dayOf(value: string | undefined): string {
  const isDay = value !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(value)
  return isDay && !Number.isNaN(Date.parse(value)) ? value : ''
}

/** What the address asks for; whatever in it makes no sense is left out. */
export function filtersOf(query: LocationQuery): RecordFilters {
  const first = (name: keyof RecordFilters) => valuesOf(query, name)[0]
  return {
    search: first('search') ?? '',
    expression: known(valuesOf(query, 'expression'), EXPRESSIONS),
    corrected_expression: known(valuesOf(query, 'corrected_expression'), EXPRESSIONS),
    corrected: booleanOf(first('corrected')),
    probability_min: probabilityOf(first('probability_min')),
    probability_max: probabilityOf(first('probability_max')),
    created_from: dayOf(first('created_from')),
    created_to: dayOf(first('created_to')),
    kind: known(valuesOf(query, 'kind'), KINDS),
    tag: valuesOf(query, 'tag'),
    model_version: first('model_version') ?? '',
    uncertain: booleanOf(first('uncertain')),
    faces: known(valuesOf(query, 'faces'), ['none', 'some'] as const)[0] ?? '',
    ordering: known(valuesOf(query, 'ordering'), ORDERINGS)[0] ?? ORDERINGS[0],
  }
}

function isSet(value: RecordFilters[keyof RecordFilters]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== ''
}

/** As short as can be: what is not asked for does not stand in the address. */
export function queryOf(filters: RecordFilters): LocationQueryRaw {
  return Object.fromEntries(
    Object.entries(filters)
      .filter(([name, value]) => isSet(value) && !(name === 'ordering' && value === ORDERINGS[0]))
      .map(([name, value]) => [name, Array.isArray(value) ? [...value] : String(value)]),
  )
}

/** Days are days where the person is. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** What the server is asked. */
export function serverQuery(filters: RecordFilters): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(queryOf(filters))) {
    for (const one of [value ?? []].flat()) query.append(name, String(one))
  }
  if (filters.created_from || filters.created_to) query.set('tz', timeZone())
  return query
}

export interface ActiveFilter {
  name: FilterName
  value: string
  /** The filters once this one is taken away. */
  without: RecordFilters
}

/** One for each value that narrows the records down. */
export function activeFilters(filters: RecordFilters): ActiveFilter[] {
  const names = Object.keys(NO_FILTERS).filter((name) => name !== 'ordering') as FilterName[]
  return names.flatMap((name) => {
    const value = filters[name]
    if (Array.isArray(value)) {
      return value.map((one) => ({
        name,
        value: one,
        without: { ...filters, [name]: value.filter((other) => other !== one) },
      }))
    }
    if (!isSet(value)) return []
    return [{ name, value: String(value), without: { ...filters, [name]: NO_FILTERS[name] } }]
  })
}

/** The filters of nothing, in the same order. */
export function cleared(filters: RecordFilters): RecordFilters {
  return { ...NO_FILTERS, ordering: filters.ordering }
}

import { describe, expect, it } from 'vitest'
import type { LocationQuery } from 'vue-router'

import { filterLabel } from '../filter-labels'
import {
  activeFilters,
  cleared,
  filtersOf,
  NO_FILTERS,
  queryOf,
  serverQuery,
  type RecordFilters,
} from '../record-filters'

const ALL: RecordFilters = {
  search: 'garden "party" 100 % 🎉',
  expression: ['happy', 'neutral'],
  corrected_expression: ['sad'],
  corrected: true,
  probability_min: 0.5,
  probability_max: 1,
  created_from: '2026-11-01',
  created_to: '2026-11-20',
  kind: ['photo'],
  tag: ['Work', 'a,b'],
  model_version: '2026.11',
  uncertain: false,
  faces: 'some',
  ordering: 'name',
}

/** What the router gives back for a query that it was given. */
function asRead(query: ReturnType<typeof queryOf>): LocationQuery {
  return query as LocationQuery
}

describe('the address', () => {
  it('holds every filter and gives each back as it was', () => {
    expect(filtersOf(asRead(queryOf(ALL)))).toEqual(ALL)
  })

  it('is empty where nothing is filtered', () => {
    expect(queryOf({ ...NO_FILTERS })).toEqual({})
    expect(filtersOf({})).toEqual(NO_FILTERS)
  })

  it('keeps a choice of "no", which is not the same as no choice', () => {
    const query = queryOf({ ...NO_FILTERS, uncertain: false, probability_min: 0 })
    expect(query).toEqual({ uncertain: 'false', probability_min: '0' })
    expect(filtersOf(asRead(query))).toMatchObject({ uncertain: false, probability_min: 0 })
  })

  it.each([
    [{ expression: ['happy', 'angelic', 'happy'] }, { expression: ['happy'] }],
    [{ expression: 'sad' }, { expression: ['sad'] }],
    [{ probability_min: '7', probability_max: 'NaN' }, {}],
    [{ created_from: '2026-13-40', created_to: "'; drop" }, {}],
    [{ uncertain: 'perhaps', corrected: null }, {}],
    [{ kind: ['hologram'], faces: 'many', ordering: '-owner' }, {}],
    [{ tag: ['', 'x'] }, { tag: ['x'] }],
  ])('leaves out of %j what makes no sense', (query, expected) => {
    expect(filtersOf(query as LocationQuery)).toEqual({ ...NO_FILTERS, ...expected })
  })
})

describe('the question to the server', () => {
  it('repeats what has several values and says whose days are meant', () => {
    const query = serverQuery(ALL)
    expect(query.getAll('expression')).toEqual(['happy', 'neutral'])
    expect(query.getAll('tag')).toEqual(['Work', 'a,b'])
    expect(query.get('tz')).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone)
    expect(query.get('ordering')).toBe('name')
  })

  it('asks for nothing where nothing is filtered', () => {
    expect(serverQuery({ ...NO_FILTERS }).toString()).toBe('')
  })
})

describe('active filters', () => {
  it('are one for each value; taking one away leaves the others', () => {
    const active = activeFilters(ALL)
    expect(active).toHaveLength(15)
    const happy = active.find(({ value }) => value === 'happy')!
    expect(happy.without).toEqual({ ...ALL, expression: ['neutral'] })
    const lowest = active.find(({ name }) => name === 'probability_min')!
    expect(lowest.without).toEqual({ ...ALL, probability_min: null })
  })

  it('are all gone once cleared, but for the order', () => {
    expect(activeFilters(cleared(ALL))).toEqual([])
    expect(cleared(ALL).ordering).toBe('name')
  })

  it('are named in words', () => {
    const labels = activeFilters(ALL).map((filter) => filterLabel(filter))
    expect(labels).toContain('Recognised as Happy')
    expect(labels).toContain('Corrected to Sad')
    expect(labels).toContain('Not uncertain')
    expect(labels).toContain('With a face')
    expect(labels).toContain('From Nov 1, 2026')
    expect(labels.some((label) => /^Confidence from 50\s?%$/.test(label))).toBe(true)
    expect(labels.every((label) => !label.includes('records.'))).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'

import { mergedTags, suggestedTags } from '../tags'

describe('mergedTags', () => {
  it('adds each of several, without spaces around and inside', () => {
    expect(mergedTags(['Work'], '  New   York, sea，山、')).toEqual([
      'Work',
      'New York',
      'sea',
      '山',
    ])
  })

  it('adds none twice, whatever its case', () => {
    expect(mergedTags(['Work'], 'WORK, Éva, éva')).toEqual(['Work', 'Éva'])
  })
})

describe('suggestedTags', () => {
  const known = [
    { name: 'Homework', records: 9 },
    { name: 'work', records: 1 },
    { name: 'Worker', records: 5 },
    { name: 'sea', records: 30 },
  ]

  it('puts those that start so first, then the often used', () => {
    expect(suggestedTags(known, [], 'wor').map(({ name }) => name)).toEqual([
      'Worker',
      'work',
      'Homework',
    ])
  })

  it('leaves out those that the record has', () => {
    expect(suggestedTags(known, ['WORK'], '').map(({ name }) => name)).toEqual([
      'sea',
      'Homework',
      'Worker',
    ])
  })
})

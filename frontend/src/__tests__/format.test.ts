import { afterEach, describe, expect, it } from 'vitest'

import {
  formatBytes,
  formatDate,
  formatDateTime,
  formatFaceCount,
  formatProbability,
  formatProgress,
  withoutExtension,
} from '../format'

describe('formatProbability', () => {
  it.each([
    [0, '0%'],
    [0.0001, '<1%'],
    [0.005, '1%'],
    [0.874, '87%'],
    [0.994, '99%'],
    [0.9999, '>99%'],
    [1, '100%'],
  ])('writes %d as %s', (probability, text) => {
    expect(formatProbability(probability, 'en')).toBe(text)
  })

  it('follows the locale', () => {
    expect(formatProbability(0.874, 'de')).toBe('87\u00a0%')
  })
})

it('never shows 100% before the end', () => {
  expect(formatProgress(0.999, 'en')).toBe('99%')
  expect(formatProgress(1, 'en')).toBe('100%')
})

it.each([
  [1, '1 byte'],
  [5400, '5.3 kB'],
  [20_971_520, '20 MB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes, 'en')).toBe(text)
})

it('writes times in the local way', () => {
  expect(formatDateTime('2026-11-20T12:00:00Z', 'en-GB')).toMatch(/20 Nov 2026/)
  expect(formatDateTime('2026-11-20T12:00:00Z', 'de-DE')).toMatch(/20\.11\.2026/)
})

describe('formatDate', () => {
  const zone = process.env.TZ

  function beIn(name: string | undefined): void {
    // Written as text, "undefined" would be a zone of its own.
    if (name === undefined) delete process.env.TZ
    else process.env.TZ = name
  }

  afterEach(() => beIn(zone))

  it.each([
    ['Pacific/Pago_Pago', 11],
    ['America/Los_Angeles', 8],
    ['UTC', 0],
    ['Asia/Tokyo', -9],
    ['Pacific/Kiritimati', -14],
  ])('writes a bare day as the same one in %s', (name, hoursBehind) => {
    beIn(name)
    expect(new Date('2026-11-20T12:00:00Z').getTimezoneOffset()).toBe(hoursBehind * 60)
    expect(formatDate('2026-11-20', 'en-GB')).toBe('20 Nov 2026')
  })

  it.each([
    ['Pacific/Pago_Pago', '2026-11-20T05:00:00Z', '19 Nov 2026'],
    ['Europe/London', '2026-11-20T05:00:00Z', '20 Nov 2026'],
    ['Europe/London', '2026-11-20T23:00:00Z', '20 Nov 2026'],
    ['Asia/Tokyo', '2026-11-20T23:00:00Z', '21 Nov 2026'],
  ])('writes a moment as the day that it is in %s', (name, moment, day) => {
    beIn(name)
    expect(formatDate(moment, 'en-GB')).toBe(day)
  })
})

it.each([
  [0, 'No face'],
  [1, '1 face'],
  [5, '5 faces'],
])('counts %i as %s', (count, text) => {
  expect(formatFaceCount(count)).toBe(text)
})

it.each([
  ['holiday.jpg', 'holiday'],
  ['a.b.png', 'a.b'],
  ['no-extension', 'no-extension'],
  ['.hidden', '.hidden'],
])('takes the extension off %s', (fileName, name) => {
  expect(withoutExtension(fileName)).toBe(name)
})

/** Numbers and times as a person reads them. `locale` is left out except in tests. */

import { formatLocale, t } from './i18n'

function percentFormat(locale = formatLocale()): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
}

/** A probability as a percentage that never claims an impossible or a sure thing by rounding. */
export function formatProbability(probability: number, locale?: string): string {
  const format = percentFormat(locale)
  if (probability > 0 && probability < 0.005) return `<${format.format(0.01)}`
  if (probability < 1 && probability >= 0.995) return `>${format.format(0.99)}`
  return format.format(probability)
}

/** How far something has come; rounded down, so that 100% means finished. */
export function formatProgress(share: number, locale?: string): string {
  return percentFormat(locale).format(Math.floor(share * 100) / 100)
}

export function formatNumber(value: number, locale = formatLocale()): string {
  return new Intl.NumberFormat(locale).format(value)
}

export function formatDateTime(iso: string, locale = formatLocale()): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(iso),
  )
}

/** A moment's day, or a bare day such as 2026-11-20: the same one in every time zone. */
export function formatDate(iso: string, locale = formatLocale()): string {
  const moment = iso.includes('T') ? iso : `${iso}T12:00:00`
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(moment))
}

/** A time that comes as seconds since 1970, as allauth sends it. */
export function formatSeconds(seconds: number, locale = formatLocale()): string {
  return formatDateTime(new Date(seconds * 1000).toISOString(), locale)
}

const BYTES_PER_KILOBYTE = 1024

/** A file size in the binary steps that the server's limits use, e.g. 20971520 is 20 MB. */
export function formatBytes(bytes: number, locale = formatLocale()): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  let size = bytes
  let step = 0
  while (size >= BYTES_PER_KILOBYTE && step < units.length - 1) {
    size /= BYTES_PER_KILOBYTE
    step += 1
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: size < 10 && step > 0 ? 1 : 0,
  }).format(size)
}

export function formatFaceCount(count: number): string {
  return t('common.faces', count)
}

export function withoutExtension(fileName: string): string {
  return fileName.replace(/(?<=.)\.[^.]+$/, '')
}

import { afterEach, describe, expect, it, vi } from 'vitest'

import { EXPRESSION_LABELS } from '../expressions'
import { formatDate, formatFaceCount, formatProbability } from '../format'
import { languageOf, preferredLanguage, setLanguage } from '../i18n'
import { adoptPreferences } from '../preferences'
import { applyTitle, setTitle } from '../product'
import { t } from '../i18n'

afterEach(async () => {
  localStorage.clear()
  await setLanguage('en', { remember: false })
})

it.each([
  ['zh-CN', 'zh-Hans'],
  ['zh-hans', 'zh-Hans'],
  ['en-GB', 'en'],
  ['fr', undefined],
  ['', undefined],
])('understands %j as %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language)
})

describe('the preferred language', () => {
  it("is the device's choice, else the first of the browser's that there is", async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr', 'zh-TW', 'en'])
    expect(preferredLanguage()).toBe('zh-Hans')
    await setLanguage('en')
    expect(preferredLanguage()).toBe('en')
  })

  it('does without storage', async () => {
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new DOMException('forbidden', 'SecurityError')
    })
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('forbidden', 'SecurityError')
    })
    await setLanguage('zh-Hans')
    expect(EXPRESSION_LABELS.happy).toBe('高兴')
    expect(['en', 'zh-Hans']).toContain(preferredLanguage())
  })

  it('gives way to what the account says, and stays where it says nothing', async () => {
    await adoptPreferences({ language: 'zh-hans', theme: 'system' })
    expect(document.documentElement.lang).toBe('zh-Hans')
    await adoptPreferences({ language: '', theme: 'system' })
    expect(document.documentElement.lang).toBe('zh-Hans')
  })
})

it('takes texts, plurals, numbers, dates and the title along', async () => {
  applyTitle()
  setTitle(() => t('common.titles.records'))
  expect(document.title).toBe('Records · Expression Lab')
  await setLanguage('zh-Hans', { remember: false })
  expect(document.title).toBe('记录 · Expression Lab')
  expect(formatFaceCount(0)).toBe('未找到人脸')
  expect(formatFaceCount(3)).toBe('3 张人脸')
  expect(formatProbability(0.87)).toBe('87%')
  expect(formatDate('2026-11-20')).toBe('2026年11月20日')
})

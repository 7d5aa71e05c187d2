/** The app's texts in the person's language: `src/locales/<language>/<area>.json`. */

import { createI18n, type I18n } from 'vue-i18n'

/** The languages there are, by what they call themselves. */
export const LANGUAGES = { en: 'English', 'zh-Hans': '简体中文' } as const

export type Language = keyof typeof LANGUAGES

const STORAGE_KEY = 'language'

interface Texts {
  [key: string]: string | Texts
}

const english = import.meta.glob<Texts>('./locales/en/*.json', { eager: true, import: 'default' })
// Other languages are fetched when they are asked for.
const others: Record<Exclude<Language, 'en'>, () => Promise<{ default: Record<string, Texts> }>> = {
  'zh-Hans': () => import('./locales/zh-Hans'),
}

/** The texts by area, from those by path. */
function byArea(files: Record<string, Texts>): Texts {
  return Object.fromEntries(
    Object.entries(files).map(([path, texts]) => [
      path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
      texts,
    ]),
  )
}

/** Its keys are plain strings to the compiler; `__tests__/texts.test.ts` knows them all. */
export type AppI18n = I18n<{}, {}, {}, string, false>

export const i18n: AppI18n = createI18n({
  legacy: false,
  locale: 'en' as string,
  fallbackLocale: 'en',
  messages: { en: byArea(english) } as Record<string, Texts>,
}) as AppI18n

/** For code outside components; what it gives follows the language inside renders and computeds. */
export const t = i18n.global.t

const loaded = new Set<Language>()
let wanted: Language = 'en'

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY)
  } catch {
    // Storage may be forbidden altogether; the choice then lasts as long as the page.
    return null
  }
}

function store(language: Language): void {
  try {
    localStorage.setItem(STORAGE_KEY, language)
  } catch {
    // See stored.
  }
}

/** The language of ours that a tag such as `zh-CN`, `zh-hans` or `en-GB` asks for, if there is one. */
export function languageOf(tag: string): Language | undefined {
  if (/^zh\b/i.test(tag)) return 'zh-Hans'
  if (/^en\b/i.test(tag)) return 'en'
  return undefined
}

/** What the person chose on this device, or else the first of the browser's languages there is. */
export function preferredLanguage(): Language {
  for (const tag of [stored() ?? '', ...navigator.languages]) {
    const language = languageOf(tag)
    if (language) return language
  }
  return 'en'
}

export function currentLanguage(): Language {
  return i18n.global.locale.value as Language
}

/** What the server is asked for: the language that is on, or just being fetched. */
export function wantedLanguage(): Language {
  return wanted
}

/** The locale for dates and numbers: the browser's own variant of the language, such as en-GB. */
export function formatLocale(): string {
  const language = currentLanguage()
  return navigator.languages.find((tag) => languageOf(tag) === language) ?? language
}

export async function setLanguage(language: Language, { remember = true } = {}): Promise<void> {
  wanted = language
  if (language !== 'en' && !loaded.has(language)) {
    const { default: files } = await others[language]()
    i18n.global.setLocaleMessage(language, byArea(files))
    loaded.add(language)
  }
  if (wanted !== language) return // Another was chosen meanwhile.
  i18n.global.locale.value = language
  document.documentElement.lang = language
  if (remember) store(language)
}

/** Texts by name, from keys below `prefix`; they follow the language like `t` does. */
export function textsOf<Name extends string>(
  prefix: string,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const texts = {} as Record<Name, string>
  for (const name of names) {
    Object.defineProperty(texts, name, { enumerable: true, get: () => t(`${prefix}.${name}`) })
  }
  return texts
}

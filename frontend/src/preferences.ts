/**
 * Language and theme: on this device at once, and with the account, so that they follow the person.
 * What the account says wins over the device, where it says anything.
 */

import { patchMe, type Me } from './me-api'
import { languageOf, setLanguage, type Language } from './i18n'
import { isSignedIn, keepMe, refreshConfig } from './session'
import { theme, type Theme } from './theme'

/** Makes this device look and speak as the account has it. */
export async function adoptPreferences(me: Pick<Me, 'language' | 'theme'>): Promise<void> {
  // `system` means "as the device", which may have a choice of its own.
  if (me.theme !== 'system') theme.value = me.theme
  const language = languageOf(me.language)
  // Without the texts (offline, say) the language stays what it is.
  if (language) await setLanguage(language).catch(() => {})
}

async function tellAccount(changes: Partial<Pick<Me, 'language' | 'theme'>>): Promise<void> {
  if (!isSignedIn.value) return
  // The device has it already; the account learns it next time.
  await patchMe(changes).then(keepMe, () => {})
}

export async function chooseLanguage(language: Language): Promise<void> {
  await setLanguage(language)
  await tellAccount({ language: language === 'zh-Hans' ? 'zh-hans' : 'en' })
  await refreshConfig()
}

export async function chooseTheme(choice: Theme): Promise<void> {
  theme.value = choice
  await tellAccount({ theme: choice })
}

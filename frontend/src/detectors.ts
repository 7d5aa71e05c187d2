import { i18n, t } from './i18n'

/** What a face detector of the server is called; one that this page does not know, by its name. */
export function detectorLabel(name: string): string {
  const key = `upload.detectors.${name}`
  return i18n.global.te(key, 'en') ? t(key) : name
}

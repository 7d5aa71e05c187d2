/**
 * What Django wrote into the page (`ferproject/app_page.py`), so that nothing need be asked for
 * before the page can be shown. Each part is handed out once: later it may be old.
 */

import type { Config, RecordDetail, User } from './api'
import type { Me } from './me-api'

export interface Start {
  /** In which the config's texts are. */
  language: string
  user: User | null
  me: Me | null
  config: Config
  /** The one that the page shows, if it shows one that is done. */
  record: RecordDetail | null
}

let record: RecordDetail | null = null

/** Null where the page brought nothing, as that of the development server. */
export function takeStart(): Start | null {
  const element = document.getElementById('start')
  if (element === null) return null
  element.remove()
  const start = JSON.parse(element.textContent) as Start
  record = start.record
  return start
}

export function takeRecord(id: RecordDetail['id']): RecordDetail | null {
  if (record?.id !== id) return null
  const taken = record
  record = null
  return taken
}

/**
 * What Django wrote into the page (`ferproject/app_page.py`), so that nothing need be asked for
 * before the page can be shown. Each answer is handed out once, and soon: later it may be old.
 */

import type { Config, User } from './api'
import type { Me } from './me-api'

export interface Start {
  /** In which the config's texts are. */
  language: string
  user: User | null
  me: Me | null
  config: Config
  /** Of the API, by path: to what the page asks first. */
  answers: Record<string, unknown>
}

/** So long an answer is as good as a new one, in milliseconds. */
const FRESH = 10_000

let answers: Start['answers'] = {}
let takenAt = 0

/** Null where the page brought nothing, as that of the development server. */
export function takeStart(): Start | null {
  const element = document.getElementById('start')
  if (element === null) return null
  element.remove()
  const start = JSON.parse(element.textContent) as Start
  answers = start.answers
  takenAt = Date.now()
  return start
}

/** What the API would say now at a path below `/api/v1/`; undefined where it has to be asked. */
export function takeAnswer(path: string): unknown {
  if (Date.now() - takenAt > FRESH) forgetAnswers()
  const answer = answers[path]
  delete answers[path]
  return answer
}

/** They were in another language, or something was changed. */
export function forgetAnswers(): void {
  answers = {}
}

import { createApp, watch } from 'vue'

import { onSignedOut } from './api'
import App from './App.vue'
import { i18n, setLanguage } from './i18n'
import { adoptPreferences } from './preferences'
import { applyTitle } from './product'
import { router } from './router'
import { forgetUser, session, startLanguage, startSession } from './session'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import { applyTheme } from './theme'

applyTheme()
applyTitle()

onSignedOut(() => {
  forgetUser()
  const { fullPath, meta } = router.currentRoute.value
  if (meta.audience === 'signed-in') {
    void router.push({ name: 'sign-in', query: { next: fullPath } })
  }
})

watch(
  () => session.me,
  (me, previous) => {
    if (me && me.id !== previous?.id) void adoptPreferences(me)
  },
)

void startSession()
const texts = setLanguage(startLanguage(), { remember: false })
// Nothing is shown before its texts are there; without them (offline, say) English has to do.
await texts.catch(() => {})
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // What it is for is not needed now; without HTTPS or in a private window it may be refused.
  window.addEventListener('load', () => {
    navigator.serviceWorker.register('/sw.js').catch(() => {})
  })
}
createApp(App).use(i18n).use(router).mount('#app')

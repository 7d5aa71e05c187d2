import { createApp } from 'vue'

import { onSignedOut } from './api'
import App from './App.vue'
import { router } from './router'
import { forgetUser, startSession } from './session'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import { applyTheme } from './theme'

applyTheme()

onSignedOut(() => {
  forgetUser()
  const { fullPath, meta } = router.currentRoute.value
  if (meta.audience === 'signed-in') {
    void router.push({ name: 'sign-in', query: { next: fullPath } })
  }
})

void startSession()
createApp(App).use(router).mount('#app')

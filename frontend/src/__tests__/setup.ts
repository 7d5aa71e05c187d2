/**
 * What each file of tests begins with. They share a process, which is five times as fast as one for
 * each, so that here is put back what another file may have left: modules with what they remember,
 * the page, its address and its storage.
 */
import { config, disableAutoUnmount, enableAutoUnmount } from '@vue/test-utils'
import { afterEach, vi } from 'vitest'

vi.useRealTimers()
vi.resetModules()
document.documentElement.innerHTML = '<head></head><body></body>'
localStorage.clear()
sessionStorage.clear()
history.replaceState(null, '', '/')

// Every component may use the app's texts, as in main.ts.
const { i18n } = await import('../i18n')
config.global.plugins = [i18n]

disableAutoUnmount()
enableAutoUnmount(afterEach)

/** Every component may use the app's texts, as in main.ts. */
import { config } from '@vue/test-utils'

import { i18n } from '../i18n'

config.global.plugins.push(i18n)

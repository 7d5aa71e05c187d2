import { ref, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORAGE_KEY = 'theme'

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_KEY)
    return THEMES.find((theme) => theme === stored) ?? 'system'
  } catch {
    // Storage may be forbidden altogether; the choice then lasts as long as the page.
    return 'system'
  }
}

export const theme = ref<Theme>(storedTheme())

function store(choice: Theme): void {
  try {
    localStorage.setItem(STORAGE_KEY, choice)
  } catch {
    // See storedTheme.
  }
}

/** Keeps the root element, which the style sheet reads, in step with the choice. */
export function applyTheme(): void {
  watchEffect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
    store(theme.value)
  })
}

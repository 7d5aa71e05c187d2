// Runs before the first paint, so that a page in the chosen theme does not flash in the system's.
// The app itself comes later, as a module; src/theme.ts has the key and keeps the two in step.
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme it is.
}

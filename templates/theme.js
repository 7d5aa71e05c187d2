// Part of the page itself, so that nothing waits for it, and one in the chosen theme does not flash
// in the system's. The app comes later; frontend/src/theme.ts has the key and keeps the two in step.
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme it is.
}

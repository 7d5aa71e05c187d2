/** Rejects with the signal's reason when that fires first. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Nobody looks at a hidden tab, so it costs the server nothing. */
export function whenVisible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const listening = new AbortController()
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.hidden) return
        listening.abort()
        resolve()
      },
      { signal: listening.signal },
    )
    signal.addEventListener(
      'abort',
      () => {
        listening.abort()
        reject(signal.reason)
      },
      { signal: listening.signal },
    )
  })
}

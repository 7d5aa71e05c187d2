/** Where to go after signing in. Only a path of ours: `next` comes from the address bar. */
export function localPath(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/')) return '/'
  try {
    // The URL parser reads `//host`, `/\host` and tabs inside as a browser would.
    const url = new URL(next, window.location.origin)
    if (url.origin !== window.location.origin) return '/'
    return url.pathname + url.search + url.hash
  } catch {
    return '/'
  }
}

/*
 * Keeps the app's own files, which never change under their names, and a page for when there is no
 * network. It never keeps an answer of the API, nor a picture of anybody's.
 *
 * A new build changes the two constants and so this file: the browser then fetches the new worker,
 * which takes over once no tab runs the old build any more, and drops the old files.
 */

const CACHE = 'app-{{ version }}'
const FILES = {{ files|safe }}
const OFFLINE_PAGE = '/offline'
const ASSETS = '/static/app/assets/'

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  )
})

async function keptOrFetched(request) {
  return (await caches.match(request)) ?? fetch(request)
}

async function pageOrOffline(request) {
  try {
    return await fetch(request)
  } catch (error) {
    return (await caches.match(OFFLINE_PAGE)) ?? Promise.reject(error)
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(pageOrOffline(request))
  else if (url.pathname.startsWith(ASSETS) || FILES.includes(url.pathname)) {
    event.respondWith(keptOrFetched(request))
  }
})

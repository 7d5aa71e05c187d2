import { readFileSync } from 'node:fs'

import vue from '@vitejs/plugin-vue'
import type { Plugin, Rolldown } from 'vite'
import { defineConfig } from 'vitest/config'

const django = process.env.DJANGO_URL ?? 'http://127.0.0.1:8000'

/**
 * Writes pages.json: which page each route shows, after the one that it is shown in. By it Django
 * has the browser fetch the pages' files at once, and not only when the app has started and asks
 * for them.
 */
function pagesOfRoutes(): Plugin {
  return {
    name: 'pages-of-routes',
    apply: 'build',
    generateBundle() {
      const routes = readFileSync('src/router.ts', 'utf8').matchAll(
        /path: '([^']+)',[^}]*?component: \(\) => import\('\.\/([^']+)'\)/g,
      )
      const pages: Record<string, string[]> = {}
      let frame = { path: '', file: '' }
      for (const [, path, name] of routes) {
        const file = `src/${name}`
        if (path!.startsWith('/')) {
          frame = { path: path!, file }
          pages[path!] = [file]
        } else {
          pages[`${frame.path}/${path}`] = [frame.file, file]
        }
      }
      const source = JSON.stringify(pages, null, 2) + '\n'
      this.emitFile({ type: 'asset', fileName: 'pages.json', source })
    },
  }
}

/** Pages that are like each other in what they need; a kind needs what those before it need. */
const KINDS = {
  forms: /pages\/(settings\/|(SignIn|SignUp|ForgotPassword|ResetPassword|VerifyEmail|Consent)Page)/,
  records: /pages\/(Home|Upload|Records|Record|Statistics)Page/,
  camera: /src\//,
}

/** A file for each kind with what several pages share, so that none loads what only others need. */
function sharedFiles(): Rolldown.CodeSplittingGroup[] {
  return Object.entries(KINDS).map(([kind, pages], index) => ({
    name: (id, graph) => (isNeeded(id, pages, graph) ? kind : null),
    test: /src\/(?!locales\/)/,
    minShareCount: 2,
    priority: 3 - index,
  }))
}

/** Whether a module is there, or is imported by what is, when a page of this kind is. */
function isNeeded(id: string, pages: RegExp, graph: Rolldown.ChunkingContext): boolean {
  const seen = new Set([id])
  for (const each of seen) {
    if (pages.test(each)) return true
    graph.getModuleInfo(each)?.importers.forEach((importer) => seen.add(importer))
  }
  return false
}

export default defineConfig(({ command }) => ({
  // The development server serves the page itself, at the addresses that the router knows.
  base: command === 'build' ? '/static/app/' : '/',
  plugins: [vue(), pagesOfRoutes()],
  define: {
    // Leaves out the options APIs, the devtools hooks and vue-i18n's global components, which
    // nothing here uses.
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: '../static/app',
    emptyOutDir: true,
    manifest: 'manifest.json',
    sourcemap: false,
    cssCodeSplit: false,
    // All of these know light-dark() and the native dialog element.
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    // The polyfill would be the only script that no current browser needs.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: 'src/main.ts',
      output: {
        // Few files, since each costs a request, and little in them that a page does not need.
        codeSplitting: {
          groups: [
            { name: 'vendor', test: /node_modules/, tags: ['$initial'], priority: 5 },
            { name: 'app', test: /src\/(?!main\.ts)/, tags: ['$initial'], priority: 4 },
            ...sharedFiles(),
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/_allauth', '/accounts', '/admin', '/static-admin', '/media'].map((path) => [
        path,
        { target: django },
      ]),
    ),
  },
  test: {
    environment: 'happy-dom',
    isolate: false, // see setup.ts
    setupFiles: ['src/__tests__/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
}))

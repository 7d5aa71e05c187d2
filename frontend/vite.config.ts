import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const django = process.env.DJANGO_URL ?? 'http://127.0.0.1:8000'

export default defineConfig(({ command }) => ({
  // The development server serves the page itself, at the addresses that the router knows.
  base: command === 'build' ? '/static/app/' : '/',
  plugins: [vue()],
  define: {
    // Leaves out the options API and the devtools hooks, which nothing here uses.
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: '../static/app',
    emptyOutDir: true,
    manifest: 'manifest.json',
    sourcemap: false,
    // All of these know light-dark() and the native dialog element.
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    // The polyfill would be the only script that no current browser needs.
    modulePreload: { polyfill: false },
    rollupOptions: { input: 'src/main.ts' },
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
    setupFiles: ['src/__tests__/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
}))

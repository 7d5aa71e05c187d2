import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteLocationRaw,
  type RouteRecordRaw,
} from 'vue-router'

import { t } from './i18n'
import { localPath } from './local-path'
import { focusHeading } from './page-focus'
import { setTitle } from './product'
import { hasConsent, isSignedIn, whenReady } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    /** The key of the page's title; empty for the product's name alone. */
    title: string
    /** Who may see the page: everybody, only people who are signed in, or only who are not. */
    audience?: 'signed-in' | 'signed-out'
    /** Whether the person must have agreed to the notice before. */
    needsConsent?: boolean
    /** What pages have in common that stay in one frame when one goes between them. */
    frame?: string
  }
}

export const routes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'home',
    component: () => import('./pages/HomePage.vue'),
    meta: { title: '' },
  },
  {
    path: '/sign-in',
    name: 'sign-in',
    component: () => import('./pages/SignInPage.vue'),
    meta: { title: 'common.titles.signIn', audience: 'signed-out' },
  },
  {
    path: '/sign-up',
    name: 'sign-up',
    component: () => import('./pages/SignUpPage.vue'),
    meta: { title: 'common.titles.signUp', audience: 'signed-out' },
  },
  {
    path: '/upload',
    name: 'upload',
    component: () => import('./pages/UploadPage.vue'),
    meta: { title: 'common.titles.recognise', audience: 'signed-in', needsConsent: true },
  },
  {
    path: '/camera',
    component: () => import('./pages/CameraPage.vue'),
    meta: { title: 'camera.title', audience: 'signed-in', needsConsent: true, frame: 'camera' },
    children: [
      { path: '', name: 'camera', redirect: { name: 'camera-photo' } },
      {
        path: 'photo',
        name: 'camera-photo',
        component: () => import('./pages/camera/PhotoPage.vue'),
        meta: { title: 'camera.uses.photo' },
      },
      {
        path: 'live',
        name: 'camera-live',
        component: () => import('./pages/camera/LivePage.vue'),
        meta: { title: 'camera.uses.live' },
      },
      {
        path: 'monitor',
        name: 'camera-monitor',
        component: () => import('./pages/camera/MonitorPage.vue'),
        meta: { title: 'camera.uses.monitor' },
      },
      {
        path: 'practice',
        name: 'camera-practice',
        component: () => import('./pages/camera/PracticePage.vue'),
        meta: { title: 'camera.uses.practice' },
      },
    ],
  },
  {
    path: '/camera/practice/scores',
    name: 'practice-scores',
    component: () => import('./pages/PracticeScoresPage.vue'),
    meta: { title: 'camera.scores.title', audience: 'signed-in' },
  },
  {
    path: '/records',
    name: 'records',
    component: () => import('./pages/RecordsPage.vue'),
    meta: { title: 'common.titles.records', audience: 'signed-in' },
  },
  {
    path: '/records/:id',
    name: 'record',
    component: () => import('./pages/RecordPage.vue'),
    props: true,
    meta: { title: 'common.titles.record', audience: 'signed-in' },
  },
  {
    path: '/statistics',
    name: 'statistics',
    component: () => import('./pages/StatisticsPage.vue'),
    meta: { title: 'statistics.title', audience: 'signed-in' },
  },
  {
    path: '/forgot-password',
    name: 'forgot-password',
    component: () => import('./pages/ForgotPasswordPage.vue'),
    meta: { title: 'accounts.forgot.title' },
  },
  {
    path: '/reset-password/:keyOfLink',
    name: 'reset-password',
    component: () => import('./pages/ResetPasswordPage.vue'),
    props: true,
    meta: { title: 'accounts.reset.title' },
  },
  {
    path: '/verify-email/:keyOfLink',
    name: 'verify-email',
    component: () => import('./pages/VerifyEmailPage.vue'),
    props: true,
    meta: { title: 'accounts.verify.title' },
  },
  {
    path: '/provider-callback',
    name: 'provider-callback',
    component: () => import('./pages/ProviderCallbackPage.vue'),
    meta: { title: 'accounts.signIn.title' },
  },
  {
    path: '/consent',
    name: 'consent',
    component: () => import('./pages/ConsentPage.vue'),
    meta: { title: 'consent.title', audience: 'signed-in' },
  },
  {
    path: '/settings',
    name: 'settings',
    component: () => import('./pages/settings/ProfilePage.vue'),
    meta: { title: 'settings.title', audience: 'signed-in' },
  },
  {
    path: '/settings/security',
    name: 'settings-security',
    component: () => import('./pages/settings/SecurityPage.vue'),
    meta: { title: 'settings.pages.security', audience: 'signed-in' },
  },
  {
    path: '/settings/privacy',
    name: 'settings-privacy',
    component: () => import('./pages/settings/PrivacyPage.vue'),
    meta: { title: 'settings.pages.privacy', audience: 'signed-in' },
  },
  {
    path: '/settings/tokens',
    name: 'settings-tokens',
    component: () => import('./pages/settings/TokensPage.vue'),
    meta: { title: 'settings.pages.tokens', audience: 'signed-in' },
  },
  {
    path: '/:path(.*)*',
    name: 'not-found',
    component: () => import('./pages/NotFoundPage.vue'),
    meta: { title: 'common.notFound.title' },
  },
]

export function guard(
  to: RouteLocationNormalized,
  signedIn: boolean,
  consented = true,
): RouteLocationRaw | true {
  if (to.meta.audience === 'signed-in' && !signedIn) {
    return { name: 'sign-in', query: { next: to.fullPath } }
  }
  if (to.meta.audience === 'signed-out' && signedIn) return localPath(to.query.next)
  if (to.meta.needsConsent && !consented) {
    return { name: 'consent', query: { next: to.fullPath } }
  }
  return true
}

export const router = createRouter({
  history: createWebHistory('/'),
  routes,
  // A filter changes the address of a page, not where one is on it.
  scrollBehavior: (to, from, savedPosition) =>
    savedPosition ?? (to.path === from.path ? false : { top: 0 }),
})

router.beforeEach(async (to) => {
  await whenReady()
  return guard(to, isSignedIn.value, hasConsent.value)
})

router.onError((_, to) => {
  // A page of an older build, which the server has no more: the whole app is fetched anew, once.
  const marker = `reloaded ${to.fullPath}`
  if (!navigator.onLine || history.state?.marker === marker) return
  history.replaceState({ ...history.state, marker }, '')
  window.location.assign(to.fullPath)
})

router.afterEach((to, from, failure) => {
  if (failure) return
  const { title } = to.meta
  setTitle(() => (title ? t(title) : ''))
  const isFirstPage = from.matched.length === 0
  if (!isFirstPage && to.path !== from.path) void focusHeading()
})

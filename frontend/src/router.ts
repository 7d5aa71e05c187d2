import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteLocationRaw,
  type RouteRecordRaw,
} from 'vue-router'

import { localPath } from './local-path'
import { focusHeading } from './page-focus'
import HomePage from './pages/HomePage.vue'
import NotFoundPage from './pages/NotFoundPage.vue'
import RecordPage from './pages/RecordPage.vue'
import RecordsPage from './pages/RecordsPage.vue'
import SignInPage from './pages/SignInPage.vue'
import SignUpPage from './pages/SignUpPage.vue'
import UploadPage from './pages/UploadPage.vue'
import { setTitle } from './product'
import { isSignedIn, whenReady } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    /** Who may see the page: everybody, only people who are signed in, or only who are not. */
    audience?: 'signed-in' | 'signed-out'
  }
}

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: HomePage, meta: { title: '' } },
  {
    path: '/sign-in',
    name: 'sign-in',
    component: SignInPage,
    meta: { title: 'Sign in', audience: 'signed-out' },
  },
  {
    path: '/sign-up',
    name: 'sign-up',
    component: SignUpPage,
    meta: { title: 'Sign up', audience: 'signed-out' },
  },
  {
    path: '/upload',
    name: 'upload',
    component: UploadPage,
    meta: { title: 'Recognise', audience: 'signed-in' },
  },
  {
    path: '/records',
    name: 'records',
    component: RecordsPage,
    meta: { title: 'Records', audience: 'signed-in' },
  },
  {
    path: '/records/:id',
    name: 'record',
    component: RecordPage,
    props: true,
    meta: { title: 'Record', audience: 'signed-in' },
  },
  {
    path: '/:path(.*)*',
    name: 'not-found',
    component: NotFoundPage,
    meta: { title: 'Page not found' },
  },
]

export function guard(to: RouteLocationNormalized, signedIn: boolean): RouteLocationRaw | true {
  if (to.meta.audience === 'signed-in' && !signedIn) {
    return { name: 'sign-in', query: { next: to.fullPath } }
  }
  if (to.meta.audience === 'signed-out' && signedIn) return localPath(to.query.next)
  return true
}

export const router = createRouter({
  history: createWebHistory('/'),
  routes,
  scrollBehavior: (_to, _from, savedPosition) => savedPosition ?? { top: 0 },
})

router.beforeEach(async (to) => {
  await whenReady()
  return guard(to, isSignedIn.value)
})

router.afterEach((to, from, failure) => {
  if (failure) return
  setTitle(to.meta.title)
  const isFirstPage = from.matched.length === 0
  if (!isFirstPage && to.path !== from.path) void focusHeading()
})

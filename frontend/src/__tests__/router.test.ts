import { describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import { localPath } from '../local-path'
import { guard, routes } from '../router'

async function visit(path: string, isSignedIn: boolean, hasConsent = true) {
  const router = createRouter({ history: createMemoryHistory(), routes })
  router.beforeEach((to) => guard(to, isSignedIn, hasConsent))
  await router.push(path)
  return router.currentRoute.value
}

describe('guard', () => {
  it.each(['/upload', '/records', '/records/1?tab=faces'])(
    'sends somebody who is not signed in from %s to the sign-in, and remembers the way',
    async (path) => {
      const { name, query } = await visit(path, false)
      expect(name).toBe('sign-in')
      expect(query.next).toBe(path)
    },
  )

  it.each([
    ['/', 'home'],
    ['/sign-in', 'sign-in'],
    ['/sign-up', 'sign-up'],
    ['/nowhere/at/all', 'not-found'],
  ])('shows %s to everybody', async (path, name) => {
    expect((await visit(path, false)).name).toBe(name)
  })

  it('lets people who are signed in pass', async () => {
    expect((await visit('/records/1', true)).params.id).toBe('1')
  })

  it('shows the notice before the upload until it is agreed to, and remembers the way', async () => {
    const { name, query } = await visit('/upload?tab=camera', true, false)
    expect(name).toBe('consent')
    expect(query.next).toBe('/upload?tab=camera')
    expect((await visit('/records', true, false)).name).toBe('records')
    expect((await visit('/upload', true, true)).name).toBe('upload')
  })

  it.each(['/consent', '/settings', '/settings/security', '/settings/privacy', '/settings/tokens'])(
    'keeps %s for people who are signed in',
    async (path) => {
      expect((await visit(path, false)).name).toBe('sign-in')
    },
  )

  it.each([
    ['/forgot-password', 'forgot-password'],
    ['/reset-password/2f-key', 'reset-password'],
    ['/verify-email/MQ:key', 'verify-email'],
  ])('shows %s to everybody, as a mail may be opened anywhere', async (path, name) => {
    expect((await visit(path, false)).name).toBe(name)
    expect((await visit(path, true)).name).toBe(name)
  })

  it('sends people who are signed in on from the sign-in', async () => {
    expect((await visit('/sign-in?next=/records', true)).fullPath).toBe('/records')
    expect((await visit('/sign-up', true)).fullPath).toBe('/')
    expect((await visit('/sign-in?next=https://evil.example/', true)).fullPath).toBe('/')
  })
})

describe('localPath', () => {
  it('keeps paths of ours', () => {
    expect(localPath('/records/1?a=b#c')).toBe('/records/1?a=b#c')
  })

  it.each([
    ['https://evil.example/'],
    ['//evil.example/'],
    ['/\\evil.example/'],
    ['/\t/evil.example/'],
    ['javascript:alert(1)'],
    ['records'],
    [''],
    [undefined],
    [['/records', '//evil.example']],
  ])('goes to the start instead of %j', (next) => {
    expect(localPath(next)).toBe('/')
  })
})

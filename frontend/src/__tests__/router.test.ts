import { describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import { localPath } from '../local-path'
import { guard, routes } from '../router'

async function visit(path: string, isSignedIn: boolean) {
  const router = createRouter({ history: createMemoryHistory(), routes })
  router.beforeEach((to) => guard(to, isSignedIn))
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

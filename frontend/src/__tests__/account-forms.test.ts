import { flushPromises, mount } from '@vue/test-utils'
import { beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import * as api from '../api'
import * as meApi from '../me-api'
import { ApiError } from '../api'
import SignUpPage from '../pages/SignUpPage.vue'
import { routes } from '../router'
import { forgetUser, startSession } from '../session'
import { aPerson, CONFIG } from './fixtures'

let signUp: MockInstance<typeof api.signUp>
const router = createRouter({ history: createMemoryHistory(), routes })

beforeAll(async () => {
  vi.spyOn(api, 'getSession').mockResolvedValue(null)
  vi.spyOn(api, 'getConfig').mockResolvedValue(CONFIG)
  await startSession()
  // Where it leads to; loaded for the first time it takes longer than is waited for.
  await import('../pages/RecordsPage.vue')
})

beforeEach(async () => {
  signUp = vi.spyOn(api, 'signUp')
  vi.spyOn(meApi, 'getMe').mockResolvedValue(aPerson())
  forgetUser()
  await router.push('/sign-up?next=/records')
})

async function fill(username: string, password: string) {
  const wrapper = mount(SignUpPage, { attachTo: document.body, global: { plugins: [router] } })
  await wrapper.get('input[name=username]').setValue(username)
  await wrapper.get('input[name=password]').setValue(password)
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  return wrapper
}

describe('signing up', () => {
  it('checks the lengths that the server asks for, and focuses the first wrong field', async () => {
    const wrapper = await fill('short', '1234567')
    expect(signUp).not.toHaveBeenCalled()
    expect(wrapper.text()).toContain('The user name needs at least 6 characters.')
    expect(wrapper.text()).toContain('The password needs at least 8 characters.')
    expect(document.activeElement).toBe(wrapper.get('input[name=username]').element)
  })

  it("shows the server's message beside the field", async () => {
    signUp.mockRejectedValue(
      new ApiError(400, 'invalid', 'No.', [
        { field: 'password', code: 'too_common', message: 'This password is too common.' },
      ]),
    )
    const wrapper = await fill('ada.lovelace', 'password')
    const input = wrapper.get('input[name=password]')
    expect(input.attributes('aria-invalid')).toBe('true')
    const describedBy = input.attributes('aria-describedby')?.split(' ') ?? []
    const messages = describedBy.map((id) => document.getElementById(id)?.textContent)
    expect(messages).toContain('This password is too common.')
    expect(wrapper.get<HTMLButtonElement>('button[type=submit]').element.disabled).toBe(false)
  })

  it.each([
    [403, 'Sign-up is closed on this server.'],
    [429, 'Too many tries. Please wait a while and try again.'],
  ])('announces a %i', async (status, text) => {
    signUp.mockRejectedValue(api.foldError(status, { status }))
    const wrapper = await fill('ada.lovelace', 'a good password')
    expect(wrapper.get('[role=alert]').text()).toContain(text)
  })

  it('goes where the person wanted to go', async () => {
    signUp.mockResolvedValue({ id: 1, display: 'ada.lovelace', username: 'ada.lovelace' })
    await fill('ada.lovelace', 'a good password')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/records'))
  })
})

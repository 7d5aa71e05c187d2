import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'

import ExportMenu from '../components/ExportMenu.vue'

it('links to what the filters leave', () => {
  const query = new URLSearchParams({ expression: 'sad' })
  const menu = mount(ExportMenu, { props: { label: 'Export', query } })
  const links = menu.findAll('a').map((link) => link.attributes('href'))
  expect(links).toHaveLength(3)
  expect(links[0]).toBe('/api/v1/records/export/?expression=sad&format=csv')
})

it('posts five hundred ids as a form, which the address is too short for', async () => {
  document.cookie = 'csrftoken=token'
  const sent: { action: string; fields: FormData }[] = []
  vi.spyOn(HTMLFormElement.prototype, 'submit').mockImplementation(function (
    this: HTMLFormElement,
  ) {
    sent.push({ action: this.getAttribute('action')!, fields: new FormData(this) })
  })
  const ids = Array.from({ length: 500 }, (_, n) => `record-${n}`)
  const menu = mount(ExportMenu, { props: { label: 'Export', ids } })
  expect(menu.findAll('a')).toHaveLength(0)
  await menu.findAll('button').at(-1)!.trigger('click')
  expect(sent).toHaveLength(1)
  expect(sent[0]!.action).toBe('/api/v1/records/export/?format=zip')
  expect(sent[0]!.fields.getAll('ids')).toEqual(ids)
  expect(sent[0]!.fields.get('csrfmiddlewaretoken')).toBe('token')
  expect(document.querySelector('form')).toBeNull()
})

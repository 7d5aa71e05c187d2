import { mount, RouterLinkStub } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import RecordCard from '../components/RecordCard.vue'
import { aRecord } from './fixtures'

function cardText(uncertain: boolean): string {
  const wrapper = mount(RecordCard, {
    props: { record: aRecord({ uncertain }), heading: 'h2' },
    global: { stubs: { RouterLink: RouterLinkStub } },
  })
  return wrapper.text()
}

describe('RecordCard', () => {
  it('says that the expression of an uncertain record is uncertain, in words', () => {
    expect(cardText(true)).toMatch(/Uncertain\s+perhaps\s+😀\s+Happy\s+90\s?%/)
    expect(cardText(false)).not.toContain('Uncertain')
  })
})

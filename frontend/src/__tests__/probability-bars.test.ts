import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import ProbabilityBars from '../components/ProbabilityBars.vue'
import { EXPRESSIONS } from '../expressions'
import { aRecord } from './fixtures'

const [face] = aRecord().faces

function mountBars() {
  return mount(ProbabilityBars, {
    props: {
      label: 'Probabilities for face 1',
      probabilities: face!.probabilities,
      strongest: 'happy',
    },
  })
}

describe('ProbabilityBars', () => {
  it('lists all seven expressions in label order, whatever their probability', () => {
    const bars = mountBars().findAll('[data-testid=probability-bar]')
    expect(bars.map((bar) => bar.attributes('data-expression'))).toEqual([...EXPRESSIONS])
  })

  it('gives each as text, not only as a bar', () => {
    const wrapper = mountBars()
    const bar = wrapper.get('[data-expression=happy]')
    expect(bar.text()).toContain('Happy')
    expect(bar.text()).toMatch(/90\s?%/)
    expect(bar.get('.track').attributes('aria-hidden')).toBe('true')
    expect(wrapper.get('ul').attributes('aria-label')).toBe('Probabilities for face 1')
  })

  it('draws each bar as long as its probability', () => {
    const fill = mountBars().get<HTMLElement>('[data-expression=surprise] .fill')
    expect(fill.element.style.getPropertyValue('--share')).toBe('0.03')
  })

  it('stresses the strongest only', () => {
    const strongest = mountBars().findAll('.row--strongest')
    expect(strongest.map((row) => row.attributes('data-expression'))).toEqual(['happy'])
  })
})

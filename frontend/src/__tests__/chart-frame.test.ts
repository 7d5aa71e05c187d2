import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import BarChart from '../components/BarChart.vue'
import ChartFrame from '../components/ChartFrame.vue'
import StackedChart from '../components/StackedChart.vue'

const COUNTS = { angry: 1, disgust: 0, fear: 0, happy: 3, sad: 0, surprise: 0, neutral: 0 }

describe('ChartFrame', () => {
  it('has the table for whoever does not see the chart, and for everybody on request', async () => {
    const wrapper = mount(ChartFrame, {
      attachTo: document.body,
      props: {
        title: 'Faces',
        fileName: 'faces',
        table: { columns: ['Day', 'Faces'], rows: [['2026-11-20', 4]] },
      },
      slots: { default: '<svg></svg>' },
    })
    await vi.waitFor(() => wrapper.get('table'))
    const chart = wrapper.get('.chart')
    expect(chart.attributes('aria-hidden')).toBe('true')
    expect(wrapper.get('tbody tr').text()).toMatch(/2026-11-20\s*4/)
    expect(wrapper.get('thead th').attributes('scope')).toBe('col')
    expect(wrapper.get('table').element.parentElement!.className).toContain('visually-hidden')

    await wrapper.get('button[aria-pressed]').trigger('click')
    expect(chart.isVisible()).toBe(false)
    expect(wrapper.get('table').element.parentElement!.className).not.toContain('visually-hidden')
  })
})

describe('charts', () => {
  it('draw bars as long as their values', async () => {
    const wrapper = mount(BarChart, {
      props: {
        bars: [
          { expression: 'happy', value: 0.8, text: '80 %' },
          { expression: 'sad', value: 0.2, text: '20 %' },
        ],
      },
    })
    await nextTick()
    const [happy, sad] = wrapper
      .findAll('[data-testid=bar]')
      .map((bar) => Number(bar.attributes('width')))
    expect(happy! / sad!).toBeCloseTo(4)
  })

  it('stack parts as high as their counts', async () => {
    const wrapper = mount(StackedChart, {
      props: {
        labelWidth: 40,
        columns: [{ label: '20', title: '2026-11-20', faces: 4, counts: COUNTS }],
      },
    })
    await nextTick()
    const parts = wrapper.findAll('[data-testid=column] rect')
    const [angry, happy] = parts.map((part) => ({
      y: Number(part.attributes('y')),
      height: Number(part.attributes('height')),
    }))
    expect(parts).toHaveLength(2)
    expect(happy!.height / angry!.height).toBeCloseTo(3)
    expect(happy!.y + happy!.height).toBeCloseTo(angry!.y)
  })
})

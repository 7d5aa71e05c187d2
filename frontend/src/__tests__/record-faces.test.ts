import { mount, RouterLinkStub } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { nextTick } from 'vue'

import type { Face } from '../api'
import RecordFaces from '../components/RecordFaces.vue'
import { aRecord } from './fixtures'

const [first] = aRecord().faces as [Face]
const second: Face = { ...first, id: 2, index: 1, expression: 'sad', probability: 0.6 }

function mountFaces(faces: Face[]) {
  return mount(RecordFaces, {
    attachTo: document.body,
    props: { record: aRecord({ faces, face_count: faces.length }) },
    global: { stubs: { RouterLink: RouterLinkStub } },
  })
}

describe('RecordFaces', () => {
  it('names each box and draws it in pixels of the picture', () => {
    const wrapper = mountFaces([first, second])
    const boxes = wrapper.findAll('[data-testid=face-box]')
    expect(boxes.map((box) => box.attributes('aria-label'))).toEqual([
      expect.stringMatching(/^Face 1: Happy, 90\s?%$/),
      expect.stringMatching(/^Face 2: Sad, 60\s?%$/),
    ])
    expect(wrapper.get('svg.overlay').attributes('viewBox')).toBe('0 0 400 300')
    expect(boxes[0]!.get('.line').attributes()).toMatchObject({ x: '40', y: '30', width: '80' })
  })

  it('highlights the box of the card under the pointer, and the card of the focused box', async () => {
    const wrapper = mountFaces([first, second])
    const box = wrapper.findAll('[data-testid=face-box]')[1]!
    const card = wrapper.findAll('[data-testid=face-card]')[1]!
    await card.trigger('mouseenter')
    expect(box.attributes('data-active')).toBe('true')
    await card.trigger('mouseleave')
    expect(box.attributes('data-active')).toBe('false')
    await box.trigger('focus')
    expect(card.attributes('data-active')).toBe('true')
  })

  it('brings hidden boxes back to show a face in the picture', async () => {
    const wrapper = mountFaces([first])
    await wrapper.get('input[type=checkbox]').setValue(false)
    expect(wrapper.find('[data-testid=face-box]').exists()).toBe(false)
    await wrapper.get('[data-testid=face-card] button').trigger('click')
    expect(wrapper.find('[data-testid=face-box]').exists()).toBe(true)
  })

  it('goes from the box of each face to its own card', async () => {
    const wrapper = mountFaces([first, second])
    await wrapper.findAll('[data-testid=face-box]')[1]!.trigger('click')
    await nextTick()
    const card = wrapper.findAll('[data-testid=face-card]')[1]!
    expect(document.activeElement).toBe(card.get('button').element)
  })

  it('says plainly which face is uncertain, why, and what to do', () => {
    const quality: Face['quality'] = { score: 0.4, issues: ['blurred', 'small'] }
    const wrapper = mountFaces([first, { ...second, uncertain: true, quality }])
    const [sure, unsure] = wrapper.findAll('[data-testid=face-card]')
    expect(sure!.text()).not.toContain('Uncertain')
    expect(sure!.find('[data-testid=face-quality]').exists()).toBe(false)
    expect(unsure!.text()).toMatch(/Uncertain\s+perhaps\s+😢\s+Sad\s+60\s?%/)
    const issues = unsure!.findAll('[data-testid=face-quality] li').map((item) => item.text())
    expect(issues).toEqual([
      'The face is blurred. Hold the camera still and focus on the face.',
      'The face is small. Come closer, or give the picture in its full size.',
    ])
    const box = wrapper.findAll('[data-testid=face-box]')[1]!
    expect(box.attributes('aria-label')).toMatch(/^Face 2: uncertain, perhaps Sad, 60\s?%$/)
    expect(box.text()).toBe('2?')
  })

  it('gives a reason where the picture is good but no expression stands out', () => {
    const wrapper = mountFaces([{ ...first, uncertain: true, probability: 0.3 }])
    expect(wrapper.get('[data-testid=face-quality]').text()).toContain(
      'No expression is probable enough.',
    )
  })

  it('names what is wrong with the picture of a face that is certain all the same', () => {
    const quality: Face['quality'] = { score: 0.85, issues: ['dark'] }
    const wrapper = mountFaces([{ ...first, quality }])
    expect(wrapper.get('[data-testid=face-quality]').text()).toContain('The face is dark.')
    expect(wrapper.text()).not.toContain('Do not rely')
  })

  it('shows faces from before quality was measured, and issues that it does not know', () => {
    const unknown = { score: 0.5, issues: ['haunted'] } as unknown as Face['quality']
    const wrapper = mountFaces([
      { ...first, quality: null },
      { ...second, quality: unknown },
    ])
    expect(wrapper.find('[data-testid=face-quality]').exists()).toBe(false)
  })

  it('says so kindly when there is no face', () => {
    const wrapper = mountFaces([])
    expect(wrapper.text()).toContain('No face was found in this picture.')
    expect(wrapper.find('input[type=checkbox]').exists()).toBe(false)
  })
})

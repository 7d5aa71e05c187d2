import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import type { Job } from '../api'
import FilmProgress from '../components/film/FilmProgress.vue'
import * as filmApi from '../film-api'
import { aJob } from './fixtures'

function mountProgress() {
  const cancelled = vi.fn(async (_isKept: boolean) => {})
  const wrapper = mount(FilmProgress, {
    attachTo: document.body,
    props: { job: aJob({ kind: 'film', state: 'running' }), cancelled },
  })
  return { wrapper, cancelled }
}

describe('FilmProgress', () => {
  it('moves the focus to the question, and back', async () => {
    const { wrapper } = mountProgress()
    await wrapper.get('[data-cancel]').trigger('click')
    await nextTick()
    expect(document.activeElement).toBe(wrapper.get('[role=group]').element)
    await wrapper.findAll('[role=group] button')[2]!.trigger('click')
    await nextTick()
    expect(document.activeElement).toBe(wrapper.get('[data-cancel]').element)
  })

  it('tells what was cancelled although it is gone when the answer comes', async () => {
    let answer: (job: Job) => void = () => {}
    vi.spyOn(filmApi, 'cancelJob').mockImplementation(
      () => new Promise((resolve) => (answer = resolve)),
    )
    const { wrapper, cancelled } = mountProgress()
    await wrapper.get('[data-cancel]').trigger('click')
    await wrapper.get('.button--danger').trigger('click')
    wrapper.unmount()
    answer(aJob({ state: 'cancelled' }))
    await flushPromises()
    expect(cancelled).toHaveBeenCalledExactlyOnceWith(false)
  })
})

import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { reactive } from 'vue'

import FilmPlayer from '../components/film/FilmPlayer.vue'

function mountPlayer() {
  const clock = reactive({ time: 3 })
  const wrapper = mount(FilmPlayer, {
    props: {
      source: '/film.mp4',
      name: 'Picnic',
      width: 640,
      height: 360,
      tracks: new Map(),
      facesAt: () => [],
      isAnnotated: false,
      hasBoxes: true,
      hasLabels: true,
      isBlurred: false,
      labelOf: String,
      clock,
    },
  })
  return { wrapper, clock, player: wrapper.vm as unknown as { seek: (time: number) => void } }
}

describe('FilmPlayer', () => {
  it('seeks in the film, and tells the time where it is then', () => {
    const { wrapper, clock, player } = mountPlayer()
    player.seek(12)
    expect(wrapper.get('video').element.currentTime).toBe(12)
    expect(clock.time).toBe(12)
  })

  it('moves the clock all the same where the film cannot be played', async () => {
    const { wrapper, clock, player } = mountPlayer()
    await wrapper.get('video').trigger('error')
    expect(wrapper.find('video').exists()).toBe(false)
    expect(wrapper.get('[role=alert]').text()).toContain('cannot play this file')
    player.seek(12)
    expect(clock.time).toBe(12)
    player.seek(7.5)
    expect(clock.time).toBe(7.5)
  })

  it('tries again with another film, from where the clock is', async () => {
    const { wrapper, player } = mountPlayer()
    await wrapper.get('video').trigger('error')
    player.seek(12)
    await wrapper.setProps({ source: '/annotated.mp4' })
    expect(wrapper.find('[role=alert]').exists()).toBe(false)
    const video = wrapper.get('video')
    await video.trigger('loadedmetadata')
    expect(video.element.currentTime).toBe(12)
  })
})

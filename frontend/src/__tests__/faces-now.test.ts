import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { Track } from '../api'
import FacesNow from '../components/film/FacesNow.vue'
import type { FilmFace } from '../film-faces'
import { aLiveFace } from './live-fixtures'

function textOf(faces: FilmFace[] | null, hidden: number[] = []): string {
  const tracks = new Map(hidden.map((track) => [track, { track, hidden: true } as Track]))
  const wrapper = mount(FacesNow, {
    props: {
      clock: { time: 1 },
      tracks,
      facesAt: () => faces,
      labelOf: (track) => `Face ${track}`,
    },
  })
  return wrapper.get('[data-testid=faces-now] > :last-child').text()
}

describe('FacesNow', () => {
  it('says that nobody is there only where that is known', () => {
    expect(textOf(null)).toBe('Loading')
    expect(textOf([])).toBe('No face at this moment')
  })

  it('names who is there, without those who are hidden', () => {
    expect(textOf([aLiveFace({ track: 1 }), aLiveFace({ track: 2 })], [2])).toMatch(
      /^Face 1.*Happy 100%$/,
    )
    expect(textOf([aLiveFace({ track: 2 })], [2])).toBe('No face at this moment')
  })
})

import { describe, expect, it } from 'vitest'

import { inSeries, OnePerson } from '../one-person'
import { aLiveFace } from './live-fixtures'

function faceOf(track: number, side = 100) {
  return aLiveFace({ track, box: { x: 0, y: 0, width: side, height: side } })
}

/** The numbers of the faces that are taken for the person, frame by frame. */
function followed(person: OnePerson, ...frames: number[][]) {
  return frames.map((tracks) => person.find(tracks.map((track) => faceOf(track)))?.track ?? null)
}

describe('OnePerson', () => {
  it('begins with the nearest and stays with it', () => {
    const person = new OnePerson()
    expect(person.find([faceOf(1, 50), faceOf(2, 200)])?.track).toBe(2)
    expect(person.find([faceOf(1, 300), faceOf(2, 40)])?.track).toBe(2)
  })

  it('takes who comes after it was gone for the same person, under one number', () => {
    const person = new OnePerson()
    expect(followed(person, [1], [], [], [2], [2])).toEqual([1, null, null, 2, 2])
    expect([faceOf(1), faceOf(2)].map((face) => inSeries(face).track)).toEqual([1, 1])
  })

  it('leaves a gap where only those are left who were seen beside it', () => {
    const person = new OnePerson()
    expect(followed(person, [1], [1, 2], [1], [2], [2, 3])).toEqual([1, 1, 1, null, 3])
    expect(person.isAway).toBe(false)
    expect(followed(person, [2])).toEqual([null])
    expect(person.isAway).toBe(true)
  })

  it('takes the nearest once it is told to choose anew', () => {
    const person = new OnePerson()
    followed(person, [1], [1, 2], [2])
    person.choose()
    expect(followed(person, [2])).toEqual([2])
  })
})

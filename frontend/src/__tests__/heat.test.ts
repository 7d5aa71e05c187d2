import { describe, expect, it } from 'vitest'

import type { Explanation } from '../api'
import { heatPixels, largestDrop, placeInWords } from '../heat'
import { anExplanation } from './fixtures'

const SIDE = 12

function dropAt(isInside: (row: number, column: number) => boolean, drop = 0.5): Explanation {
  const cells = Array.from({ length: SIDE }, (_, index) => index)
  return anExplanation({
    values: cells.map((row) => cells.map((column) => (isInside(row, column) ? drop : -0.01))),
  })
}

describe('placeInWords', () => {
  it.each<[string, (row: number, column: number) => boolean]>([
    [
      'Happy rests mostly on the upper part of the face, around the eyes and brows.',
      (row) => row < 4,
    ],
    [
      'Happy rests mostly on the middle of the face, around the nose and cheeks.',
      (row) => row === 6,
    ],
    [
      'Happy rests mostly on the lower part of the face, around the mouth and chin.',
      (row) => row > 7,
    ],
    [
      'Happy rests mostly on the lower part of the face, around the mouth and chin, on the left of the picture.',
      (row, column) => row > 7 && column < 4,
    ],
    [
      'Happy rests on several parts of the face, on the right of the picture.',
      (_, column) => column > 8,
    ],
    ['Happy rests on several parts of the face.', () => true],
    ['Happy rests on no single part of the face.', () => false],
  ])('%s', (words, isInside) => {
    expect(placeInWords(dropAt(isInside))).toBe(words)
  })

  it('does not make much of little', () => {
    const faint = dropAt((row) => row > 7, 0.01)
    expect(placeInWords(faint)).toContain('no single part')
  })
})

describe('heatPixels', () => {
  function lightness(pixels: Uint8ClampedArray, row: number, side: number): number {
    const start = (row * side + side / 2) * 4
    return pixels[start]! + pixels[start + 1]! + pixels[start + 2]!
  }

  it('is bright where covering costs most, dark elsewhere, and never hides the face', () => {
    const pixels = heatPixels(
      dropAt((row) => row > 7),
      48,
    )
    expect(pixels).toHaveLength(48 * 48 * 4)
    expect(lightness(pixels, 44, 48)).toBeGreaterThan(500)
    expect(lightness(pixels, 4, 48)).toBeLessThan(30)
    const opacities = pixels.filter((_, index) => index % 4 === 3)
    expect(Math.max(...opacities)).toBeLessThan(200)
  })

  it('does not stretch noise to the full scale', () => {
    const pixels = heatPixels(
      dropAt((row) => row > 7, 0.005),
      48,
    )
    expect(lightness(pixels, 44, 48)).toBeLessThan(200)
  })

  it('is dark all over where covering only helps', () => {
    const pixels = heatPixels(
      dropAt(() => false),
      48,
    )
    expect(lightness(pixels, 24, 48)).toBe(4)
  })
})

describe('largestDrop', () => {
  it('is none where covering only helps', () => {
    expect(largestDrop(dropAt(() => false))).toBe(0)
  })
})

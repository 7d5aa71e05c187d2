import { describe, expect, it } from 'vitest'

import { checkFiles } from '../upload-checks'
import { aFile, CONFIG, LIMITS } from './fixtures'

describe('checkFiles', () => {
  it('lets pictures of the four formats pass, up to the size limit', () => {
    const files = [
      aFile('a.jpg'),
      aFile('b.png', 'image/png'),
      aFile('c.webp', 'image/webp'),
      aFile('d.bmp', 'image/bmp', LIMITS.picture_max_bytes),
    ]
    expect(checkFiles(files, 0, CONFIG)).toEqual({ accepted: files, problems: [] })
  })

  it('says of each other file why it was left out', () => {
    const good = aFile('good.jpg')
    const { accepted, problems } = checkFiles(
      [
        aFile('notes.txt', 'text/plain'),
        aFile('drawing.svg', 'image/svg+xml'),
        aFile('empty.jpg', 'image/jpeg', 0),
        aFile('huge.jpg', 'image/jpeg', LIMITS.picture_max_bytes + 1),
        good,
      ],
      0,
      CONFIG,
    )
    expect(accepted).toEqual([good])
    expect(problems).toEqual([
      '“notes.txt” is neither a JPEG, PNG, WebP or BMP picture nor a film.',
      '“drawing.svg” is neither a JPEG, PNG, WebP or BMP picture nor a film.',
      '“empty.jpg” is empty.',
      expect.stringMatching(/^“huge.jpg” is larger than 20/),
    ])
  })

  it('lets films pass up to a limit of their own, known by their type or else their ending', () => {
    const films = [
      aFile('a.mp4', 'video/mp4', LIMITS.picture_max_bytes + 1),
      aFile('b.MKV', ''),
      aFile('c.webm', 'video/webm', CONFIG.film.max_bytes),
    ]
    expect(checkFiles(films, 0, CONFIG)).toEqual({ accepted: films, problems: [] })
    expect(
      checkFiles([aFile('d.mov', 'video/quicktime', CONFIG.film.max_bytes + 1)], 0, CONFIG)
        .problems,
    ).toEqual([expect.stringMatching(/^“d.mov” is larger than 500/)])
  })

  it('counts what was chosen before', () => {
    const { accepted, problems } = checkFiles([aFile('a.jpg'), aFile('b.jpg')], 19, CONFIG)
    expect(accepted.map(({ name }) => name)).toEqual(['a.jpg'])
    expect(problems).toEqual(['At most 20 pictures fit into one upload; the others were left out.'])
  })
})

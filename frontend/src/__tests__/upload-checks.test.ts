import { describe, expect, it } from 'vitest'

import { checkFiles } from '../upload-checks'
import { aFile, LIMITS } from './fixtures'

describe('checkFiles', () => {
  it('lets pictures of the four formats pass, up to the size limit', () => {
    const files = [
      aFile('a.jpg'),
      aFile('b.png', 'image/png'),
      aFile('c.webp', 'image/webp'),
      aFile('d.bmp', 'image/bmp', LIMITS.picture_max_bytes),
    ]
    expect(checkFiles(files, 0, LIMITS)).toEqual({ accepted: files, problems: [] })
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
      LIMITS,
    )
    expect(accepted).toEqual([good])
    expect(problems).toEqual([
      '“notes.txt” is not a JPEG, PNG, WebP or BMP picture.',
      '“drawing.svg” is not a JPEG, PNG, WebP or BMP picture.',
      '“empty.jpg” is empty.',
      expect.stringMatching(/^“huge.jpg” is larger than 20/),
    ])
  })

  it('counts what was chosen before', () => {
    const { accepted, problems } = checkFiles([aFile('a.jpg'), aFile('b.jpg')], 19, LIMITS)
    expect(accepted.map(({ name }) => name)).toEqual(['a.jpg'])
    expect(problems).toEqual(['At most 20 pictures fit into one upload; the others were left out.'])
  })
})

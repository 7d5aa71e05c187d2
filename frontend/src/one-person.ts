/** Who of those in view is the one that is monitored or practises. Nobody's identity is known. */

import type { LiveFace } from './live-api'

/** The number of their face in what is stored: one person is one series, whoever comes and goes. */
const SERIES = 1

/** Of those whom `OnePerson` may take, the nearest to the camera. */
function nearest(faces: readonly LiveFace[]): LiveFace | null {
  const area = ({ box }: LiveFace) => box.width * box.height
  return faces.reduce<LiveFace | null>(
    (best, face) => (best === null || area(face) > area(best) ? face : best),
    null,
  )
}

/**
 * At first the nearest face. When it is gone, the next that comes into view is taken for the same
 * person who is back: the tracker gives it a new number. A face that was seen beside it is somebody
 * else, and stays somebody else while it is followed: without the one there is a gap.
 */
export class OnePerson {
  /** The tracker's number of the face, for now. */
  track: number | null = null
  /** Whether they were not in the last frame. */
  isAway = false
  private readonly others = new Set<number>()

  /** The face of the next frame, or null where the person is not in it. */
  find(faces: readonly LiveFace[]): LiveFace | null {
    const followed = faces.find(({ track }) => track === this.track)
    const face = followed ?? nearest(faces.filter(({ track }) => !this.others.has(track)))
    this.isAway = face === null
    if (face === null) return null
    this.track = face.track
    for (const { track } of faces) if (track !== face.track) this.others.add(track)
    return face
  }

  /** Begins anew: the nearest face is the person. */
  choose(): void {
    this.track = null
    this.others.clear()
  }
}

/** As it is stored: under one number. */
export function inSeries(face: LiveFace): LiveFace {
  return { ...face, track: SERIES }
}

/** Pictures out of a playing video. */

import type { Grabbed } from './live-loop'

/** Wide enough for the recogniser; larger frames only cost time. */
export const FRAME_MAX_WIDTH = 640
const FRAME_QUALITY = 0.8
const PHOTO_QUALITY = 0.92
/** A camera that has had no new picture for so long is asked again. */
const NO_PICTURE_MS = 1_000

/** Width and height within a widest width and a longest side; the shape stays. */
export function fitted(
  width: number,
  height: number,
  maxWidth: number,
  maxSide: number,
): [number, number] {
  const scale = Math.min(1, maxWidth / width, maxSide / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

function encoded(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('No picture was made.'))),
      type,
      quality,
    )
  })
}

/** Resolves to whether there is a picture that was not there before. */
function newPicture(video: HTMLVideoElement, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      video.cancelVideoFrameCallback(handle)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => finish(() => reject(signal.reason))
    const handle = video.requestVideoFrameCallback(() => finish(() => resolve(true)))
    const timer = setTimeout(() => finish(() => resolve(false)), NO_PICTURE_MS)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

export class FrameGrabber {
  private readonly canvas = document.createElement('canvas')
  private readonly context = this.canvas.getContext('2d', { alpha: false })

  constructor(
    private readonly video: () => HTMLVideoElement | null,
    /** The longest side that the server takes. */
    private readonly maxSide: () => number,
  ) {}

  async grab(signal: AbortSignal): Promise<Grabbed | null> {
    const video = this.video()
    if (!video || !this.context || video.videoWidth === 0) return null
    const began = performance.now()
    if (!(await newPicture(video, signal))) return null
    const waited = performance.now() - began
    const [width, height] = fitted(
      video.videoWidth,
      video.videoHeight,
      FRAME_MAX_WIDTH,
      this.maxSide(),
    )
    if (this.canvas.width !== width) this.canvas.width = width
    if (this.canvas.height !== height) this.canvas.height = height
    this.context.drawImage(video, 0, 0, width, height)
    return { frame: await encoded(this.canvas, 'image/jpeg', FRAME_QUALITY), waited }
  }
}

/** The picture that the camera gives now, as others see it (not mirrored), as JPEG. */
export async function takePhoto(
  video: HTMLVideoElement,
  maxWidth = Number.POSITIVE_INFINITY,
): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const { videoWidth, videoHeight } = video
  const [width, height] = fitted(videoWidth, videoHeight, maxWidth, Number.POSITIVE_INFINITY)
  Object.assign(canvas, { width, height })
  canvas.getContext('2d')?.drawImage(video, 0, 0, width, height)
  return encoded(canvas, 'image/jpeg', PHOTO_QUALITY)
}

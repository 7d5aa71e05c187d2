/** A face's box with its label, and a face made unrecognisable, on a canvas over moving pictures. */

import type { Box } from './api'
import { EXPRESSION_EMOJI, EXPRESSION_LABELS, type Expression } from './expressions'
import { formatProbability } from './format'

const LINE_PX = 3
const HALO_PX = 7
const LABEL_PX = 15
const LABEL_HEIGHT_PX = 26
const LABEL_PADDING_PX = 7
const DARK = '#10171a'

/** A face is covered by so many squares across; no face can be told from them. */
const SQUARES = 7
/** Of the box's sides, on each side: hair and chin tell as well. */
const COVERED_BEYOND = 0.15

/** Makes the canvas as sharp as the screen, empties it, and gives it back in CSS pixels. */
export function preparedContext(
  element: HTMLCanvasElement,
): { context: CanvasRenderingContext2D; width: number; height: number } | null {
  const context = element.getContext('2d')
  if (!context) return null
  const density = window.devicePixelRatio || 1
  const [width, height] = [element.clientWidth, element.clientHeight]
  const [pixelWidth, pixelHeight] = [Math.round(width * density), Math.round(height * density)]
  if (element.width !== pixelWidth) element.width = pixelWidth
  if (element.height !== pixelHeight) element.height = pixelHeight
  context.setTransform(density, 0, 0, density, 0, 0)
  context.clearRect(0, 0, width, height)
  return { context, width, height }
}

/** As `Happy 93%`, behind the name of the face. */
export function faceText(
  name: string,
  face: { expression: Expression; probability: number; uncertain: boolean },
): string {
  const { expression, probability, uncertain } = face
  const doubt = uncertain ? '?' : ''
  return `${name}  ${EXPRESSION_EMOJI[expression]} ${EXPRESSION_LABELS[expression]}${doubt} ${formatProbability(probability)}`
}

export interface DrawnFace {
  colour: string
  uncertain: boolean
  /** Empty: none. */
  text: string
}

/** `box` in CSS pixels of the canvas. */
export function drawFace(context: CanvasRenderingContext2D, face: DrawnFace, box: Box): void {
  context.setLineDash(face.uncertain ? [10, 7] : [])
  context.strokeStyle = 'rgb(0 0 0 / 60%)'
  context.lineWidth = HALO_PX
  context.strokeRect(box.x, box.y, box.width, box.height)
  context.strokeStyle = face.colour
  context.lineWidth = LINE_PX
  context.strokeRect(box.x, box.y, box.width, box.height)
  context.setLineDash([])
  if (face.text === '') return

  context.font = `650 ${LABEL_PX}px ${getComputedStyle(context.canvas).fontFamily}`
  const textWidth = context.measureText(face.text).width + 2 * LABEL_PADDING_PX
  const room = context.canvas.clientWidth
  const x = Math.max(0, Math.min(box.x - LINE_PX / 2, room - textWidth))
  const isRoomAbove = box.y >= LABEL_HEIGHT_PX
  const y = isRoomAbove ? box.y - LABEL_HEIGHT_PX : box.y
  context.fillStyle = face.colour
  context.fillRect(x, y, textWidth, LABEL_HEIGHT_PX)
  context.fillStyle = DARK
  context.textBaseline = 'middle'
  context.fillText(face.text, x + LABEL_PADDING_PX, y + LABEL_HEIGHT_PX / 2 + 1)
}

const small = { canvas: null as HTMLCanvasElement | null }

/** Draws what `source` shows at `box` (its own pixels) as a few squares at `target` (CSS pixels). */
function drawSquares(
  context: CanvasRenderingContext2D,
  source: HTMLVideoElement,
  box: Box,
  target: Box,
): void {
  small.canvas ??= document.createElement('canvas')
  const columns = SQUARES
  const rows = Math.max(1, Math.round((SQUARES * box.height) / Math.max(1, box.width)))
  Object.assign(small.canvas, { width: columns, height: rows })
  const scratch = small.canvas.getContext('2d')
  if (!scratch) return
  scratch.drawImage(source, box.x, box.y, box.width, box.height, 0, 0, columns, rows)
  context.imageSmoothingEnabled = false
  const { x, y, width, height } = target
  context.drawImage(small.canvas, 0, 0, columns, rows, x, y, width, height)
  context.imageSmoothingEnabled = true
}

export function coverFace(
  context: CanvasRenderingContext2D,
  source: HTMLVideoElement,
  face: Box,
  toCanvas: (box: Box) => Box,
  toSource: (box: Box) => Box,
): void {
  const [besides, above] = [face.width * COVERED_BEYOND, face.height * COVERED_BEYOND]
  const box = {
    x: face.x - besides,
    y: face.y - above,
    width: face.width + 2 * besides,
    height: face.height + 2 * above,
  }
  const target = toCanvas(box)
  context.save()
  context.beginPath()
  context.ellipse(
    target.x + target.width / 2,
    target.y + target.height / 2,
    target.width / 2,
    target.height / 2,
    0,
    0,
    2 * Math.PI,
  )
  context.clip()
  // Also where nothing can be drawn from the film.
  context.fillStyle = '#808080'
  context.fillRect(target.x, target.y, target.width, target.height)
  drawSquares(context, source, toSource(box), target)
  context.restore()
}

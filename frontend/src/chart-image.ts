/** Charts as files. */

/** What the style sheet gives to the parts of a chart. */
const COPIED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
] as const

const DENSITY = 2
const MARGIN_PX = 16

/** The same drawing with its style in attributes, for it leaves the page with its style sheet. */
function standalone(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = [svg, ...svg.querySelectorAll('*')]
  const copies = [copy, ...copy.querySelectorAll('*')]
  originals.forEach((original, index) => {
    const style = getComputedStyle(original)
    copies[index]!.removeAttribute('class')
    COPIED.forEach((name) => copies[index]!.setAttribute(name, style.getPropertyValue(name)))
  })
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return copy
}

async function loaded(svg: SVGSVGElement): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(
    new XMLSerializer().serializeToString(svg),
  )}`
  await image.decode()
  return image
}

/** The chart under its title, in the colours of the page. */
export async function pngOf(svg: SVGSVGElement, title: string): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect()
  const copy = standalone(svg)
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const image = await loaded(copy)

  const style = getComputedStyle(svg)
  const titlePx = 18
  const canvas = document.createElement('canvas')
  canvas.width = (width + 2 * MARGIN_PX) * DENSITY
  canvas.height = (height + titlePx + 3 * MARGIN_PX) * DENSITY
  const context = canvas.getContext('2d')!
  context.scale(DENSITY, DENSITY)
  context.fillStyle = style.backgroundColor
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = style.color
  context.font = `600 ${titlePx}px ${style.fontFamily}`
  context.textBaseline = 'top'
  context.fillText(title, MARGIN_PX, MARGIN_PX, width)
  context.drawImage(image, MARGIN_PX, titlePx + 2 * MARGIN_PX, width, height)

  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('No picture was made.'))))
  })
}

export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

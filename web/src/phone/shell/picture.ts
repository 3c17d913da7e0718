// A picture on its way into the queue: drawn at most 2560 px wide where the browser can read it, as it is where it cannot.
import { shrunk } from '@/rules/queue'
import type { DraftPicture } from '../queue/db'

const MOST_PX = 2560
const QUALITY = 0.85
/** The server's own bound for one picture, bytes. */
export const LARGEST = 25 << 20
/** Small enough to go as it is, bytes: drawing it anew would only cost sharpness. */
const SMALL = 700_000

async function redrawn(file: File): Promise<Blob | null> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' })
  try {
    const size = shrunk(image.width, image.height, MOST_PX)
    if (size === null && file.type === 'image/jpeg' && file.size <= SMALL) return null
    const canvas = document.createElement('canvas')
    canvas.width = size?.width ?? image.width
    canvas.height = size?.height ?? image.height
    const pen = canvas.getContext('2d')
    if (pen === null) return null
    pen.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((made) => canvas.toBlob(made, 'image/jpeg', QUALITY))
  } finally {
    image.close()
  }
}

/** Returns the picture as it is kept; HEIC and whatever else the browser cannot read goes raw: the server decides. */
export async function prepared(file: File): Promise<DraftPicture> {
  const drawn = await redrawn(file).catch(() => null)
  if (drawn === null || drawn.size >= file.size) return { name: file.name || 'picture', blob: file }
  return { name: `${(file.name || 'picture').replace(/\.\w+$/, '')}.jpg`, blob: drawn }
}

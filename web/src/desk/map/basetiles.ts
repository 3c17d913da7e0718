// Squares of base maps that are pictures: asked again when the house is busy, and drawn anew where they are in GCJ-02, so
// that the ground lies under our things and a click on it is a place of the ground: nothing of ours is ever moved.
import { addProtocol } from 'maplibre-gl'
import type { Basemap } from '@/api/kinds'
import { blocksOf, SIDE, squaresUnder, type Block } from '@/rules/warp'

const SCHEME = 'base'
const AT_ONCE = 6 // the house lets twelve of everybody's squares wait at once
const TRIES = 4
const KEPT = 96
const BUSY: ReadonlySet<number> = new Set([409, 429, 503])
const NOTHING = new ArrayBuffer(0)
const bases = new Map<string, Basemap>()
const kept = new Map<string, Promise<ImageBitmap | null>>()
const waiting: (() => void)[] = []
let asking = 0

export const templateOf = (base: Basemap): string => `${SCHEME}://${base.name}/{z}/{x}/{y}`

/** Lets maps ask for squares of this one. */
export function offer(base: Basemap): void {
  bases.set(base.name, base)
  addProtocol(SCHEME, load)
}

async function load({ url }: { url: string }, { signal }: AbortController): Promise<{ data: ArrayBuffer | ImageBitmap }> {
  const [name, ...numbers] = url.slice(SCHEME.length + 3).split('/')
  const [z, x, y] = numbers.map(Number) as [number, number, number]
  const base = bases.get(name ?? '')
  if (!base) throw new Error(`no base map ${name}`)
  const blocks = base.crs === 'GCJ-02' ? blocksOf(z, x, y) : null
  if (blocks === null) return { data: (await fetched(addressOf(base, z, x, y), signal)) ?? NOTHING }
  return { data: (await moved(base, z, blocks)) ?? NOTHING }
}

function addressOf(base: Basemap, z: number, x: number, y: number): string {
  const template = base.tiles[(x + y) % base.tiles.length] ?? ''
  return template.replace('{z}', String(z)).replace('{x}', String(x)).replace('{y}', String(y))
}

async function turn(): Promise<void> {
  if (asking >= AT_ONCE) await new Promise<void>((go) => waiting.push(go))
  else asking += 1
}

function done(): void {
  const next = waiting.shift()
  if (next) next()
  else asking -= 1
}

/** The picture's bytes; null where the map has nothing. */
async function fetched(address: string, signal?: AbortSignal): Promise<ArrayBuffer | null> {
  await turn()
  try {
    for (let tried = 1; ; tried += 1) {
      signal?.throwIfAborted()
      const answer = await fetch(address, { credentials: 'same-origin', ...(signal ? { signal } : {}) })
      if (answer.status === 204 || answer.status === 404) return null
      if (answer.ok) return await answer.arrayBuffer()
      if (!BUSY.has(answer.status) || tried === TRIES) throw Object.assign(new Error(`a square of the base map: ${answer.status}`), { status: answer.status })
      await new Promise((go) => setTimeout(go, 1000 * Math.max(1, Number(answer.headers.get('Retry-After')) || 1)))
    }
  } finally {
    done()
  }
}

/** One square of the shifted map, kept: four squares of the ground are cut from it. */
function square(base: Basemap, z: number, x: number, y: number): Promise<ImageBitmap | null> {
  const address = addressOf(base, z, x, y)
  const known = kept.get(address)
  if (known) return known
  const coming = fetched(address).then((bytes) => (bytes === null ? null : createImageBitmap(new Blob([bytes]))))
  kept.set(address, coming)
  coming.catch(() => kept.delete(address)) // asked again when the map next wants it
  for (const [oldest] of kept) {
    if (kept.size <= KEPT) break
    kept.delete(oldest)
  }
  return coming
}

async function moved(base: Basemap, z: number, blocks: Block[]): Promise<ImageBitmap | null> {
  const { x0, y0, columns, rows } = squaresUnder(blocks)
  const across = 2 ** z
  const places = Array.from({ length: columns * rows }, (_, n) => [n % columns, Math.floor(n / columns)] as const)
  const pictures = await Promise.all(places.map(([column, row]) => {
    const down = y0 + row
    return down < 0 || down >= across ? null : square(base, z, (((x0 + column) % across) + across) % across, down)
  }))
  const side = pictures.find((one) => one !== null)?.width
  if (side === undefined) return null
  const sheet = new OffscreenCanvas(columns * side, rows * side)
  const paper = sheet.getContext('2d')!
  pictures.forEach((one, n) => one && paper.drawImage(one, places[n]![0] * side, places[n]![1] * side, side, side))
  const out = new OffscreenCanvas(side, side)
  const pen = out.getContext('2d')!
  const by = side / SIDE
  for (const { to, from } of blocks) {
    pen.drawImage(sheet, (from.x - x0 * SIDE) * by, (from.y - y0 * SIDE) * by, from.width * by, from.height * by, to.x * by, to.y * by, to.size * by, to.size * by)
  }
  return out.transferToImageBitmap()
}

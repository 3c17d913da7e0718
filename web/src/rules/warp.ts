// Where the pixels of a square on the ground lie in squares that are drawn in GCJ-02: both in the web mercator grid.
import type { LonLat } from '../api/kinds.ts'
import { gcjOf, shifts } from './gcj.ts'

export const SIDE = 256
/** Blocks along a side, each drawn from one rectangle: within one the shift varies by less than a tenth of a pixel. */
export const BLOCKS = 8
const RADIANS = Math.PI / 180

/** Pixels of the whole world at a zoom, eastwards and southwards. */
export function pixelOf([lon, lat]: LonLat, z: number): [number, number] {
  const size = SIDE * 2 ** z
  const north = Math.asinh(Math.tan(lat * RADIANS)) / Math.PI
  return [(lon / 360 + 0.5) * size, (0.5 - north / 2) * size]
}

export function placeOf([x, y]: [number, number], z: number): LonLat {
  const size = SIDE * 2 ** z
  return [(x / size - 0.5) * 360, Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) / RADIANS]
}

export interface Block {
  /** In the square that is drawn, pixels. */
  to: { x: number; y: number; size: number }
  /** In the world of the shifted map, pixels of the same zoom. */
  from: { x: number; y: number; width: number; height: number }
}

/** The blocks of a square; null where nothing is moved, so that the square stands for itself. */
export function blocksOf(z: number, x: number, y: number): Block[] | null {
  const step = SIDE / BLOCKS
  let moved = true
  const corner = (column: number, row: number): [number, number] => {
    const place = placeOf([x * SIDE + column * step, y * SIDE + row * step], z)
    moved &&= shifts(place)
    return pixelOf(gcjOf(place), z)
  }
  const corners = Array.from({ length: BLOCKS + 1 }, (_, row) => Array.from({ length: BLOCKS + 1 }, (__, column) => corner(column, row)))
  if (!moved) return null
  const at = (row: number, column: number): [number, number] => corners[row]![column]!
  return Array.from({ length: BLOCKS * BLOCKS }, (_, n) => {
    const [row, column] = [Math.floor(n / BLOCKS), n % BLOCKS]
    const [nw, ne, sw, se] = [at(row, column), at(row, column + 1), at(row + 1, column), at(row + 1, column + 1)]
    const [west, east] = [(nw[0] + sw[0]) / 2, (ne[0] + se[0]) / 2]
    const [north, south] = [(nw[1] + ne[1]) / 2, (sw[1] + se[1]) / 2]
    return { to: { x: column * step, y: row * step, size: step }, from: { x: west, y: north, width: east - west, height: south - north } }
  })
}

/** The squares of the shifted map that these blocks are cut from. */
export function squaresUnder(blocks: Block[]): { x0: number; y0: number; columns: number; rows: number } {
  const x0 = Math.floor(Math.min(...blocks.map((one) => one.from.x)) / SIDE)
  const y0 = Math.floor(Math.min(...blocks.map((one) => one.from.y)) / SIDE)
  const x1 = Math.ceil(Math.max(...blocks.map((one) => one.from.x + one.from.width)) / SIDE)
  const y1 = Math.ceil(Math.max(...blocks.map((one) => one.from.y + one.from.height)) / SIDE)
  return { x0, y0, columns: x1 - x0, rows: y1 - y0 }
}

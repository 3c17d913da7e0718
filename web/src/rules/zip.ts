// Several files as one: a ZIP that stores them as they are (APPNOTE 6.3.10, method 0), for the parts of a shapefile.
export interface Part {
  name: string
  bytes: Uint8Array
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const one of bytes) crc = (TABLE[(crc ^ one) & 0xff] as number) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const UTF8_NAMES = 0x0800
const DAY_ONE = 0x0021 // 1980-01-01, the first day that a ZIP can name

function record(signature: number, shorts: (number | [number])[]): Uint8Array {
  const out: number[] = [signature & 0xff, (signature >>> 8) & 0xff, (signature >>> 16) & 0xff, signature >>> 24]
  for (const one of shorts) {
    const [value, bytes] = typeof one === 'number' ? [one, 2] : [one[0], 4]
    for (let n = 0; n < bytes; n += 1) out.push((value >>> (8 * n)) & 0xff)
  }
  return Uint8Array.from(out)
}

/** The parts as one file; numbers in brackets are of four bytes, the others of two. */
export function zipped(parts: Part[]): Uint8Array<ArrayBuffer> {
  const out: Uint8Array[] = []
  const central: Uint8Array[] = []
  let at = 0
  for (const { name, bytes } of parts) {
    const named = new TextEncoder().encode(name)
    const same: (number | [number])[] = [20, UTF8_NAMES, 0, 0, DAY_ONE, [crc32(bytes)], [bytes.length], [bytes.length], named.length, 0]
    const local = record(0x04034b50, same)
    out.push(local, named, bytes)
    central.push(record(0x02014b50, [20, ...same, 0, 0, 0, [0], [at]]), named)
    at += local.length + named.length + bytes.length
  }
  const size = central.reduce((sum, one) => sum + one.length, 0)
  const end = record(0x06054b50, [0, 0, parts.length, parts.length, [size], [at], 0])
  const all = [...out, ...central, end]
  const made = new Uint8Array(at + size + end.length)
  let offset = 0
  for (const one of all) {
    made.set(one, offset)
    offset += one.length
  }
  return made
}

const ALONE = /\.(zip|geojson|json|gpkg|kml|gml|csv|dxf|dwg|parquet|fgb|shp)$/i

/** How the chosen files go: one as it is, the parts of one map together under the name of the part that says the most. */
export function bundleName(names: string[]): string | null {
  if (names.length === 0) return null
  if (names.length === 1) return names[0] as string
  const head = names.find((one) => /\.shp$/i.test(one)) ?? names.find((one) => ALONE.test(one)) ?? (names[0] as string)
  return `${head.replace(/\.[^.]+$/, '')}.zip`
}

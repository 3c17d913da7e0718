import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gcjOf } from '../src/rules/gcj.ts'
import { blocksOf, pixelOf, placeOf, SIDE, squaresUnder, type Block } from '../src/rules/warp.ts'
import type { LonLat } from '../src/api/kinds.ts'

const PLACES: LonLat[] = [[116.70123, 39.53217], [121.47, 31.23], [87.6, 43.8], [113.26, 23.13], [100.2, 25.6], [126.6, 45.8]]

/** Where a place of the ground is shown that lies on the shifted map where it ought to: pixels of the world. */
function shownAt(place: LonLat, z: number): [number, number] {
  const [px, py] = pixelOf(place, z)
  const there = pixelOf(gcjOf(place), z)
  const [x, y] = [Math.floor(px / SIDE), Math.floor(py / SIDE)]
  const holds = ({ from }: Block): boolean =>
    there[0] >= from.x && there[0] <= from.x + from.width && there[1] >= from.y && there[1] <= from.y + from.height
  for (const [dx, dy] of [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
    const block = blocksOf(z, x + dx, y + dy)?.find(holds)
    if (!block) continue
    const { to, from } = block
    return [
      (x + dx) * SIDE + to.x + ((there[0] - from.x) / from.width) * to.size,
      (y + dy) * SIDE + to.y + ((there[1] - from.y) / from.height) * to.size,
    ]
  }
  throw new Error(`${place} is in no block at ${z}`)
}

test('a place is drawn within a quarter of a pixel of where it lies, at every zoom', () => {
  for (const place of PLACES) {
    for (let z = 10; z <= 18; z += 1) {
      const [east, south] = shownAt(place, z).map((one, at) => one - pixelOf(place, z)[at]!)
      assert.ok(Math.hypot(east!, south!) < 0.25, `${place} at ${z}: ${east}, ${south}`)
    }
  }
})

test('without the shift it would lie hundreds of pixels off, so the test above can fail', () => {
  const [raw, right] = [pixelOf(gcjOf(PLACES[0]!), 18), pixelOf(PLACES[0]!, 18)]
  assert.ok(Math.hypot(raw[0] - right[0], raw[1] - right[1]) > 500)
})

test('neighbouring blocks leave no gap and do not overlap by more than a hundredth of a pixel', () => {
  const blocks = blocksOf(16, 54008, 24946)!
  blocks.slice(1).forEach((one, at) => {
    const before = blocks[at]!
    if (one.to.y !== before.to.y) return
    assert.ok(Math.abs(before.from.x + before.from.width - one.from.x) < 0.01)
  })
})

test('a square is cut from at most four others, and stands for itself outside of China', () => {
  for (let z = 3; z <= 18; z += 1) {
    const [x, y] = pixelOf(PLACES[0]!, z).map((one) => Math.floor(one / SIDE)) as [number, number]
    const blocks = blocksOf(z, x, y)
    if (blocks === null) continue
    const { columns, rows } = squaresUnder(blocks)
    const most = z < 10 ? 3 : 2 // a far square is stretched over its rim
    assert.ok(columns <= most && rows <= most, `${columns} × ${rows} at ${z}`)
  }
  assert.equal(blocksOf(12, 2138, 1420), null)
})

test('pixels and places are each other’s way back', () => {
  for (const place of PLACES) {
    const [lon, lat] = placeOf(pixelOf(place, 15), 15)
    assert.ok(Math.abs(lon - place[0]) < 1e-9 && Math.abs(lat - place[1]) < 1e-9)
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gcjOf, shifts, wgsOf } from '../src/rules/gcj.ts'
import type { LonLat } from '../src/api/kinds.ts'

/** Rows of network/rules/gcj.py over China and beyond: a place, its GCJ-02, and its WGS-84 when it is taken for GCJ-02. */
const GRID = JSON.parse(readFileSync(new URL('gcj-grid.json', import.meta.url), 'utf-8')) as number[][]
const CENTIMETRE = 1e-7 * 0.9 // degrees of a meridian, and more than enough of a parallel

test('both ways give the numbers of the server over all of China, to a centimetre', () => {
  assert.ok(GRID.length > 100)
  for (const [lon, lat, eastOf, northOf, backLon, backLat] of GRID as [number, number, number, number, number, number][]) {
    const there = gcjOf([lon, lat])
    assert.ok(Math.abs(there[0] - eastOf) < CENTIMETRE && Math.abs(there[1] - northOf) < CENTIMETRE, `${lon},${lat} there`)
    const back = wgsOf([lon, lat])
    assert.ok(Math.abs(back[0] - backLon) < CENTIMETRE && Math.abs(back[1] - backLat) < CENTIMETRE, `${lon},${lat} back`)
  }
})

test('the shift is large, and there and back closes to less than a millimetre', () => {
  for (const [lon, lat] of GRID as [number, number][]) {
    const place: LonLat = [lon, lat]
    if (!shifts(place)) continue
    const moved = gcjOf(place)
    assert.ok(Math.hypot(moved[0] - lon, moved[1] - lat) > 5e-4, `${lon},${lat} is hardly moved`)
    const again = wgsOf(moved)
    assert.ok(Math.hypot(again[0] - lon, again[1] - lat) < 1e-8, `${lon},${lat} does not close`)
  }
})

test('outside of China nothing moves, either way', () => {
  for (const place of [[7.88, 48.45], [-71.06, 42.36], [140, 36], [100, 0.5]] as LonLat[]) {
    assert.deepEqual(gcjOf(place), place)
    assert.deepEqual(wgsOf(place), place)
  }
})

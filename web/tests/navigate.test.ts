import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gcjOf, waysTo } from '../src/rules/navigate.ts'
import type { LonLat } from '../src/api/kinds.ts'

/** As network/rules/gcj.py answers. */
const KNOWN: [LonLat, LonLat][] = [
  [[116.397, 39.909], [116.40324350604497, 39.91040339728811]],
  [[121.4737, 31.2304], [121.47822305927693, 31.22845773757727]],
  [[116.7120387, 39.5341385], [116.71802486905123, 39.5352849318563]],
  [[87.6, 43.8], [87.60283897227161, 43.80121203029208]],
]

test('GCJ-02 is the one that the server reckons with, to a centimetre', () => {
  for (const [place, shifted] of KNOWN) {
    const [lon, lat] = gcjOf(place)
    assert.ok(Math.abs(lon - shifted[0]) < 1e-7 && Math.abs(lat - shifted[1]) < 1e-7, String(place))
  }
})

test('outside the service of Chinese maps nothing shifts', () => {
  assert.deepEqual(gcjOf([2.35, 48.85]), [2.35, 48.85])
  assert.deepEqual(gcjOf([-71.06, 42.36]), [-71.06, 42.36])
})

test('every map is given the place in its own system', () => {
  const [any, amap, apple] = waysTo([116.397, 39.909], '待核实')
  assert.equal(any?.href, `geo:39.909000,116.397000?q=39.909000,116.397000(${encodeURIComponent('待核实')})`)
  assert.ok(amap?.href.includes('to=116.403244,39.910403,') && amap.href.includes('coordinate=gaode'))
  assert.ok(apple?.href.includes('daddr=39.910403,116.403244'))
})

test('a name cannot break out of a link', () => {
  for (const one of waysTo([116.4, 39.9], 'a&b"c #d')) assert.ok(!/["# ]/.test(one.href) && !one.href.includes('&b'))
})

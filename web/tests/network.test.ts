import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { NetworkCandidate } from '../src/api/kinds.ts'
import { comparedOf, isShifted, KINDS, likeliest, LOOKS, mayActivate, NOTHING_SAID, reasons, saidOf, saying, stepOf, waits, warnings } from '../src/rules/network.ts'
import { bundleName, crc32, zipped } from '../src/rules/zip.ts'

const one = (crs: string, more: Partial<NetworkCandidate> = {}): NetworkCandidate => ({ crs, name: crs, fits: true, problem: null, points: [], off_m: 5, detected: false, ...more })

test('each change is told by its hue and by its dash, and where a moved one lay by a dash of its own', () => {
  assert.equal(new Set(KINDS.map((kind) => LOOKS[kind].token)).size, KINDS.length)
  assert.equal(new Set(Object.values(LOOKS).map((look) => JSON.stringify(look.dash))).size, 5)
})

test('the likeliest system is the one on the network, and none where all lie far off', () => {
  assert.equal(likeliest([one('EPSG:4547'), one('EPSG:4548', { off_m: 90_000 })])?.crs, 'EPSG:4547')
  assert.equal(likeliest([one('EPSG:4547', { off_m: 4000 })]), null)
  assert.equal(likeliest([one('EPSG:4547', { fits: false })]), null)
  assert.equal(likeliest([]), null)
})

test('of a first map the file is the only witness', () => {
  const first = [one('EPSG:4490', { off_m: null }), one('EPSG:4326', { off_m: null, detected: true })]
  assert.equal(likeliest(first)?.crs, 'EPSG:4326')
  assert.equal(likeliest([one('EPSG:4490', { off_m: null })]), null)
  assert.deepEqual(warnings([one('EPSG:4490', { off_m: null })], null), [], 'nothing to compare with is no city grid')
})

test('each system says why it may be right and why not', () => {
  const keys = (given: NetworkCandidate): string[] => reasons(given).map((reason) => reason.key)
  assert.deepEqual(keys(one('a', { detected: true })), ['detected', 'on'])
  assert.deepEqual(keys(one('a', { off_m: 120 })), ['off'])
  assert.deepEqual(keys(one('a', { off_m: 9000 })), ['far'])
  assert.deepEqual(keys(one('a', { off_m: null })), ['no_home'])
  assert.deepEqual(keys(one('a', { fits: false, detected: true })), ['detected', 'unfit'])
})

test('shifted systems, city grids, files that contradict the network and files without places are warned of', () => {
  assert.deepEqual([isShifted(' gcj-02'), isShifted('BD-09'), isShifted('EPSG:4490')], [true, true, false])
  assert.deepEqual(warnings([one('GCJ-02')], 'GCJ-02'), ['shifted'])
  assert.deepEqual(warnings([one('EPSG:4547', { off_m: 52_000 }), one('EPSG:3857', { fits: false })], null), ['city_grid'])
  assert.deepEqual(warnings([one('GCJ-02', { off_m: 2 }), one('EPSG:4326', { off_m: 510, detected: true })], null), ['disagrees'])
  assert.deepEqual(warnings([one('EPSG:4490', { detected: true })], 'EPSG:4490'), [])
  assert.deepEqual(warnings([], null), ['no_places'])
})

test('a draft that was left is come back to where it stood', () => {
  const said = (state: string, kind = 'file'): string => stepOf({ state, kind } as Parameters<typeof stepOf>[0])
  assert.deepEqual(['reading', 'unreadable', 'read', 'comparing', 'compared', 'activating', 'active'].map((state) => said(state)), ['file', 'file', 'crs', 'crs', 'diff', 'diff', 'active'])
  assert.equal(said('comparing', 'versions'), 'diff')
  assert.deepEqual(['reading', 'compared'].map((state) => waits({ state } as Parameters<typeof waits>[0])), [true, false])
  const kept = { ...NOTHING_SAID, crs: 'EPSG:4547' }
  assert.deepEqual(saidOf({ choice: null }, JSON.stringify(kept)), kept)
  for (const broken of [null, '', '{', '7', 'null']) assert.deepEqual(saidOf({ choice: null }, broken), NOTHING_SAID)
  const told = { crs: 'EPSG:4490', jurisdiction: 'CN-HE-langfang', regime: null, mapping: null, fields: {} }
  assert.equal(saidOf({ choice: told }, JSON.stringify(kept)).crs, 'EPSG:4490', 'what was compared counts')
})

test('another column forgets the unit and the words of the one before', () => {
  const first = saying(NOTHING_SAID, 'pressure', { column: 'yl', unit: 'kPa', labels: { 中: 'medium' } })
  assert.deepEqual(saying(first, 'pressure', { labels: { 中: 'low' } }).fields.pressure, { column: 'yl', unit: 'kPa', labels: { 中: 'low' } })
  assert.deepEqual(saying(first, 'pressure', { column: 'p' }).fields.pressure, { column: 'p', unit: null, labels: {} })
  assert.deepEqual(NOTHING_SAID.fields, {}, 'nothing is changed in place')
})

test('a dry run is read as far as it goes, that of two versions too', () => {
  const found = comparedOf({ added: 2, removed: 1, moved: 3, changed: 0, shift: { median_m: 12.5 }, rejected: 1, rejected_rows: [{ row: 7, reason: 'no line' }], guards: [{ guard: 'shift', problem: 'x' }] })
  assert.deepEqual([found?.counts, found?.shiftM, found?.rejectedRows], [{ removed: 1, moved: 3, changed: 0, added: 2 }, 12.5, [{ row: 7, said: 'no line' }]])
  const two = comparedOf({ added: 0, removed: 0, moved: 0, changed: 4, box: [1, 2, 3, 4], guards: [], summary: [] })
  assert.deepEqual([two?.base, two?.rejected, two?.guards, two?.box], [null, 0, [], [1, 2, 3, 4]])
  assert.equal(comparedOf(null), null)
})

test('a map acts only with a reason and with everything odd confirmed by itself', () => {
  const guards = [{ guard: 'shift' as const, problem: '' }, { guard: 'downgrade' as const, problem: '' }]
  assert.equal(mayActivate(guards, ['shift', 'downgrade'], '季度更新'), true)
  assert.equal(mayActivate(guards, ['shift'], '季度更新'), false)
  assert.equal(mayActivate(guards, ['shift', 'downgrade'], '  '), false)
  assert.equal(mayActivate([], [], 'x'), true)
})

test('several files go as one ZIP that an unzipper reads', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926)
  const parts = [{ name: '管网.shp', bytes: Uint8Array.from({ length: 70_000 }, (_, n) => n & 0xff) }, { name: '管网.dbf', bytes: new Uint8Array(0) }]
  const path = join(mkdtempSync(join(tmpdir(), 'zip-')), 'a.zip')
  writeFileSync(path, zipped(parts))
  const read = 'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print([(i.filename,i.file_size) for i in z.infolist()])'
  assert.equal(execFileSync('python3', ['-c', read, path], { encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } }).trim(), "[('管网.shp', 70000), ('管网.dbf', 0)]")
  assert.deepEqual([bundleName([]), bundleName(['a.geojson']), bundleName(['b.prj', 'b.dbf', 'b.shp'])], [null, 'a.geojson', 'b.zip'])
})

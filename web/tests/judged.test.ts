import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { judgedParts } from '../src/rules/judged.ts'

const RULES = new URL('../../src/pipewarden/judge/rules/', import.meta.url)

/** Every sentence of the scene rules, as the code has it, with figures put where it puts them. */
function sentences(): string[] {
  const found: string[] = []
  for (const file of ['scene.py', 'papers.py']) {
    const code = readFileSync(new URL(file, RULES), 'utf8')
    const said = /(?:(?:fired|silent|blind)\(Rule\.\w+, (?:Code\.\w+, )?|words (?:=|\+=) )f?"([^"]+)"/g
    for (const [, words] of code.matchAll(said)) {
      found.push((words as string).replace('{one.until:%Y-%m-%d %H:%M}', '2026-11-25 10:00').replace('{scene.zone}', 'control').replace(/\{[^}]+\}/g, '12'))
    }
  }
  return found
}

test('every sentence of the scene rules is known', () => {
  const all = sentences()
  assert.ok(all.length >= 25, `${all.length} sentences found in the rules' code`)
  for (const one of all) assert.ok(judgedParts(one).every((part) => part.key !== null), one)
})

test('the figures are taken out', () => {
  assert.deepEqual(judgedParts('outside the drawn corridor in 3 of 4 pictures; the map says control'), [
    { key: 'out_of_corridor', parts: { n: '3', all: '4' } },
    { key: 'map_says', parts: { zone: 'control' } },
  ])
  assert.deepEqual(judgedParts('seen over 40 s, then in none of 2 later pictures'), [{ key: 'seen_then_gone', parts: { s: '40', n: '2' } }])
  assert.deepEqual(judgedParts('seen over 400 s'), [{ key: 'seen_over', parts: { s: '400' } }])
  assert.deepEqual(judgedParts('within 备案 2026-17'), [{ key: 'within', parts: { key: '备案 2026-17' } }])
})

test('the crop verifier is understood', () => {
  assert.deepEqual(judgedParts('looks like a machine with 0.01 to 0.99 in 6 crops, the gate is 0.10'), [
    { key: 'verifier', parts: { low: '0.01', high: '0.99', n: '6', gate: '0.10' } },
  ])
})

test("a model's own words stay as they are", () => {
  assert.deepEqual(judgedParts('openai qwen-vl: an excavator at a trench'), [{ key: null, parts: { text: 'openai qwen-vl: an excavator at a trench' } }])
  assert.deepEqual(judgedParts(''), [])
})

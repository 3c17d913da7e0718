import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Consent, ConsentPurpose } from '../src/api/kinds.ts'
import { namedBy, standingOf, subjectOf } from '../src/rules/privacy.ts'

const training: ConsentPurpose = { purpose: 'training', version: 2, zh: '训练', en: 'training', source: 'PIPL art. 13' }
const said = (given: boolean, version: number, purpose: Consent['purpose'] = 'training'): Consent => ({ purpose, version, given, at: `2026-11-0${version}T00:00:00Z` })

test('the last word about a purpose counts, and other purposes do not', () => {
  assert.deepEqual(standingOf([], training), { standing: 'unsaid', at: null })
  assert.deepEqual(standingOf([said(true, 2, 'contact')], training), { standing: 'unsaid', at: null })
  assert.deepEqual(standingOf([said(false, 1), said(true, 2)], training), { standing: 'given', at: '2026-11-02T00:00:00Z' })
  assert.deepEqual(standingOf([said(true, 2), said(false, 2)], training), { standing: 'withdrawn', at: '2026-11-02T00:00:00Z' })
})

test('a yes to an older text is asked anew', () => {
  assert.equal(standingOf([said(true, 1)], training).standing, 'older')
  assert.equal(standingOf([said(true, 1), said(true, 2)], training).standing, 'given')
})

test('what a hold names is written and read the same way', () => {
  assert.equal(subjectOf('site', ' 01a2 '), 'site:01a2')
  assert.equal(subjectOf('*', 'nothing'), '*')
  for (const [kind, id] of [['site', '01a2'], ['picture', 'ab:cd'], ['*', '']] as const) assert.deepEqual(namedBy(subjectOf(kind, id)), { kind, id })
  assert.deepEqual(namedBy('track:7'), { kind: null, id: 'track:7' })
})

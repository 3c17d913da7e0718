import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SiteRisk, SiteRule } from '../src/api/kinds.ts'
import { matchedParts } from '../src/rules/matched.ts'
import { barsOf, signed } from '../src/rules/risk.ts'
import { byResult, factKey, factValue } from '../src/rules/supervised.ts'

const ID = '01234567-89ab-7cde-8f01-23456789abcd'
const keys = (words: string): (string | null)[] => matchedParts(words).map((one) => one.key)

test('why a site is filed or not is taken apart whole', () => {
  assert.deepEqual(keys('unfiled: no filing within 50 m'), ['unfiled', 'none_near'])
  assert.deepEqual(keys(`filing ${ID} fits`), ['fits'])
  assert.deepEqual(keys(`filing ${ID} fits, and 2 more fit as well: the nearest is taken, then the one filed first`), ['fits', 'more_fit'])
  assert.deepEqual(keys(`unfiled: filing ${ID} is the likeliest and does not fit: seen 40 m outside the area filed, to within 12 m`), ['unfiled', 'likeliest', 'outside'])
  assert.deepEqual(keys(`unfiled: filing ${ID} was cancelled on 2026-03-10 09:00`), ['unfiled', 'cancelled'])
  assert.deepEqual(keys(`unfiled: filing ${ID} ended on 2026-03-10 00:00, before the works were seen`), ['unfiled', 'ended'])
  assert.deepEqual(keys(`unfiled: filing ${ID} begins on 2026-03-10 00:00, long after the works were seen`), ['unfiled', 'begins'])
  assert.deepEqual(
    keys(`unfiled: filing ${ID} is the likeliest and does not fit: seen 40 m outside the area filed, to within 12 m; 12% of works inside a compound, mostly below the threshold of permits are filed`),
    ['unfiled', 'likeliest', 'outside', 'also', 'compound'],
  )
  assert.deepEqual(keys('unfiled: no filing within 50 m; 12% of works inside a compound, mostly below the threshold of permits are filed'), ['unfiled', 'none_near', 'also', 'compound'])
  assert.deepEqual(keys(`unfiled: filing ${ID} lies 70 m away`), ['unfiled', 'away'])
  for (const words of [
    '50% of works near pipes are filed', '12% of works inside a compound, mostly below the threshold of permits are filed',
    'seen 3 m inside the area filed, to within 12 m', 'seen 3 m from a line or point without an area, to within 12 m',
    'seen before the period, which begins on 2026-03-10 00:00',
    'seen within the period; no hours were filed', 'seen within the period and its hours, 08:00 to 18:00',
    'seen at 22:10, outside the hours filed, 08:00 to 18:00', "the machine's type is not known", 'excavator is among the machines filed',
    'excavator is not among the machines filed', 'open_cut takes excavator; no machines were filed', 'piling does not take excavator; no machines were filed',
  ]) assert.ok(keys(words).length === 1 && keys(words)[0] !== null, words)
  assert.deepEqual(matchedParts('something new'), [{ key: null, parts: { text: 'something new' } }])
  assert.deepEqual(matchedParts('seen at 22:10, outside the hours filed, 08:00 to 18:00')[0]?.parts, { at: '22:10', opens: '08:00', shuts: '18:00' })
})

const rule = (code: string, result: string): SiteRule => ({ code, result }) as unknown as SiteRule

test('what is broken stands first, and no empty group', () => {
  const found = byResult([rule('A', 'compliant'), rule('B', 'violated'), rule('C', 'compliant')])
  assert.deepEqual(found.map((one) => [one.result, one.rules.map((each) => each.code)]), [['violated', ['B']], ['compliant', ['A', 'C']]])
})

test('a fact is said as what it is; none is not unknown', () => {
  const fact = (name: string, type: string, value: string | null, unit = ''): Parameters<typeof factValue>[0] => ({ name, type, value, unit }) as never
  assert.deepEqual(factValue(fact('site.stopped', 'flag', null)), { kind: 'unknown' })
  assert.deepEqual(factValue(fact('stop.ordered_at', 'moment', 'none')), { kind: 'none' })
  assert.deepEqual(factValue(fact('site.stopped', 'flag', 'false')), { kind: 'no' })
  assert.deepEqual(factValue(fact('works.confirmed', 'flag', 'true')), { kind: 'yes' })
  assert.deepEqual(factValue(fact('machine.distance_m', 'number', '2.40 ± 0.50', 'm')), { kind: 'text', text: '2.40 ± 0.50 m' })
  assert.deepEqual(factValue(fact('site.zone', 'word', 'protection')), { kind: 'words', group: 'zone', words: ['protection'] })
  assert.deepEqual(factValue(fact('permit.machines', 'words', 'dump_truck, excavator')), { kind: 'words', group: 'type', words: ['dump_truck', 'excavator'] })
  assert.deepEqual(factValue(fact('duties.overdue', 'words', 'accept')), { kind: 'text', text: 'accept' })
  assert.equal(factKey('site.state'), 'site_state')
})

test('each bar begins where the one before it ended', () => {
  const factor = (points: number): SiteRisk['factors'][number] => ({ points }) as never
  const bars = barsOf({ factors: [factor(80), factor(-40), factor(20)] })
  assert.deepEqual(bars.map((one) => [one.from, one.wide, one.less]), [[0, 1, false], [0.5, 0.5, true], [0.5, 0.25, false]])
  assert.deepEqual([signed(3.25), signed(-12), signed(0)], ['+3.3', '−12.0', '+0.0'])
  assert.deepEqual(barsOf({ factors: [] }), [])
})

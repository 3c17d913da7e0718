import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyKnob, PolicyVersion } from '../src/api/kinds.ts'
import { boundsOf, changed, knobAt, lacksOf, limitName, nextName, ruleForms, triedOf } from '../src/rules/policy.ts'

const knob = (path: PolicyKnob['path'], value: PolicyKnob['value']): PolicyKnob => ({ path, value })
const version = (more: Partial<PolicyVersion>): PolicyVersion => ({
  version: 'own-risk@1', state: 'draft', sha256: '', base: 'CN-risk@2', why: '', made_by: null, made_at: '', previewed: null, activated_by: null, activated_at: null, retired_at: null, ...more,
})

test('what was changed is told, what came and went too, and the name is none of it', () => {
  const base = [knob(['version'], 'a@1'), knob(['factors', 'papers', 'filed', 'weight'], 1.2), knob(['rules', 0, 'until'], '2027-01-01')]
  const now = [knob(['version'], 'b@1'), knob(['factors', 'papers', 'filed', 'weight'], 1.25), knob(['rules', '0', 'until'], 'x')]
  assert.deepEqual(changed(base, now), [
    { path: ['factors', 'papers', 'filed', 'weight'], was: 1.2, now: 1.25 },
    { path: ['rules', 0, 'until'], was: '2027-01-01', now: null },
    { path: ['rules', '0', 'until'], was: null, now: 'x' },
  ])
  assert.equal(knobAt(base, ['rules', 0, 'until'])?.value, '2027-01-01')
  assert.equal(knobAt(base, ['rules', '0', 'until']), null)
})

test('a new version has a name of its own', () => {
  assert.equal(nextName('risk', []), 'own-risk@1')
  assert.equal(nextName('risk', [{ version: 'own-risk@2' }, { version: 'winter@11' }, { version: 'plain' }]), 'own-risk@12')
})

test('works are points and everything else multiplies them', () => {
  assert.deepEqual([boundsOf('works').max, boundsOf('zone').max], [100, 2])
})

test('of a rule a form shows its words, days and limits, and leaves the condition to the text', () => {
  const made = ruleForms([
    knob(['rules', 1, 'code'], 'V-2'), knob(['rules', 0, 'code'], 'V-1'), knob(['rules', 0, 'zh'], '甲'), knob(['rules', 0, 'since'], '2011-03-01'),
    knob(['rules', 0, 'remedy', 'zh'], '乙'), knob(['rules', 0, 'severity'], 'major'), knob(['rules', 0, 'violated_when', 'all', 1, 'within', 'by'], 'PT1H'),
    knob(['rules', 0, 'violated_when', 'all', 2, 'compare', 'is'], 'protection'), knob(['rules', 0, 'violated_when', 'all', 3, 'more', 'than'], 20), knob(['zone'], 'Asia/Shanghai'),
  ])
  assert.deepEqual(made.map((one) => one.code), ['V-1', 'V-2'])
  assert.deepEqual(Object.keys(made[0]?.said ?? {}), ['zh', 'since', 'remedy.zh'])
  assert.deepEqual(made[0]?.limits.map((one) => [limitName(one.path), one.value]), [['within · by', 'PT1H'], ['more · than', 20]])
})

test('a back-test of weights and a preview of rules are told in one way', () => {
  const change = { site_id: 's', before: 3, after: 1, before_at: 'b', after_at: 'a', reasons: ['papers'] }
  const weights = triedOf({ at: 't', days: 30, result: { sites: 9, moments: 40, before: { 1: 2 }, after: { 1: 3 }, sooner: [change], later: [] } })
  assert.deepEqual([weights?.up, weights?.down.length, weights?.levels?.[0]], [[{ site: 's', code: null, before: 3, after: 1, at: 'a', reasons: ['papers'] }], 0, [1, 2, 3]])
  const rules = triedOf({ at: 't', days: 7, result: { sites: 2, moments: 3, newly: [{ code: 'V-1', site_id: 'x', at: 'n' }], no_longer: [] } })
  assert.deepEqual([rules?.up[0]?.code, rules?.up[0]?.before, rules?.levels], ['V-1', null, null])
  assert.equal(triedOf(null), null)
})

test('nothing acts that was not tried over a week', () => {
  const tried = (days: number): PolicyVersion['previewed'] => ({ at: '', days, result: {} })
  assert.equal(lacksOf(version({})), 'preview')
  assert.equal(lacksOf(version({ state: 'previewed', previewed: tried(3) })), 'days')
  assert.equal(lacksOf(version({ state: 'previewed', previewed: tried(30) })), null)
  assert.equal(lacksOf(version({ state: 'active', previewed: tried(30) })), 'active')
})

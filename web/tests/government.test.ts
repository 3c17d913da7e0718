import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SiteReport } from '../src/api/kinds.ts'
import {
  amountWrong, answerFieldOf, blankOutcome, companiesOf, fenOf, hours, hoursOf, outcomeOf, outOf, stateOf, yuanOf,
} from '../src/rules/government.ts'

const NOW = Date.parse('2026-11-26T12:00:00Z')
const report = (more: Partial<SiteReport> = {}): SiteReport => ({
  id: 'r', to: '城管', reason: '拒不停工', reported_at: '2026-11-26T09:30:00Z', acknowledged_at: null, answered_at: null, answer: '', outcome: null, ...more,
})

test('a report is open, in hand, or answered with or without having been taken', () => {
  assert.equal(stateOf(report()), 'open')
  assert.equal(stateOf(report({ acknowledged_at: '2026-11-26T10:00:00Z' })), 'in_hand')
  assert.equal(stateOf(report({ answered_at: '2026-11-26T11:00:00Z' })), 'answered')
})

test('hours run until the answer, and never backwards', () => {
  assert.equal(hoursOf(report(), NOW), 2.5)
  assert.equal(hoursOf(report({ answered_at: '2026-11-26T10:30:00Z' }), NOW), 1)
  assert.equal(hoursOf(report({ reported_at: '2026-11-26T13:00:00Z' }), NOW), 0)
  assert.deepEqual([0, 2.5, 9.94, 10, 71.6].map(hours), ['0.0', '2.5', '9.9', '10', '72'])
})

test('money is read by its digits, so that no 分 is lost', () => {
  assert.deepEqual(['5000', '5000.5', '0.29', '1,234,567.89', ' 8 ', '0'].map(fenOf), [500_000, 500_050, 29, 123_456_789, 800, 0])
  for (const wrong of ['', 'abc', '-5', '5.', '1.234', '五千', '1e5', '99999999999', '9999999999.99']) {
    const fen = fenOf(wrong)
    assert.ok(fen === null || fen <= 10 ** 12, wrong)
    if (wrong !== '9999999999.99') assert.equal(fen, null, wrong)
  }
  for (let fen = 0; fen < 3000; fen += 7) assert.equal(fenOf(`${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`), fen)
})

test('money is written with its thousands parted', () => {
  assert.deepEqual([500_000, 500_050, 29, 123_456_700].map(yuanOf), ['¥\u00a05,000', '¥\u00a05,000.50', '¥\u00a00.29', '¥\u00a01,234,567'])
})

test('only a fine has an amount', () => {
  const form = { measure: 'fine' as const, amount: '5000', document: ' 7 号 ', clause: '' }
  assert.deepEqual(outcomeOf(form), { measure: 'fine', amount_fen: 500_000, document: '7 号', clause: '' })
  assert.equal(outcomeOf({ ...form, measure: 'warning' })?.amount_fen, 0)
  assert.equal(outcomeOf(blankOutcome()), null)
  assert.equal(amountWrong({ ...form, amount: '五千' }), true)
  assert.equal(amountWrong({ ...form, measure: 'order', amount: '五千' }), false)
  assert.equal(amountWrong({ ...form, amount: '' }), false)
})

test('a fine with no amount goes to the server, which refuses it at its field', () => {
  assert.equal(outcomeOf({ ...blankOutcome(), measure: 'fine' })?.amount_fen, 0)
  assert.equal(answerFieldOf('outcome.amount_fen'), 'amount')
  assert.equal(answerFieldOf('body.answer'), 'answer')
  assert.equal(answerFieldOf('report_id'), null)
  assert.equal(answerFieldOf(undefined), null)
})

test('no count without what it was counted from', () => {
  assert.equal(outOf(3, 9), '3/9')
  assert.equal(outOf(0, 9), '0/9')
  assert.equal(outOf(0, 0), '–')
})

test('each company is one row', () => {
  const counts = [
    { tenant_id: 'b', tenant_name: '乙燃气', kind: 'struck', count: 1 }, { tenant_id: 'a', tenant_name: '甲燃气', kind: 'discovered', count: 7 },
    { tenant_id: 'b', tenant_name: '乙燃气', kind: 'discovered', count: 4 },
  ]
  const rows = companiesOf({ counts })
  assert.deepEqual(rows.find((one) => one.tenant_id === 'b'), { tenant_id: 'b', name: '乙燃气', counts: { struck: 1, discovered: 4 } })
  assert.equal(rows.length, 2)
  assert.deepEqual(companiesOf({ counts: [] }), [])
})

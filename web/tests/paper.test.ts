import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Issued, PaperDraft, PaperField, PaperKind, Site } from '../src/api/kinds.ts'
import { aboutOf, askedOf, blankTold, fieldsOf, fileOf, kindsFor, orderOf, partiesOf, partOf, standingOf, standsAs } from '../src/rules/paper.ts'

function field(key: string, more: Partial<PaperField> = {}): PaperField {
  return { key, zh: key, need: 'optional', text: null, columns: [], rows: [], ...more }
}

const DRAFT: PaperDraft = {
  kind: 'stop', title: 't', template: 'shipped 1', seen: 'a'.repeat(64), clauses: [], about: null, event_id: null, missing: ['recipient'], blank: ['hotline', 'checks'], signatures: [], refused: false, witness: '',
  fields: [
    field('place', { need: 'required', text: '某路' }), field('note'), field('hotline', { need: 'blank' }), field('recipient', { need: 'required' }),
    field('checks', { need: 'blank', columns: ['时间', '情况'] }), field('forbidden', { columns: ['序号'], rows: [['1']] }), field('issuer', { text: '某燃气' }), field('by'),
  ],
}

test('nothing said asks for what is on record', () => {
  assert.deepEqual(askedOf('stop', 'x', blankTold()), { kind: 'stop', about: 'x', fields: {}, rows: {}, signatures: [], refused: false, witness: '' })
})

test('an emptied field and an empty row say nothing, so that the record counts again', () => {
  const told = { ...blankTold(), fields: { place: ' ', recipient: '某建' }, rows: { checks: [['', ' '], ['9:00', '']], other: [['', '']] } }
  const asked = askedOf('stop', null, told)
  assert.deepEqual(asked.fields, { recipient: '某建' })
  assert.deepEqual(asked.rows, { checks: [['9:00', '']] })
})

test('signatures and a refusal exclude each other, whatever was typed before', () => {
  const signatures = [{ party: '施工单位', name: '张三', picture: null }, { party: '监理', name: ' ', picture: null }]
  const told = { ...blankTold(), signatures, witness: '李四' }
  const typed = askedOf('stop', null, { ...told, signing: 'typed' })
  assert.deepEqual([typed.signatures, typed.refused, typed.witness], [[signatures[0]], false, ''])
  const refused = askedOf('stop', null, { ...told, signing: 'refused' })
  assert.deepEqual([refused.signatures, refused.refused, refused.witness], [[], true, '李四'])
  const record = askedOf('stop', null, told)
  assert.deepEqual([record.signatures, record.refused, record.witness], [[], false, ''])
})

test('what is missing comes first, then what would be a line, and the house names itself', () => {
  assert.deepEqual(orderOf(DRAFT), ['recipient', 'hotline', 'checks', 'note', 'place', 'forbidden'])
  assert.ok(!fieldsOf(DRAFT).some((one) => one.key === 'by' || one.key === 'issuer'))
  const standing = (key: string): string => standingOf(DRAFT.fields.find((one) => one.key === key)!, DRAFT)
  assert.deepEqual(['recipient', 'checks', 'note', 'place', 'forbidden'].map(standing), ['missing', 'blank', 'optional', 'said', 'said'])
})

test('a refusal is shown where it belongs', () => {
  assert.equal(partOf('fields.recipient'), 'recipient')
  assert.equal(partOf('rows.checks'), 'checks')
  assert.equal(partOf('signatures.0.picture'), 'signing')
  assert.equal(partOf('witness'), 'signing')
  assert.equal(partOf('refused'), 'signing')
  assert.equal(partOf('replaces.number'), 'reason')
  assert.equal(partOf('seen'), null)
  assert.equal(partOf(undefined), null)
})

test('an issued one counts, is void, or has another in its place', () => {
  const paper = (voided_at: string | null, replaced_by: string | null): string => standsAs({ voided_at, replaced_by } as Issued)
  assert.equal(paper(null, null), 'counts')
  assert.equal(paper('2026-11-26T00:00:00Z', null), 'void')
  assert.equal(paper('2026-11-26T00:00:00Z', '停工-2026-0002'), 'replaced')
})

test('who does not decide is offered no paper that decides', () => {
  const kinds = [{ kind: 'stop', decides: false }, { kind: 'resumption', decides: true }] as PaperKind[]
  const names = (may_work: boolean, may_decide: boolean): string[] => kindsFor(kinds, { may_work, may_decide }).map((one) => one.kind)
  assert.deepEqual(names(true, true), ['stop', 'resumption'])
  assert.deepEqual(names(true, false), ['stop'])
  assert.deepEqual(names(false, false), [])
})

test('each party of a template stands once', () => {
  const blocks = [{ type: 'signatures', parties: ['甲', '乙'] }, { type: 'text' }, { type: 'signatures', parties: ['乙'] }]
  assert.deepEqual(partiesOf({ template: { blocks } } as PaperKind), ['甲', '乙'])
  assert.deepEqual(partiesOf(undefined), [])
})

test('what a paper speaks of is said in the words of the site', () => {
  const site = { violations: [{ id: 'v', code: 'V-PLAN' }], stops: [{ id: 's', reason: '没有方案' }], reports: [{ id: 'r', to: '城管' }] } as Site
  assert.deepEqual(['v', 's', 'r', 'event', null].map((one) => aboutOf(site, one)), ['V-PLAN', '没有方案', '城管', null, null])
})

test('a Chinese number is an address', () => {
  assert.equal(fileOf('1', '停工-2026-0001', 'pdf'), '/v1/sites/1/documents/%E5%81%9C%E5%B7%A5-2026-0001.pdf')
})

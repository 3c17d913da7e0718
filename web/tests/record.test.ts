import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StepEvidence, StepField } from '../src/api/kinds.ts'
import { blankOf, drawnOf, mendOf, recordFieldOf, recordOf } from '../src/rules/record.ts'
import { actOf, offersOf, type Filled } from '../src/rules/site.ts'

function field(name: string, type: StepField['type'], more: Partial<StepField> = {}): StepField {
  return {
    name, type, unit: '', words: [], zh: name, en: name, required: true, clause: 'c', law: false, at_least: 1, parties: [], role: null,
    depth: false, everyone: false, must_be: null, unless: null, ...more,
  }
}

function evidence(fields: StepField[], more: Partial<StepEvidence> = {}): StepEvidence {
  return {
    step: 'marking', zh: '标识', en: 'Marking', document: 'd', clause: 'c', law: true, pictures: 1, position: true, refusal: false, fields,
    refused: [], known: [], done: false, ...more,
  }
}

const PEOPLE = [
  field('attendees', 'people', { parties: ['operator', 'contractor'] }),
  field('attendees', 'people', { role: 'machine_operator', everyone: true, required: false }),
]

test('lines that ask for the same are drawn once, and required as soon as one requires it', () => {
  const drawn = drawnOf(evidence([...PEOPLE, field('number', 'text', { required: false })]))
  assert.deepEqual(drawn.map((one) => [one.name, one.required, one.asks.length]), [['attendees', true, 2], ['number', false, 1]])
})

test('a blank record has a row for each party, each known operator and each filed machine', () => {
  const draft = blankOf(evidence([...PEOPLE, field('signatures', 'signatures', { parties: ['owner'] }), field('points', 'points', { at_least: 2 })], { known: ['王师傅', 'excavator'] }), ['excavator'])
  assert.deepEqual(draft.attendees.map((one) => [one.name, one.party, one.role, one.machine]), [
    ['', 'operator', 'manager', ''], ['', 'contractor', 'manager', ''], ['王师傅', 'contractor', 'machine_operator', ''], ['', 'contractor', 'machine_operator', 'excavator'],
  ])
  assert.equal(draft.signatures[0]?.party, 'owner')
  assert.equal(draft.points.length, 2)
})

test('a role that has to be there has a row though no party is named', () => {
  const operator = (required: boolean): StepField => field('attendees', 'people', { role: 'machine_operator', required })
  assert.deepEqual(blankOf(evidence([operator(true)]), []).attendees, [{ name: '', party: 'contractor', role: 'machine_operator', machine: '' }])
  assert.deepEqual(blankOf(evidence([operator(false)]), []).attendees, [])
})

test('what is sent has the types that the API reads', () => {
  const drawn = drawnOf(evidence([
    field('exposed', 'flag'), field('leak_tight', 'flag'), field('gas_lel_pct', 'number'), field('cover_m', 'number'), field('number', 'text'),
    field('method', 'word'), field('held_at', 'moment'), field('signatures', 'signatures'), field('points', 'points'), field('as_built', 'line'),
  ]))
  const draft = blankOf(evidence([]), [])
  draft.plain = { exposed: 'no', gas_lel_pct: '0', number: '7', held_at: '2026-11-26T10:00:00Z' }
  draft.signatures = [{ name: 'Li', party: 'owner', role: 'other', machine: '' }, { name: ' ', party: 'operator', role: 'other', machine: '' }]
  draft.points = [{ lon: '116,7', lat: '39.5', sigma_m: '0.1', depth_m: '', pipe_id: 'P1' }, { lon: '', lat: '', sigma_m: '', depth_m: '', pipe_id: '' }]
  draft.course = '116.7 39.5\n116.71, 39.5\n'
  draft.sigma_m = '0.05'
  assert.deepEqual(recordOf(drawn, draft), {
    exposed: false, leak_tight: null, gas_lel_pct: 0, cover_m: null, number: '7', method: null, held_at: '2026-11-26T10:00:00.000Z',
    signatures: [{ name: 'Li', party: 'owner' }], points: [{ lon: 116.7, lat: 39.5, sigma_m: 0.1, depth_m: null, pipe_id: 'P1' }],
    as_built: { line: [[116.7, 39.5], [116.71, 39.5]], sigma_m: 0.05, pipe_id: '' },
  })
})

test('a substep is offered with its record, and leads on until it is done', () => {
  const marking = evidence([field('signatures', 'signatures', { parties: ['operator'] })])
  const next = { version: 1, may_work: true, may_decide: false, steps: [], kinds: [], parties: [], roles: [], machines: [], records: [marking, { ...marking, step: 'trial_pits', done: true }] }
  const site = { open: true, owner_id: null, state: 'filed', violations: [], stops: [], reports: [], repair: null, strike: null } as never
  const offers = offersOf(site, next, 'me')
  assert.deepEqual([offers[0]?.name, offers[0]?.fields], ['marking', ['pictures', 'position']])
  assert.equal(offers.find((one) => one.name === 'trial_pits')?.main, false)
  const filled = { pictures: [], words: '', signed_by: '', refused: false, witness: '', place: null, accuracy: null } as never as Filled
  const act = actOf(offers[0]!, filled, { number: '7' })
  assert.deepEqual([act.kind, act.step, act.record], ['record', 'marking', { number: '7' }])
})

test('a slip is sent as it was written, never as an empty field', () => {
  const drawn = drawnOf(evidence([field('gas_lel_pct', 'number'), field('points', 'points'), field('as_built', 'line')]))
  const draft = blankOf(evidence([]), [])
  draft.plain = { gas_lel_pct: 'O' }
  draft.points = [{ lon: '', lat: '39.5', sigma_m: '', depth_m: '', pipe_id: '' }]
  draft.course = '116.7 39.5\n116.71\n\n116.72 39.5 1'
  const sent = recordOf(drawn, draft)
  assert.equal(sent.gas_lel_pct, 'O')
  assert.deepEqual(sent.points, [{ lon: null, lat: 39.5, sigma_m: null, depth_m: null, pipe_id: '' }])
  assert.deepEqual((sent.as_built as { line: unknown }).line, [[116.7, 39.5], [116.71], [116.72, 39.5, 1]])
})

test('a refusal is told at the field of the record that it names', () => {
  assert.equal(recordFieldOf('record.points'), 'points')
  assert.equal(recordFieldOf('act.record.record.points.0.lon'), 'points')
  assert.deepEqual([recordFieldOf('proof.pictures'), recordFieldOf('state'), recordFieldOf(undefined)], [null, null, null])
  assert.deepEqual([mendOf('lacks_points', 'points'), mendOf('too_far', 'points'), mendOf('bad_request', 'points'), mendOf(undefined, 'flag')], ['points', 'too_far', 'bad', 'bad'])
})

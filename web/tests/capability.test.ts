import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  abstainOf, countFor, countOf, givenOf, idOf, isSlug, mayTry, measuredOf, missing, nextOf, partsOf, partText, planOf, progress, ruleContent, ruleDraft, shareWords, textOf, valueOf, wantedOf, WAY, wordsOf,
  wrongOf, type Count,
} from '../src/rules/capability.ts'

const share = (hits: number, of: number): object => ({ hits, of, value: hits / of, low: 0.863, high: 0.983 })
const LABELS = [{ id: 'machine', zh: '机械', en: 'Machine' }, { id: 'lookalike', zh: '形似', en: 'look-alike' }]

test('a share is said with its interval and its sample', () => {
  assert.deepEqual(shareWords({ hits: 57, of: 60, value: 0.95, low: 0.8630, high: 0.9829 }), { value: '95.0 %', low: '86.3', high: '98.3 %', n: '57/60' })
  assert.equal(shareWords({ hits: 0, of: 0, value: null, low: 0, high: 1 }), null)
})

test('figures are read by name, and what a version has none of is null', () => {
  const figures = { frozen: { right: share(9, 10), answered: share(10, 10), by_label: { machine: share(5, 5), odd: 3 } }, abstain: 0.61, wrong: ['a'], pictures: 24 }
  const found = measuredOf(figures, 'frozen')
  assert.equal(found?.right.hits, 9)
  assert.equal(found?.right_of_answered, null)
  assert.deepEqual(Object.keys(found?.by_label ?? {}), ['machine'])
  assert.equal(measuredOf(figures, 'cross_validated'), null)
  assert.equal(measuredOf(null, 'frozen'), null)
  assert.equal(abstainOf(figures), 0.61)
  assert.equal(abstainOf({}), null)
  assert.deepEqual(wrongOf(figures), ['a'])
  assert.deepEqual(wrongOf(null), [])
  assert.equal(countOf(figures, 'pictures'), 24)
  assert.equal(countOf(figures, 'folds'), null)
})

test('what is missing is said by label, and for the frozen set as a whole', () => {
  const needs = { least: 10, frozen: 10 }
  const counts: Count[] = [{ label: 'machine', purpose: 'train', count: 12 }, { label: 'lookalike', purpose: 'train', count: 9 }, { label: 'machine', purpose: 'frozen', count: 10 }]
  assert.deepEqual(missing(['machine', 'lookalike'], counts, needs), [{ what: 'train', label: 'lookalike', have: 9, need: 10 }])
  assert.deepEqual(missing(['machine'], [], needs).map((one) => one.what), ['train', 'frozen'])
  assert.deepEqual(missing(['lookalike'], counts, needs).map((one) => one.what), ['train', 'frozen'], 'frozen pictures of another label count for nothing')
  assert.deepEqual(missing([], counts, needs), [], 'a question list is trained on none')
  assert.equal(countFor(counts, 'machine', 'frozen'), 10)
  assert.equal(countFor(counts, 'odd', 'train'), 0)
})

test('the folder beside a picture names its class, in any of its three names', () => {
  const paths = ['s/机械/1.jpg', 's/machine/2.PNG', 's/Look-Alike/3.webp', 's/树/4.jpg', 's/树/5.jpg', 's/machine/notes.txt', 's/machine/.hidden.jpg', '6.jpg']
  const plan = planOf(paths, LABELS, 'train')
  assert.deepEqual(plan.planned.map((one) => [one.at, one.label]).sort(), [[0, 'machine'], [1, 'machine'], [2, 'lookalike']])
  assert.deepEqual(plan.unknown, [{ folder: '', count: 1 }, { folder: '树', count: 2 }])
  assert.equal(planOf(paths, LABELS, 'frozen').planned.every((one) => one.purpose === 'frozen'), true)
})

test('parted pictures: every fourth of a class is never trained on, the same ones each time', () => {
  const paths = Array.from({ length: 13 }, (_, number) => `s/machine/${String.fromCharCode(97 + number)}.jpg`)
  const plan = planOf([...paths].reverse(), LABELS, 'part')
  const frozen = plan.planned.filter((one) => one.purpose === 'frozen').map((one) => [...paths].reverse()[one.at])
  assert.deepEqual(frozen, ['s/machine/d.jpg', 's/machine/h.jpg', 's/machine/l.jpg'])
})

test('an author answers some questions and leaves others open', () => {
  assert.equal(wantedOf({ rust: 'yes', cover: '', pipe: 'no' }), 'rust=yes,pipe=no')
  assert.equal(wantedOf({ rust: 'maybe' }), '')
})

test('ids come of what was written, and never twice', () => {
  assert.equal(idOf('Gas pipe (old)', 1, 'label'), 'gas_pipe_old')
  assert.equal(idOf('管道', 3, 'label'), 'label_3')
  assert.equal(idOf('9 lives', 1, 'label'), 'lives')
  assert.equal(idOf('rust', 1, 'q', ['rust', 'rust_2']), 'rust_3')
  for (const [words, fits] of [['pit-check', true], ['a', false], ['9a', false], ['A-b', false], ['坑', false], ['a'.repeat(61), false]] as const) assert.equal(isSlug(words), fits, words)
})

test('values are of their field, and what is none is null', () => {
  assert.equal(valueOf('number', ' 0.30 '), 0.3)
  for (const text of ['', 'x', '1e999', 'NaN']) assert.equal(valueOf('number', text), null, text)
  assert.deepEqual([valueOf('truth', 'yes'), valueOf('truth', 'no'), valueOf('truth', '')], [true, false, null])
  assert.deepEqual([valueOf('word', 'soil'), valueOf('word', ' ')], ['soil', null])
  const fields = [{ id: 'distance', type: 'number' }, { id: 'digging', type: 'truth' }]
  assert.deepEqual(givenOf(fields, { distance: '0.3', digging: 'yes', more: '1' }), { distance: 0.3, digging: true })
  assert.equal(givenOf(fields, { distance: '0.3' }), null)
})

test('a rule card goes through the form and back unchanged', () => {
  const content = {
    fields: [{ id: 'distance', type: 'number', zh: '与管道距离', unit: 'm', words: [] }, { id: 'ground', type: 'word', zh: '地面', unit: '', words: ['asphalt', 'soil'] }, { id: 'digging', type: 'truth', zh: '开挖', unit: '', words: [] }],
    rules: [{ when: [{ field: 'distance', is: '<', than: 0.5 }, { field: 'digging', is: '=', than: true }], then: 'stop', zh: '立即停工', en: 'stop', clause: 'GB 55009-2021 5.1.6' }],
    otherwise: 'nothing',
    cases: [{ given: { distance: 0.3, ground: 'soil', digging: true }, then: 'stop' }],
  }
  assert.deepEqual(ruleContent(ruleDraft(content)), content)
  const draft = ruleDraft(content)
  draft.rules[0]!.when[0]!.than = 'near'
  assert.equal((ruleContent(draft) as typeof content).rules[0]!.when[0]!.than, 'near', 'the server says that it is none')
  draft.rules[0]!.en = ''
  assert.equal((ruleContent(draft) as typeof content).rules[0]!.en, '立即停工')
  assert.deepEqual(wordsOf({ words: 'asphalt, soil，砖、 ' }), ['asphalt', 'soil', '砖'])
  assert.deepEqual([textOf(true), textOf(false), textOf(0), textOf(null)], ['yes', 'no', '0', ''])
})

test('each state has its next act', () => {
  assert.deepEqual(WAY.map((one) => nextOf(one, false)), ['evaluate', 'ask', 'price', 'canary', 'live', null])
  assert.equal(nextOf('evaluated', true), 'review')
  assert.equal(nextOf('refused', true), 'another')
  assert.equal(nextOf('replaced', false), null)
})

test('a buyer tries what sells, a reviewer what was measured', () => {
  assert.deepEqual(['live', 'canary', 'evaluated', 'replaced'].map((state) => mayTry(state, true, false)), [true, true, false, false])
  assert.equal(mayTry('evaluated', true, true), true)
  assert.equal(mayTry('draft', false, true), false)
})

test('parts of ten thousand are percentages', () => {
  assert.deepEqual([partText(7000), partText(6550), partText(1)], ['70', '65.5', '0.01'])
  assert.deepEqual(['70', '65.5', '0.01', '100'].map(partsOf), [7000, 6550, 1, 10_000])
  assert.deepEqual(['', '-1', '101', '1.234', 'x'].map(partsOf), [null, null, null, null, null])
})

test('progress never says more than it is', () => {
  assert.deepEqual([progress(0, 100), progress(199, 200), progress(150_002, 150_000), progress(1, 0)], [0, 99, 100, 0])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PaperBlock, PaperField, PaperKind, PaperTemplate } from '../src/api/kinds.ts'
import { blockNamed, blockOf, BLOCK_TYPES, editedOf, moved, templateOf, templateProblem, textOf, versionOf } from '../src/rules/template.ts'

const field = (key: string, need: PaperField['need'] = 'optional', columns: string[] = []): PaperKind['fields'][number] => ({ key, zh: key, need, columns })
const KIND: Pick<PaperKind, 'fields'> = { fields: [field('place', 'required'), field('note'), field('checks', 'required', ['时间']), field('by', 'required'), field('issuer', 'required')] }
const block = (type: PaperBlock['type'], more: Partial<PaperBlock> = {}): PaperBlock => ({ type, text: '', rows: '', ...more })
const TEMPLATE: PaperTemplate = {
  title: '停工通知单', letter: true, seal: false, recipient: '{note}', blocks: [
    block('heading', { text: '一、事实' }), block('text', { text: '在{place}施工。' }), block('list', { lines: ['一', '二'] }),
    block('facts', { cells: [['地点', '{place}', '备注', ''], ['时间', '{note}']] }), block('grid', { rows: 'checks' }), block('signatures', { parties: ['甲', '乙'] }),
  ],
}

test('a template read as text and written back is the same', () => {
  assert.deepEqual(templateOf(editedOf(TEMPLATE)), TEMPLATE)
  assert.deepEqual(TEMPLATE.blocks.map((one) => one.type), BLOCK_TYPES)
  assert.equal(textOf(TEMPLATE.blocks[3]!), '地点 | {place} | 备注 | \n时间 | {note}')
})

test('empty lines are no items, no rows and no parties', () => {
  assert.deepEqual(blockOf({ type: 'list', text: '一\n\n 二 \n' }).lines, ['一', '二'])
  assert.deepEqual(blockOf({ type: 'facts', text: '\n地点|{place}\n' }).cells, [['地点', '{place}']])
  assert.deepEqual(blockOf({ type: 'signatures', text: '' }).parties, [])
})

test('a template that prints what it must has no problem', () => {
  assert.equal(templateProblem(editedOf(TEMPLATE), KIND), null)
})

test('what would be refused is named, with its block', () => {
  const problem = (place: number, text: string): unknown => {
    const edited = editedOf(TEMPLATE)
    edited.blocks[place]!.text = text
    return templateProblem(edited, KIND)
  }
  assert.deepEqual(problem(1, '在{plaec}施工。'), { code: 'unknown', block: 1, key: 'plaec' })
  assert.deepEqual(problem(1, '在{checks}施工。'), { code: 'unknown', block: 1, key: 'checks' }, 'a table is no text')
  assert.deepEqual(problem(3, '地点 | {place} | 备注'), { code: 'pairs', block: 3, key: '' })
  assert.deepEqual(problem(4, 'note'), { code: 'table', block: 4, key: 'note' })
  assert.deepEqual(problem(5, ' '), { code: 'parties', block: 5, key: '' })
  assert.deepEqual(templateProblem({ ...editedOf(TEMPLATE), title: ' ' }, KIND), { code: 'title', block: null, key: '' })
  assert.deepEqual(templateProblem({ ...editedOf(TEMPLATE), blocks: [] }, KIND), { code: 'blocks', block: null, key: '' })
})

test('a required field may stand anywhere, and what every sheet prints need not', () => {
  const blocks = editedOf(TEMPLATE).blocks.filter((one) => !one.text.includes('{place}'))
  assert.deepEqual(templateProblem({ ...editedOf(TEMPLATE), blocks }, KIND), { code: 'must', block: null, key: 'place' })
  assert.equal(templateProblem({ ...editedOf(TEMPLATE), recipient: '{place}', blocks }, KIND), null)
  const without = editedOf(TEMPLATE).blocks.filter((one) => one.type !== 'grid')
  assert.deepEqual(templateProblem({ ...editedOf(TEMPLATE), blocks: without }, KIND), { code: 'must', block: null, key: 'checks' })
})

test('a refusal names its block', () => {
  assert.equal(blockNamed('template.blocks.12.cells'), 12)
  assert.equal(blockNamed('template'), null)
  assert.equal(blockNamed(undefined), null)
})

test('a block moves one place and never out of the list', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 1), ['a', 'c', 'b'])
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 1), ['b', 'a', 'c'])
  assert.deepEqual(moved(['a', 'b'], 0, -1), ['a', 'b'])
  assert.deepEqual(moved(['a', 'b'], 1, 2), ['a', 'b'])
})

test('a version says whose it is', () => {
  assert.deepEqual(versionOf('shipped 2026-11-26'), { own: false, which: '2026-11-26' })
  assert.deepEqual(versionOf('own 3'), { own: true, which: '3' })
})

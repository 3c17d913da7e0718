import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question } from '../src/api/kinds.ts'
import { listProblem, newId, nextVersion } from '../src/rules/questions.ts'

function question(id: string, more: Partial<Question> = {}): Question {
  return { id, side: 'against', zh: '它只是路过？', en: 'only passing by?', rule: null, ...more }
}

const LIST = {
  version: 'own@2026-11-25', task: 'look at the picture and answer',
  questions: [question('machine', { side: 'needed' }), question('ground', { side: 'for' }), question('passing')],
}

test('a list that can confirm something has no problem', () => {
  assert.equal(listProblem(LIST), null)
})

test('what would be refused is named', () => {
  const [machine, ground, passing] = LIST.questions as [Question, Question, Question]
  const cases: [string, Partial<typeof LIST>][] = [
    ['name', { version: 'Own list' }],
    ['name', { version: '' }],
    ['task', { task: 'short' }],
    ['task', { task: '          x          ' }],
    ['empty', { questions: [] }],
    ['id', { questions: [machine, ground, { ...passing, id: 'Passing' }] }],
    ['twice', { questions: [machine, ground, { ...passing, id: 'machine' }] }],
    ['text', { questions: [machine, ground, { ...passing, zh: '' }] }],
    ['text', { questions: [machine, ground, { ...passing, en: '?' }] }],
    ['needed', { questions: [ground, passing] }],
    ['needed', { questions: [{ ...machine, rule: 'corridor' }, ground] }],
    ['for', { questions: [machine, passing] }],
  ]
  for (const [problem, more] of cases) assert.equal(listProblem({ ...LIST, ...more }), problem, JSON.stringify(more))
})

test('a version has its day, and a number when the day has one already', () => {
  assert.equal(nextVersion([], '2026-11-25'), 'own@2026-11-25')
  assert.equal(nextVersion(['own@2026-11-25', null], '2026-11-25'), 'own@2026-11-25.2')
  assert.equal(nextVersion(['own@2026-11-25.2', 'own@2026-11-25'], '2026-11-25'), 'own@2026-11-25.3')
  assert.equal(listProblem({ ...LIST, version: nextVersion(['own@2026-11-25'], '2026-11-25') }), null)
})

test('a new question has an id that nobody else has', () => {
  assert.equal(newId(['machine']), 'question_2')
  assert.equal(newId(['machine', 'question_3']), 'question_4')
})

// A tenant's own question list: a new name for each version, and what would make it useless.
import type { Question } from '../api/kinds.ts'

export type ListProblem = 'name' | 'task' | 'empty' | 'id' | 'twice' | 'text' | 'needed' | 'for'

const NAME = /^[a-z0-9][a-z0-9.@_-]{0,59}$/
const ID = /^[a-z][a-z0-9_]{0,39}$/
const TEXT = [3, 300] as const
const TASK = [10, 2000] as const

/** own@2026-11-25, then own@2026-11-25.2: lists sort by their day, and a name stands once. */
export function nextVersion(used: readonly (string | null)[], today: string): string {
  const first = `own@${today}`
  if (!used.includes(first)) return first
  let count = 2
  while (used.includes(`${first}.${count}`)) count += 1
  return `${first}.${count}`
}

/** What the page can tell before the server does; the server has the last word. */
export function listProblem(list: { version: string; task: string; questions: Question[] }): ListProblem | null {
  const fits = (text: string, [least, most]: readonly [number, number]): boolean => {
    const { length } = text.trim()
    return least <= length && length <= most
  }
  if (!NAME.test(list.version)) return 'name'
  if (!fits(list.task, TASK)) return 'task'
  if (list.questions.length === 0) return 'empty'
  if (list.questions.some((one) => !ID.test(one.id))) return 'id'
  if (new Set(list.questions.map((one) => one.id)).size < list.questions.length) return 'twice'
  if (list.questions.some((one) => !fits(one.zh, TEXT) || !fits(one.en, TEXT))) return 'text'
  const put = list.questions.filter((one) => one.rule === null)
  if (!put.some((one) => one.side === 'needed')) return 'needed'
  return put.some((one) => one.side === 'for') ? null : 'for'
}

export function newId(used: readonly string[]): string {
  let count = used.length + 1
  while (used.includes(`question_${count}`)) count += 1
  return `question_${count}`
}

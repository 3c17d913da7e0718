// A tenant's own template: blocks as plain text to be edited, and what would make it useless.
import type { PaperBlock, PaperKind, PaperTemplate } from '../api/kinds.ts'

export type BlockType = PaperBlock['type']
export const BLOCK_TYPES: BlockType[] = ['heading', 'text', 'list', 'facts', 'grid', 'signatures']
export interface Edited { type: BlockType; text: string }
export interface EditedTemplate { title: string; letter: boolean; seal: boolean; recipient: string; blocks: Edited[] }

const BAR = '|'
const lines = (text: string): string[] => text.split('\n').map((one) => one.trim()).filter(Boolean)

/** A block as one text: a line for each item, party or row of a table; label and value stand between bars. */
export function textOf(block: PaperBlock): string {
  if (block.type === 'list') return (block.lines ?? []).join('\n')
  if (block.type === 'facts') return (block.cells ?? []).map((row) => row.join(` ${BAR} `)).join('\n')
  if (block.type === 'signatures') return (block.parties ?? []).join('\n')
  return block.type === 'grid' ? block.rows : block.text
}

export function blockOf({ type, text }: Edited): PaperBlock {
  const empty = { type, text: '', rows: '' }
  if (type === 'list') return { ...empty, lines: lines(text) }
  if (type === 'facts') return { ...empty, cells: lines(text).map((row) => row.split(BAR).map((cell) => cell.trim())) }
  if (type === 'signatures') return { ...empty, parties: lines(text) }
  return type === 'grid' ? { ...empty, rows: text.trim() } : { ...empty, text: text.trim() }
}

export function editedOf(template: PaperTemplate): EditedTemplate {
  const { title, letter, seal, recipient } = template
  return { title, letter, seal, recipient, blocks: template.blocks.map((one) => ({ type: one.type, text: textOf(one) })) }
}

export function templateOf(edited: EditedTemplate): PaperTemplate {
  return { ...edited, blocks: edited.blocks.map(blockOf) }
}

const HOLE = /\{([a-z_]+)\}/g
const holes = (text: string): string[] => [...text.matchAll(HOLE)].map((one) => one[1] as string)
/** Every sheet prints them. */
const ALWAYS = new Set(['issuer', 'by'])

export interface TemplateProblem {
  code: 'title' | 'blocks' | 'unknown' | 'table' | 'pairs' | 'parties' | 'must'
  /** Of the block that it is about; null where it is about the whole. */
  block: number | null
  key: string
}

/** What the page can tell before the server does; the server has the last word. */
export function templateProblem(edited: EditedTemplate, kind: Pick<PaperKind, 'fields'>): TemplateProblem | null {
  const texts = new Set(kind.fields.filter((one) => one.columns.length === 0).map((one) => one.key))
  const tables = new Set(kind.fields.filter((one) => one.columns.length > 0).map((one) => one.key))
  if (edited.title.trim() === '') return { code: 'title', block: null, key: '' }
  if (edited.blocks.length === 0) return { code: 'blocks', block: null, key: '' }
  const printed = new Set(holes(edited.recipient))
  for (const [place, one] of edited.blocks.entries()) {
    if (one.type === 'grid') {
      const key = one.text.trim()
      if (!tables.has(key)) return { code: 'table', block: place, key }
      printed.add(key)
      continue
    }
    const cells = blockOf(one).cells ?? []
    if (cells.some((row) => row.length !== 2 && row.length !== 4)) return { code: 'pairs', block: place, key: '' }
    if (one.type === 'signatures' && lines(one.text).length === 0) return { code: 'parties', block: place, key: '' }
    for (const key of holes(one.text)) {
      if (!texts.has(key)) return { code: 'unknown', block: place, key }
      printed.add(key)
    }
  }
  const left = kind.fields.find((one) => one.need === 'required' && !ALWAYS.has(one.key) && !printed.has(one.key))
  return left === undefined ? null : { code: 'must', block: null, key: left.key }
}

/** The block that a refusal is about; null where it is about the whole. */
export function blockNamed(field: string | undefined): number | null {
  const found = /blocks\.(\d+)/.exec(field ?? '')
  return found === null ? null : Number(found[1])
}

export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= all.length) return [...all]
  const left = all.filter((_, place) => place !== from)
  return [...left.slice(0, to), all[from] as T, ...left.slice(to)]
}

/** `shipped 2026-11-26` or `own 3`: whose, and which. */
export function versionOf(version: string): { own: boolean; which: string } {
  const [whose, ...which] = version.split(' ')
  return { own: whose === 'own', which: which.join(' ') }
}

// Drawing by hand or by keys: what is under way on a picture, from the press to the moment when it counts. What counts
// are the marks; a draft changes them only when it is done, so that every step back is one step.
import { boxBetween, MOST_CORNERS, MOST_MARKS, movedBy, problemOf, within, withCorner, withCornerAfter, type Mark, type Point } from './marks.ts'

export const TOOLS = ['select', 'box', 'polygon', 'pan'] as const
export type Tool = (typeof TOOLS)[number]

/** What lies below a pointer: a corner or a side's middle of the chosen mark, a mark, or the first corner of an outline. */
export type Hit = { on: 'corner' | 'middle' | 'mark'; mark: number; at: number } | { on: 'first' } | null

export type Draft =
  | { kind: 'box'; from: Point; to: Point }
  | { kind: 'polygon'; points: Point[]; to: Point | null }
  | { kind: 'move'; mark: number; from: Point; to: Point }
  | { kind: 'corner' | 'new'; mark: number; at: number; from: Point; to: Point }
  | { kind: 'pan' }

export interface Begun {
  draft: Draft | null
  chosen: number | null
  /** The chosen mark's corner that was taken hold of. */
  corner: number | null
}

export interface Done {
  marks: Mark[]
  chosen: number | null
}

/** A press: something begins, is chosen, or is let go. An outline under way takes another corner. */
export function pressed(tool: Tool, draft: Draft | null, hit: Hit, at: Point, chosen: number | null): Begun {
  const keep = { chosen, corner: null }
  if (tool === 'pan') return { ...keep, draft: { kind: 'pan' } }
  if (tool === 'polygon') {
    const points = draft?.kind === 'polygon' ? draft.points : []
    return { chosen: null, corner: null, draft: { kind: 'polygon', points: points.length < MOST_CORNERS ? [...points, within(at)] : points, to: within(at) } }
  }
  if (hit !== null && hit.on !== 'first' && (tool === 'select' || hit.on !== 'mark')) {
    const here = within(at)
    if (hit.on === 'corner') return { chosen: hit.mark, corner: hit.at, draft: { kind: 'corner', mark: hit.mark, at: hit.at, from: here, to: here } }
    if (hit.on === 'middle') return { chosen: hit.mark, corner: null, draft: { kind: 'new', mark: hit.mark, at: hit.at, from: here, to: here } }
    return { chosen: hit.mark, corner: null, draft: { kind: 'move', mark: hit.mark, from: at, to: at } }
  }
  if (tool === 'box') return { chosen: null, corner: null, draft: { kind: 'box', from: within(at), to: within(at) } }
  return { chosen: null, corner: null, draft: { kind: 'pan' } }
}

/** The pointer went on. */
export function going(draft: Draft, at: Point): Draft {
  if (draft.kind === 'pan') return draft
  return { ...draft, to: draft.kind === 'move' ? at : within(at) }
}

function changed(marks: Mark[], at: number, to: Mark): Mark[] {
  return marks.map((one, index) => (index === at ? to : one))
}

function under(marks: Mark[], draft: Draft | null): { at: number; mark: Mark } | null {
  if (draft === null || draft.kind === 'box' || draft.kind === 'polygon' || draft.kind === 'pan') return null
  const before = marks[draft.mark]
  if (before === undefined) return null
  const [[fromX, fromY], [toX, toY]] = [draft.from, draft.to]
  if (draft.kind === 'move') return { at: draft.mark, mark: movedBy(before, [toX - fromX, toY - fromY]) }
  if (fromX === toX && fromY === toY) return draft.kind === 'corner' ? { at: draft.mark, mark: before } : null
  return { at: draft.mark, mark: draft.kind === 'corner' ? withCorner(before, draft.at, draft.to) : withCornerAfter(before, draft.at, draft.to) }
}

/** The marks as they look while something is under way; what is being drawn anew is not among them. */
export function shownWith(marks: Mark[], draft: Draft | null): Mark[] {
  const moved = under(marks, draft)
  return moved === null ? marks : changed(marks, moved.at, moved.mark)
}

/** What a draft comes to; null where it comes to nothing: a box that is a point, a mark that did not move, an outline of two. */
export function doneWith(marks: Mark[], draft: Draft, label: string): Done | null {
  if (draft.kind === 'box' || draft.kind === 'polygon') {
    const made: Mark = draft.kind === 'box' ? boxBetween(draft.from, draft.to, label) : { kind: 'polygon', label, points: tidied(draft.points) }
    const problem = problemOf(made)
    if ((problem !== null && problem !== 'label' && problem !== 'crosses') || marks.length >= MOST_MARKS) return null
    return { marks: [...marks, made], chosen: marks.length }
  }
  const moved = under(marks, draft)
  if (moved === null || JSON.stringify(moved.mark.points) === JSON.stringify(marks[moved.at]!.points)) return null
  return { marks: changed(marks, moved.at, moved.mark), chosen: moved.at }
}

/** An outline's corners without those that a double press set twice. */
function tidied(points: Point[]): Point[] {
  const same = ([ax, ay]: Point, [bx, by]: Point): boolean => Math.abs(ax - bx) < 0.001 && Math.abs(ay - by) < 0.001
  const kept = points.filter((one, at) => at === 0 || !same(one, points[at - 1]!))
  return kept.length > 1 && same(kept[0]!, kept.at(-1)!) ? kept.slice(0, -1) : kept
}

/** Whether a place closes an outline: it lies on its first corner, as far as a hand can point. */
export function closes(draft: Draft | null, at: Point, reach: Point): boolean {
  if (draft?.kind !== 'polygon' || draft.points.length < 3) return false
  const [x, y] = draft.points[0]!
  return Math.abs(at[0] - x) <= reach[0] && Math.abs(at[1] - y) <= reach[1]
}

export interface History<T> {
  past: T[]
  now: T
  future: T[]
}

const REMEMBERED = 100

export function fresh<T>(now: T): History<T> {
  return { past: [], now, future: [] }
}

export function did<T>(history: History<T>, now: T): History<T> {
  return { past: [...history.past, history.now].slice(-REMEMBERED), now, future: [] }
}

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1)
  if (before === undefined) return history
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future] }
}

export function redone<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future
  return after === undefined ? history : { past: [...history.past, history.now], now: after, future }
}

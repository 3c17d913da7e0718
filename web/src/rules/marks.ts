// Marks in a picture: boxes and outlines, in shares of its width and height from the upper left, as the API takes them.
import { area, crosses } from './polygon.ts'

export type Point = [x: number, y: number]
export type MarkKind = 'box' | 'polygon'
export interface Mark {
  kind: MarkKind
  /** A hazard's id; empty while nobody has said which. */
  label: string
  /** Of a box two, the upper left and the lower right corner. */
  points: Point[]
}
export type MarkProblem = 'label' | 'few' | 'many' | 'crosses' | 'small'
export interface Bounds {
  left: number
  top: number
  right: number
  bottom: number
}

export const FEWEST = 3
export const MOST_CORNERS = 200
export const MOST_MARKS = 200
const PLACES = 100_000
/** What is narrower than this was a slip of the hand: 2 of 1,000 pixels. */
export const LEAST_SIDE = 0.002
const LEAST_AREA = 0.000_004

/** A place inside of the picture, no finer than anybody can point. */
export function within([x, y]: Point): Point {
  const part = (value: number): number => Math.round(Math.max(0, Math.min(1, value)) * PLACES) / PLACES
  return [part(x), part(y)]
}

export function boxBetween(one: Point, other: Point, label: string): Mark {
  const [[ax, ay], [bx, by]] = [within(one), within(other)]
  return { kind: 'box', label, points: [[Math.min(ax, bx), Math.min(ay, by)], [Math.max(ax, bx), Math.max(ay, by)]] }
}

export function boundsOf(mark: Mark): Bounds {
  const [xs, ys] = [mark.points.map(([x]) => x), mark.points.map(([, y]) => y)]
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) }
}

/** The corners that a hand takes hold of: four of a box, from the upper left clockwise. */
export function cornersOf(mark: Mark): Point[] {
  if (mark.kind === 'polygon') return mark.points
  const { left, top, right, bottom } = boundsOf(mark)
  return [[left, top], [right, top], [right, bottom], [left, bottom]]
}

/** The middles of an outline's sides, from which a new corner is pulled; a box has none. */
export function middlesOf(mark: Mark): Point[] {
  if (mark.kind === 'box') return []
  return mark.points.map(([x, y], at) => {
    const [nextX, nextY] = mark.points[(at + 1) % mark.points.length]!
    return [(x + nextX) / 2, (y + nextY) / 2]
  })
}

/** The mark at another place, as far as the picture goes. */
export function movedBy(mark: Mark, [dx, dy]: Point): Mark {
  const { left, top, right, bottom } = boundsOf(mark)
  const [x, y] = [Math.max(-left, Math.min(1 - right, dx)), Math.max(-top, Math.min(1 - bottom, dy))]
  return { ...mark, points: mark.points.map(([px, py]) => within([px + x, py + y])) }
}

/** The mark with one corner elsewhere; the corner across stays where it was. */
export function withCorner(mark: Mark, at: number, to: Point): Mark {
  if (mark.kind === 'box') return boxBetween(cornersOf(mark)[(at + 2) % 4]!, to, mark.label)
  return { ...mark, points: mark.points.map((one, index) => (index === at ? within(to) : one)) }
}

/** The outline with a new corner after another one. */
export function withCornerAfter(mark: Mark, at: number, to: Point): Mark {
  return { ...mark, points: [...mark.points.slice(0, at + 1), within(to), ...mark.points.slice(at + 1)] }
}

/** The outline without a corner; null where too few would be left, or the mark is a box. */
export function withoutCorner(mark: Mark, at: number): Mark | null {
  if (mark.kind === 'box' || mark.points.length <= FEWEST) return null
  return { ...mark, points: mark.points.filter((_, index) => index !== at) }
}

/** A box wider and higher by so much at its lower right; an outline is stretched the same. */
export function grownBy(mark: Mark, [dx, dy]: Point): Mark {
  const { left, top, right, bottom } = boundsOf(mark)
  const stretch = (from: number, to: number, by: number): number => (Math.max(from + LEAST_SIDE, Math.min(1, to + by)) - from) / (to - from || 1)
  const [sx, sy] = [stretch(left, right, dx), stretch(top, bottom, dy)]
  return { ...mark, points: mark.points.map(([x, y]) => within([left + (x - left) * sx, top + (y - top) * sy])) }
}

/** What is wrong with a mark as it stands; null where it may be sent. The server takes an outline that crosses itself; nobody can mean one. */
export function problemOf(mark: Mark): MarkProblem | null {
  if (mark.kind === 'polygon') {
    if (mark.points.length < FEWEST) return 'few'
    if (mark.points.length > MOST_CORNERS) return 'many'
    if (crosses(mark.points)) return 'crosses'
    if (area(mark.points) < LEAST_AREA) return 'small'
  } else {
    const { left, top, right, bottom } = boundsOf(mark)
    if (right - left < LEAST_SIDE || bottom - top < LEAST_SIDE) return 'small'
  }
  return mark.label === '' ? 'label' : null
}

/** Which mark lies on which: the larger ones below, so that a small one inside of them can be taken hold of. */
export function layers(marks: Mark[]): number[] {
  const size = (mark: Mark): number => {
    const { left, top, right, bottom } = boundsOf(mark)
    return (right - left) * (bottom - top)
  }
  return marks.map((_, at) => at).sort((one, other) => size(marks[other]!) - size(marks[one]!))
}

/** A box in per cent of the picture, as somebody types it: left, top, width, height. */
export type Typed = [left: number, top: number, width: number, height: number]

const HUNDRED = 100
const TENTHS = 10

export function typedOf(mark: Mark): Typed {
  const { left, top, right, bottom } = boundsOf(mark)
  const said = (part: number): number => Math.round(part * HUNDRED * TENTHS) / TENTHS
  return [said(left), said(top), said(right - left), said(bottom - top)]
}

/** The box that was typed, inside of the picture; null where it is none. */
export function boxTyped([left, top, width, height]: Typed, label: string): Mark | null {
  if (![left, top, width, height].every(Number.isFinite)) return null
  const made = boxBetween([left / HUNDRED, top / HUNDRED], [(left + width) / HUNDRED, (top + height) / HUNDRED], label)
  return problemOf({ ...made, label: 'any' }) === null && width > 0 && height > 0 ? made : null
}

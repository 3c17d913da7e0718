// Where a picture lies in its frame: fitted, zoomed at a place, pushed about, and never lost out of sight.
import type { Point } from './marks.ts'

export interface Size {
  width: number
  height: number
}

/** Pixels of the screen for one of the picture, and where its upper left corner lies. */
export interface View {
  scale: number
  x: number
  y: number
}

const MOST = 12

export function fitted(picture: Size, frame: Size): View {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height)
  return kept({ scale: scale > 0 && Number.isFinite(scale) ? scale : 1, x: 0, y: 0 }, picture, frame)
}

/** The view with the picture where somebody can see it: in the middle where it is smaller, else without a gap at its sides. */
export function kept(view: View, picture: Size, frame: Size): View {
  const along = (at: number, length: number, room: number): number => (length <= room ? (room - length) / 2 : Math.max(room - length, Math.min(0, at)))
  return { ...view, x: along(view.x, picture.width * view.scale, frame.width), y: along(view.y, picture.height * view.scale, frame.height) }
}

/** Nearer or further, what lies at a place of the frame stays there; never smaller than fitted, never nearer than 12 times. */
export function zoomed(view: View, factor: number, [atX, atY]: Point, picture: Size, frame: Size): View {
  const least = fitted(picture, frame).scale
  const scale = Math.max(least, Math.min(least * MOST, view.scale * factor))
  const by = scale / view.scale
  return kept({ scale, x: atX - (atX - view.x) * by, y: atY - (atY - view.y) * by }, picture, frame)
}

export function panned(view: View, [dx, dy]: Point, picture: Size, frame: Size): View {
  return kept({ ...view, x: view.x + dx, y: view.y + dy }, picture, frame)
}

/** Two fingers went on: the picture follows them. */
export function pinched(view: View, before: [Point, Point], after: [Point, Point], picture: Size, frame: Size): View {
  const apart = ([[ax, ay], [bx, by]]: [Point, Point]): number => Math.hypot(ax - bx, ay - by)
  const middle = ([[ax, ay], [bx, by]]: [Point, Point]): Point => [(ax + bx) / 2, (ay + by) / 2]
  const [from, to] = [middle(before), middle(after)]
  const factor = apart(before) > 0 ? apart(after) / apart(before) : 1
  const near = zoomed(view, factor, from, picture, frame)
  return panned(near, [to[0] - from[0], to[1] - from[1]], picture, frame)
}

/** A place of the frame as shares of the picture; outside of it they are below 0 or above 1. */
export function shareAt(view: View, picture: Size, [x, y]: Point): Point {
  return [(x - view.x) / (picture.width * view.scale), (y - view.y) / (picture.height * view.scale)]
}

export function pixelAt(view: View, picture: Size, [x, y]: Point): Point {
  return [view.x + x * picture.width * view.scale, view.y + y * picture.height * view.scale]
}

/** So many pixels of the frame as shares of the picture. */
export function reachOf(view: View, picture: Size, pixels: number): Point {
  return [pixels / (picture.width * view.scale), pixels / (picture.height * view.scale)]
}

/** The view with a place of the picture in sight, pushed no further than it takes. */
export function seeing(view: View, place: Point, picture: Size, frame: Size): View {
  const [x, y] = pixelAt(view, picture, place)
  const push = (at: number, room: number): number => (at < 0 ? -at : at > room ? room - at : 0)
  return panned(view, [push(x, frame.width), push(y, frame.height)], picture, frame)
}

// What konva draws: the picture and the marks on it, and what lies below a place. A chunk of its own, which comes with the
// first picture to be labelled: neither the desk's start nor the phone's offline list carries it (vite.config.ts).
import { Group } from 'konva/lib/Group.js'
import { Layer } from 'konva/lib/Layer.js'
import type { Node } from 'konva/lib/Node.js'
import { Stage } from 'konva/lib/Stage.js'
import { Circle } from 'konva/lib/shapes/Circle.js'
import { Image as Picture } from 'konva/lib/shapes/Image.js'
import { Line } from 'konva/lib/shapes/Line.js'
import { Rect } from 'konva/lib/shapes/Rect.js'
import { Text } from 'konva/lib/shapes/Text.js'
import type { Hit } from '@/rules/drawing'
import { boundsOf, cornersOf, layers, middlesOf, problemOf, type Mark, type Point } from '@/rules/marks'
import { pixelAt, type Size, type View } from '@/rules/viewport'

// The same in both themes: they lie on a picture, not on the page. White with a dark casing is seen on any.
const CASING = '#14181b'
const LINE = '#ffffff'
const GUESS = '#74c0fc'
const INSIDE = 'rgb(255 255 255 / 18%)'
const FACE = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"

export interface Scene {
  view: View
  frame: Size
  image: HTMLImageElement
  picture: Size
  marks: Mark[]
  chosen: number | null
  /** Of the chosen mark, the corner that the keys move. */
  corner: number | null
  /** What a model proposes and nobody has taken over. */
  guess: Mark[]
  /** An outline or a box that is being drawn. */
  draft: { points: Point[]; closed: boolean } | null
  /** Where the keys point. */
  cross: Point | null
  nameOf: (mark: Mark, at: number) => string
  edits: boolean
  touched: boolean
}

export interface Board {
  draw: (scene: Scene) => void
  hit: (at: Point) => Hit
  destroy: () => void
}

export function makeBoard(container: HTMLDivElement): Board {
  const stage = new Stage({ container, width: 1, height: 1 })
  const below = new Layer({ listening: false })
  const above = new Layer()
  stage.add(below, above)
  let before: { image: HTMLImageElement; view: View; frame: Size } | null = null

  function picture({ image, view, frame, picture: size }: Scene): void {
    if (before?.image === image && before.view === view && before.frame === frame) return
    before = { image, view, frame }
    stage.size(frame)
    below.destroyChildren()
    below.add(new Picture({ image, x: view.x, y: view.y, width: size.width * view.scale, height: size.height * view.scale }))
    below.draw()
  }

  return {
    draw(scene) {
      picture(scene)
      above.destroyChildren()
      for (const one of scene.guess) above.add(outline(scene, one, { stroke: GUESS, dash: [6, 4], listening: false }))
      for (const at of layers(scene.marks)) if (at !== scene.chosen) above.add(mark(scene, at))
      if (scene.chosen !== null && scene.marks[scene.chosen]) above.add(mark(scene, scene.chosen), ...handles(scene, scene.chosen))
      if (scene.draft) above.add(...drafted(scene, scene.draft))
      if (scene.cross) above.add(...cross(scene, scene.cross))
      above.draw()
    },
    hit([x, y]) {
      const found = above.getIntersection({ x, y })
      return found === null ? null : hitOf(found)
    },
    destroy: () => void stage.destroy(),
  }
}

function hitOf(node: Node): Hit {
  const { on, mark: of, at } = node.attrs as { on?: 'corner' | 'middle' | 'mark' | 'first'; mark?: number; at?: number }
  if (on === undefined) return null
  return on === 'first' ? { on } : { on, mark: of!, at: at ?? 0 }
}

const placed = ({ view, picture }: Scene, points: Point[]): number[] => points.flatMap((one) => pixelAt(view, picture, one))

interface Look {
  stroke: string
  dash?: number[]
  fill?: string
  listening?: boolean
  attrs?: object
  thick?: boolean
}

/** A line with a casing below it; what is pressed is the casing, wider for a finger. */
function outline(scene: Scene, one: Mark, { stroke, dash, fill, listening = true, attrs, thick }: Look): Group {
  const made = new Group({ listening })
  const points = placed(scene, cornersOf(one))
  const shared = { points, closed: true, lineJoin: 'round' as const }
  made.add(new Line({ ...shared, ...attrs, stroke: CASING, strokeWidth: thick ? 6 : 5, hitStrokeWidth: scene.touched ? 28 : 12, ...(fill ? { fill } : {}) }))
  made.add(new Line({ ...shared, stroke, strokeWidth: thick ? 3 : 2, listening: false, ...(dash ? { dash } : {}) }))
  return made
}

function mark(scene: Scene, at: number): Group {
  const one = scene.marks[at]!
  const chosen = at === scene.chosen
  const made = outline(scene, one, {
    stroke: LINE, thick: chosen, fill: chosen ? INSIDE : 'rgb(0 0 0 / 0%)', listening: scene.edits, attrs: { on: 'mark', mark: at },
    ...(problemOf(one) === null ? {} : { dash: [8, 5] }),
  })
  made.add(...tag(scene, one, scene.nameOf(one, at)))
  return made
}

/** Number and name above the mark, or inside of it where there is no room above. */
function tag({ view, picture, touched }: Scene, one: Mark, words: string): [Rect, Text] {
  const { left, top } = boundsOf(one)
  const [x, y] = pixelAt(view, picture, [left, top])
  const said = new Text({ text: words, fontSize: touched ? 14 : 12, fontFamily: FACE, fill: LINE, padding: 3, listening: false })
  const over = y - said.height() - 3
  said.position({ x: Math.max(2, x), y: over < 0 ? Math.max(2, y + 4) : over })
  return [new Rect({ ...said.position(), width: said.width(), height: said.height(), fill: CASING, opacity: 0.85, cornerRadius: 2, listening: false }), said]
}

function handles(scene: Scene, at: number): Circle[] {
  if (!scene.edits) return []
  const one = scene.marks[at]!
  const radius = scene.touched ? 8 : 5
  const round = ([x, y]: number[], more: object): Circle => new Circle({ x: x!, y: y!, stroke: CASING, strokeWidth: 2, hitStrokeWidth: scene.touched ? 28 : 12, ...more })
  const put = (place: Point): number[] => pixelAt(scene.view, scene.picture, place)
  return [
    ...middlesOf(one).map((place, index) => round(put(place), { on: 'middle', mark: at, at: index, radius: radius - 2, fill: CASING, stroke: LINE })),
    ...cornersOf(one).map((place, index) => round(put(place), { on: 'corner', mark: at, at: index, radius, fill: index === scene.corner ? GUESS : LINE })),
  ]
}

function drafted(scene: Scene, { points, closed }: { points: Point[]; closed: boolean }): (Line | Circle)[] {
  const shared = { points: placed(scene, points), closed, lineJoin: 'round' as const, listening: false }
  const [x, y] = pixelAt(scene.view, scene.picture, points[0]!)
  return [
    new Line({ ...shared, stroke: CASING, strokeWidth: 5 }),
    new Line({ ...shared, stroke: LINE, strokeWidth: 2 }),
    ...(closed ? [] : [new Circle({ x, y, radius: scene.touched ? 9 : 6, fill: LINE, stroke: CASING, strokeWidth: 2, on: 'first' })]),
  ]
}

function cross(scene: Scene, at: Point): Line[] {
  const [x, y] = pixelAt(scene.view, scene.picture, at)
  const arm = 14
  const lines = [[x - arm, y, x + arm, y], [x, y - arm, x, y + arm]]
  return [[CASING, 5], [LINE, 2]].flatMap(([stroke, strokeWidth]) => lines.map((points) => new Line({ points, stroke: stroke as string, strokeWidth: strokeWidth as number, listening: false })))
}

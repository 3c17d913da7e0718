// Pins, camera signs and hatchings, drawn when the map first asks for them: no sprite, nothing to fetch.
import type { Map as MapLibre, StyleImageMetadata } from 'maplibre-gl'
import { ROMAN, SHAPES, type Level } from '@/rules/level'
import type { Palette } from './palette'

const SCALE = 2
type Draw = (context: CanvasRenderingContext2D, palette: Palette) => void

interface Icon {
  width: number
  height: number
  draw: Draw
}

function pin(level: Level, quiet: boolean, chosen: boolean): Icon {
  const size = chosen ? 34 : quiet ? 20 : 28
  const lift = chosen ? 22 : 16
  return {
    width: size + 8,
    height: size + 8 + lift,
    draw(context, palette) {
      const colour = palette.level[level]
      const middle = (size + 8) / 2
      const bottom = size + 8 + lift - 4
      const hollow = level === 4 || quiet
      const stem = (style: string, width: number): void => {
        context.strokeStyle = style
        context.lineWidth = width
        context.beginPath()
        context.moveTo(middle, size)
        context.lineTo(middle, bottom)
        context.stroke()
      }
      stem(palette.tone.paper, 5)
      stem(chosen ? palette.tone.ink : colour, 2)
      context.fillStyle = chosen ? palette.tone.ink : colour
      context.beginPath()
      context.arc(middle, bottom, 3, 0, 2 * Math.PI)
      context.fill()
      context.translate(4, 4)
      context.scale(size / 24, size / 24)
      const shape = new Path2D(SHAPES[level])
      context.lineJoin = 'round'
      context.strokeStyle = chosen ? palette.tone.ink : palette.tone.paper
      context.lineWidth = hollow ? 6 : 4
      context.stroke(shape)
      context.fillStyle = hollow ? palette.tone.paper : colour
      context.fill(shape)
      if (hollow) {
        context.strokeStyle = colour
        context.lineWidth = 2.5
        context.stroke(shape)
      }
      context.fillStyle = hollow ? colour : palette.tone.paper
      context.font = '700 9px system-ui, sans-serif'
      context.textAlign = 'center'
      context.textBaseline = 'middle'
      context.fillText(ROMAN[level], 12, level === 2 ? 15.4 : 12.6)
    },
  }
}

function camera(state: string): Icon {
  const blind = state === 'offline' || state === 'stalled'
  const size = blind ? 16 : 12
  return {
    width: size + 4,
    height: size + 4,
    draw(context, palette) {
      const colour = blind ? palette.tone.blind : palette.tone.camera
      context.translate(2, 2)
      context.fillStyle = palette.tone.paper
      context.fillRect(-1.5, -1.5, size + 3, size + 3)
      context.strokeStyle = colour
      context.lineWidth = 1.5
      if (blind) {
        context.save()
        context.beginPath()
        context.rect(0, 0, size, size)
        context.clip()
        context.beginPath()
        for (let x = -size; x < size; x += 4) {
          context.moveTo(x, size)
          context.lineTo(x + size, 0)
        }
        context.stroke()
        context.restore()
        context.strokeRect(0.75, 0.75, size - 1.5, size - 1.5)
        return
      }
      context.strokeRect(0.75, 0.75, size - 1.5, size - 1.5)
      if (state === 'online') {
        context.fillStyle = colour
        context.fillRect(3.5, 3.5, size - 7, size - 7)
      }
    },
  }
}

/** A site: the shape of its level, hollow and without a stem, so that it is not taken for an alarm. */
function site(level: Level): Icon {
  const size = 16
  return {
    width: size + 6,
    height: size + 6,
    draw(context, palette) {
      const shape = new Path2D(SHAPES[level])
      context.translate(3, 3)
      context.scale(size / 24, size / 24)
      context.lineJoin = 'round'
      context.strokeStyle = palette.tone.paper
      context.lineWidth = 8
      context.stroke(shape)
      context.fillStyle = palette.tone.paper
      context.fill(shape)
      context.strokeStyle = palette.level[level]
      context.lineWidth = 3.5
      context.stroke(shape)
    },
  }
}

function hatch(colour: (palette: Palette) => string, gap: number, width: number): Icon {
  return {
    width: gap,
    height: gap,
    draw(context, palette) {
      context.strokeStyle = colour(palette)
      context.lineWidth = width
      context.beginPath()
      for (const from of [-gap, 0, gap]) {
        context.moveTo(from, gap)
        context.lineTo(from + gap, 0)
      }
      context.stroke()
    },
  }
}

function iconOf(id: string): Icon | null {
  const [kind, one, two, three] = id.split(':')
  if (kind === 'pin') return pin(Number(one) as Level, two === 'quiet', three === 'chosen')
  if (kind === 'site') return site(Number(one) as Level)
  if (kind === 'camera') return camera(one ?? '')
  if (id === 'hatch:seen') return hatch((palette) => palette.tone.camera, 10, 0.5)
  if (id === 'hatch:blind') return hatch((palette) => palette.tone.blind, 8, 1)
  return null
}

/** Answers the map's question for an image; says nothing to names that are not ours. */
export function supply(map: MapLibre, id: string, palette: Palette): void {
  const icon = iconOf(id)
  if (!icon || map.hasImage(id)) return
  const canvas = document.createElement('canvas')
  canvas.width = icon.width * SCALE
  canvas.height = icon.height * SCALE
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(SCALE, SCALE)
  icon.draw(context, palette)
  const meta: Partial<StyleImageMetadata> = { pixelRatio: SCALE }
  map.addImage(id, context.getImageData(0, 0, canvas.width, canvas.height), meta)
}

// The colours of the map are the tokens of the page, read where the browser has resolved them.
import { LEVELS, type Level } from '@/rules/level'
import type { PipeLook } from '@/rules/pipes'

const NAMES = ['paper', 'ink', 'ink-2', 'blind', 'camera', 'land', 'land-out', 'land-line'] as const

export interface Palette {
  tone: Record<(typeof NAMES)[number], string>
  level: Record<Level, string>
  pipe: Record<PipeLook['hue'], string>
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    tone: Object.fromEntries(NAMES.map((name) => [name, colour(name)])) as Palette['tone'],
    level: Object.fromEntries(LEVELS.map((level) => [level, colour(`level-${level}`)])) as Palette['level'],
    pipe: {
      low: colour('pipe-low'),
      medium: colour('pipe-medium'),
      sub_high: colour('pipe-sub_high'),
      high: colour('pipe-high'),
    },
  }
}

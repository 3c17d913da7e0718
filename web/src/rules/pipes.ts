// How a pressure class is drawn: width, dash and hue together, from calm to strong.
export const CLASSES = ['low', 'medium', 'sub_high', 'high', 'unknown'] as const
export type PipeClass = (typeof CLASSES)[number]

export interface PipeLook {
  width: number
  dash: number[] | null
  hue: Exclude<PipeClass, 'unknown'>
}

/** An unknown class is drawn dashed in the strictest hue. Dashes are in line widths. */
export const PIPE_LOOK: Record<PipeClass, PipeLook> = {
  low: { width: 1, dash: null, hue: 'low' },
  medium: { width: 2, dash: null, hue: 'medium' },
  sub_high: { width: 3, dash: null, hue: 'sub_high' },
  high: { width: 4, dash: null, hue: 'high' },
  unknown: { width: 4, dash: [1.1, 1.1], hue: 'high' },
}
export const LONG_DISTANCE_DASH = [4, 1.5]

export function pipeClass(name: string | null | undefined): PipeClass {
  return CLASSES.find((one) => one === name) ?? 'unknown'
}

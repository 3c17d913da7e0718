// What draws a chart of figures: rows of one message, each with its name before and its number behind it, no legend, the
// target as a hairline. ECharts by pieces, in a chunk that only pages with charts load; SVG, which prints sharp.
import { CustomChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from 'echarts'
import { widthOf, type ChartRow, type ChartSpec } from '@/rules/charts'

use([CustomChart, GridComponent, SVGRenderer])

const ROW_PX = 26
const EDGE_PX = 4

interface Tones {
  ink: string
  soft: string
  edge: string
  line: string
  face: string
}

function readTones(host: HTMLElement): Tones {
  const style = getComputedStyle(host)
  const tone = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return { ink: tone('ink'), soft: tone('ink-2'), edge: tone('edge'), line: tone('line'), face: tone('face') }
}

export interface Chart {
  draw: (spec: ChartSpec) => void
  resize: () => void
  dispose: () => void
}

type Shapes = NonNullable<Extract<CustomSeriesRenderItemReturn, { type: 'group' }>['children']>

/** One row: a bar, a value with its interval, or the half and nine tenths of a time. */
function shapesOf(row: ChartRow, spec: ChartSpec, at: (value: number) => number, y: number, scale: number, tones: Tones): Shapes {
  const colour = row.strong ? tones.ink : tones.edge
  const dot = (x: number, hollow = false): Shapes[number] => ({
    type: 'circle', shape: { cx: x, cy: y, r: 4 * scale }, style: { fill: hollow ? tones.line : colour, stroke: colour, lineWidth: 1.5 * scale },
  })
  const line = (from: number, to: number, dashed = false): Shapes[number] => ({
    type: 'line', shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: colour, lineWidth: 2 * scale, ...(dashed ? { lineDash: [3, 3] } : {}) },
  })
  if (row.at === null || (spec.kind === 'bar' && row.at === 0)) return []
  if (spec.kind === 'bar') {
    const tall = 10 * scale
    return [{ type: 'rect', shape: { x: at(0), y: y - tall / 2, width: Math.max(1, at(row.at) - at(0)), height: tall }, style: { fill: colour } }]
  }
  const from = at(row.low ?? row.at)
  if (spec.kind === 'interval') return [line(from, at(row.high ?? row.at)), dot(at(row.at))]
  const open = row.high === null
  return [line(at(row.at), at(row.high ?? spec.max), open), dot(at(row.at), true), ...(open ? [] : [dot(at(row.high ?? row.at))])]
}

function axis(names: string[], right: boolean, size: number, width: number, tones: Tones): object {
  return {
    type: 'category', inverse: true, data: names, position: right ? 'right' : 'left', axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false },
    axisLabel: { color: right ? tones.ink : tones.soft, fontSize: size, fontFamily: tones.face, margin: 8, width, overflow: 'truncate', interval: 0 },
  }
}

function optionOf(spec: ChartSpec, tones: Tones): EChartsCoreOption {
  const size = 12 * spec.scale
  const [left, right] = [spec.rows.map((row) => row.name), spec.rows.map((row) => row.label)]
  const [before, behind] = [Math.min(spec.names * spec.scale, widthOf(left, size)), widthOf(right, size)]
  const target = spec.target
  return {
    animation: false,
    textStyle: { fontFamily: tones.face },
    grid: { left: before + 12, right: behind + 14, top: EDGE_PX, bottom: EDGE_PX, outerBoundsMode: 'none' },
    xAxis: { type: 'value', min: 0, max: spec.max, show: false },
    yAxis: [axis(left, false, size, before, tones), axis(right, true, size, behind + 4, tones)],
    series: [
      {
        type: 'custom', silent: !spec.rows.some((row) => row.key !== undefined), cursor: 'pointer', clip: false,
        data: spec.rows.map((_, place) => [0, place]), encode: { x: 0, y: 1 },
        renderItem: (params: CustomSeriesRenderItemParams, told: CustomSeriesRenderItemAPI) => {
          const row = spec.rows[params.dataIndex] as ChartRow
          const place = told.coord([0, params.dataIndex])[1] as number
          const at = (value: number): number => told.coord([Math.min(value, spec.max), params.dataIndex])[0] as number
          const ground: Shapes[number] = { type: 'line', shape: { x1: at(0), y1: place, x2: at(spec.max), y2: place }, style: { stroke: tones.line, lineWidth: 1 } }
          return { type: 'group', children: [ground, ...shapesOf(row, spec, at, place, spec.scale, tones)] }
        },
      },
      ...(target === null ? [] : [{
        type: 'custom', silent: true, clip: false, data: [[target, 0]], z: 5,
        renderItem: (params: CustomSeriesRenderItemParams, told: CustomSeriesRenderItemAPI) => {
          const { y, height } = params.coordSys as unknown as { y: number; height: number }
          const x = told.coord([target, 0])[0] as number
          return { type: 'line', shape: { x1: x, y1: y, x2: x, y2: y + height }, style: { stroke: tones.ink, lineWidth: 1, lineDash: [2, 2] } }
        },
      }]),
    ],
  }
}

/** Makes the chart of an element; `pick` is told the key of a row that was clicked. */
export function makeChart(host: HTMLElement, pick: (key: string) => void): Chart {
  const chart: EChartsType = init(host, null, { renderer: 'svg' })
  let shown: ChartSpec | null = null
  chart.on('click', (event) => {
    const key = shown?.rows[event.dataIndex]?.key
    if (key !== undefined && event.seriesIndex === 0) pick(key)
  })
  return {
    draw(spec) {
      shown = spec
      host.style.height = `${spec.rows.length * ROW_PX * spec.scale + 2 * EDGE_PX}px`
      chart.resize()
      chart.setOption(optionOf(spec, readTones(host)), { notMerge: true })
    },
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}

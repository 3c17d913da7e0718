// Sites as list, board and table: the filters that stand in the address, and what each view makes of them.
import type { Board, Site, SiteState, Zone } from '../api/kinds.ts'

export const VIEWS = ['list', 'board', 'table'] as const
export type View = (typeof VIEWS)[number]
export const WHICH = ['open', 'mine', 'overdue', 'ended'] as const
export type Which = (typeof WHICH)[number]
export const ORDERS = ['zone', 'risk', 'due', 'opened'] as const
export type SiteOrder = (typeof ORDERS)[number]
export const ZONES: Zone[] = ['protection', 'control', 'unknown', 'outside']
/** The main path, then where it ends. */
export const PATH: SiteState[] = ['discovered', 'verifying', 'notified', 'filed', 'located', 'briefed', 'plan_signed', 'ready', 'under_standby', 'completed']
export const ENDS: SiteState[] = ['closed', 'exempt', 'false']
/** What stands above the state where it holds. */
export const ABOVE = ['struck', 'stopped', 'violation', 'repair', 'unattended'] as const
export const NARROWS = ['state', 'zone', 'level', 'owner', 'area', 'filing', 'q'] as const

export type Asked = (name: string) => string

const one = <T extends string>(all: readonly T[], said: string, otherwise: T): T => all.find((each) => each === said) ?? otherwise
export const viewOf = (asked: Asked): View => one(VIEWS, asked('view'), 'list')
export const whichOf = (asked: Asked): Which => one(WHICH, asked('which'), 'open')
export const orderOf = (asked: Asked): SiteOrder => one(ORDERS, asked('order'), 'zone')

export interface SiteQuery {
  open: boolean
  mine?: true
  overdue?: true
  state?: string
  zone?: Zone
  level?: number
  owner?: string
  area?: string
  filing?: 'filed' | 'unfiled' | 'unknown'
  q?: string
}

/** What the server is asked, from what the address says; what nobody could mean there narrows nothing. */
export function queryOf(asked: Asked): SiteQuery {
  const which = whichOf(asked)
  const found: SiteQuery = { open: which !== 'ended' }
  if (which === 'mine') found.mine = true
  if (which === 'overdue') found.overdue = true
  const state = [...PATH, ...ENDS, ...ABOVE].find((each) => each === asked('state'))
  if (state !== undefined) found.state = state
  const zone = ZONES.find((each) => each === asked('zone'))
  if (zone !== undefined) found.zone = zone
  if (/^[1-4]$/.test(asked('level'))) found.level = Number(asked('level'))
  const filing = (['filed', 'unfiled', 'unknown'] as const).find((each) => each === asked('filing'))
  if (filing !== undefined) found.filing = filing
  for (const name of ['owner', 'area'] as const) if (/^[0-9a-f-]{36}$/i.test(asked(name))) found[name] = asked(name)
  const words = asked('q').trim()
  if (words !== '') found.q = words.slice(0, 100)
  return found
}

/** Whether anything but the view, the order and whose sites is asked for. */
export const isNarrowed = (asked: Asked): boolean => NARROWS.some((name) => asked(name) !== '')

export type BoardColumn = Board['columns'][number]

/** The columns to show: those of the path while sites are open, else those where it ends. An empty one stays, as a strip. */
export function columnsOf(board: Board, ended: boolean): BoardColumn[] {
  const shown = ended ? ENDS : PATH
  return board.columns.filter((column) => shown.includes(column.state) || column.count > 0)
}

/** A page of a column below what is there; a site that has moved up meanwhile stands once. */
export function longer(column: BoardColumn, items: Site[], next: string | null): BoardColumn {
  const there = new Set(column.items.map((site) => site.id))
  return { ...column, items: [...column.items, ...items.filter((site) => !there.has(site.id))], next }
}

/** The card to go to from one in a column, by columns and rows; null where there is none that way. */
export function neighbour(columns: string[][], from: string | null, across: number, down: number): string | null {
  const at = columns.findIndex((ids) => from !== null && ids.includes(from))
  if (at < 0) return columns.find((ids) => ids.length > 0)?.[0] ?? null
  const row = (columns[at] as string[]).indexOf(from as string)
  if (across === 0) return columns[at]?.[row + down] ?? null
  for (let next = at + across; next >= 0 && next < columns.length; next += across) {
    const ids = columns[next] as string[]
    if (ids.length > 0) return ids[Math.min(row, ids.length - 1)] as string
  }
  return null
}

// Reports to authorities: how one stands, what an authority answers, money as people write it.
import type { GovernmentFigures, Measure, Outcome, SiteReport } from '../api/kinds.ts'

export const MEASURES: Measure[] = ['none', 'warning', 'order', 'fine', 'transferred']
const HOUR_MS = 3_600_000
const MOST_FEN = 10 ** 12

export type ReportState = 'open' | 'in_hand' | 'answered'

export function stateOf(report: Pick<SiteReport, 'acknowledged_at' | 'answered_at'>): ReportState {
  if (report.answered_at !== null) return 'answered'
  return report.acknowledged_at === null ? 'open' : 'in_hand'
}

/** Hours from the report to its answer, or to now. */
export function hoursOf(report: Pick<SiteReport, 'reported_at' | 'answered_at'>, now: number): number {
  const until = report.answered_at === null ? now : Date.parse(report.answered_at)
  return Math.max(0, (until - Date.parse(report.reported_at)) / HOUR_MS)
}

/** One figure behind the point up to ten hours, none beyond. */
export function hours(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}

/** Yuan as written, in 分; null where it is no amount of money. Read by its digits: floating point loses 分. */
export function fenOf(text: string): number | null {
  const found = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text.trim().replaceAll(/[,，]/g, ''))
  if (found === null) return null
  const fen = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return fen <= MOST_FEN ? fen : null
}

/** 分 as yuan: thousands parted, 分 only where there are any. */
export function yuanOf(fen: number): string {
  const [whole, rest] = [Math.floor(fen / 100), fen % 100]
  const parted = String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return `¥\u00a0${parted}${rest === 0 ? '' : `.${String(rest).padStart(2, '0')}`}`
}

export interface OutcomeForm { measure: Measure | ''; amount: string; document: string; clause: string }
export const blankOutcome = (): OutcomeForm => ({ measure: '', amount: '', document: '', clause: '' })

/** Whether what is written as the amount is no money; nothing written is for the server to refuse. */
export function amountWrong(form: OutcomeForm): boolean {
  return form.measure === 'fine' && form.amount.trim() !== '' && fenOf(form.amount) === null
}

/** The decision as the API takes it; null where the authority names no measure. */
export function outcomeOf(form: OutcomeForm): Outcome | null {
  if (form.measure === '') return null
  const amount = form.measure === 'fine' ? (fenOf(form.amount) ?? 0) : 0
  return { measure: form.measure, amount_fen: amount, document: form.document.trim(), clause: form.clause.trim() }
}

export type AnswerField = 'answer' | 'amount'

/** The field of the answer that a refusal is about; null where it is about none of them. */
export function answerFieldOf(named: string | undefined): AnswerField | null {
  const last = (named ?? '').split('.').at(-1)
  if (last === 'amount_fen') return 'amount'
  return last === 'answer' ? 'answer' : null
}

/** 7/9: never a count without what it was counted from; a dash where there was nothing to count. */
export function outOf(count: number, of: number): string {
  return of === 0 ? '–' : `${count}/${of}`
}

export const COUNTED = ['discovered', 'violation_opened', 'violation_fixed', 'stop_ordered', 'stop_refused', 'struck'] as const
export interface CompanyRow { tenant_id: string; name: string; counts: Record<string, number> }

/** What happened, a row for each company, by name. */
export function companiesOf(figures: Pick<GovernmentFigures, 'counts'>): CompanyRow[] {
  const found = new Map<string, CompanyRow>()
  for (const one of figures.counts) {
    const row = found.get(one.tenant_id) ?? { tenant_id: one.tenant_id, name: one.tenant_name, counts: {} }
    row.counts[one.kind] = one.count
    found.set(one.tenant_id, row)
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'zh'))
}

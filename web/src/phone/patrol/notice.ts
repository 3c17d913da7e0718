// The letter (告知函) as it was handed over on the spot: kept on the phone until it is issued with a line.
import type { PaperAsked } from '@/api/kinds'

export interface NoticeTold {
  unit: string
  contact: string
  today: string
  refused: boolean
  witness: string
  name: string
  /** What stands for the signature's picture until the server has named it (rules/refs.ts). */
  picture: string | null
}

/** As the template names who receives. */
const RECEIVER = '受送达单位'

export function askedNotice(told: NoticeTold): PaperAsked {
  const fields: Record<string, string> = {}
  if (told.unit !== '') fields.recipient = told.unit
  if (told.contact !== '') fields.recipient_contact = told.contact
  if (told.today !== '') fields.today = told.today
  const signed = told.refused || told.name === '' ? [] : [{ party: RECEIVER, name: told.name, picture: told.picture }]
  return { kind: 'notice', about: null, fields, rows: {}, signatures: signed, refused: told.refused, witness: told.refused ? told.witness : '' }
}

export const UNTOLD: NoticeTold = { unit: '', contact: '', today: '', refused: false, witness: '', name: '', picture: null }

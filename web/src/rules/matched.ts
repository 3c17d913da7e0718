// Why a site belongs to a filing, or to none: the server's English becomes words of the language at hand, as in reasons.ts.
import { takenApart, type Part, type Phrase } from './reasons.ts'

const NUMBER = '(\\d+(?:\\.\\d+)?)'
const MOMENT = '(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d)'
const HOURS = '(\\d\\d:\\d\\d) to (\\d\\d:\\d\\d)'
const PHRASES: Phrase[] = [
  ['unfiled', /^unfiled: /, []],
  ['none_near', new RegExp(`^no filing within ${NUMBER} m`), ['far']],
  ['fits', /^filing [0-9a-f-]{36} fits(?=$|,)/, []],
  ['more_fit', new RegExp(`^, and ${NUMBER} more fit as well: the nearest is taken, then the one filed first`), ['n']],
  ['likeliest', /^filing [0-9a-f-]{36} is the likeliest and does not fit: /, []],
  ['cancelled', new RegExp(`^filing [0-9a-f-]{36} was cancelled on ${MOMENT}`), ['at']],
  ['ended', new RegExp(`^filing [0-9a-f-]{36} ended on ${MOMENT}, before the works were seen`), ['at']],
  ['begins', new RegExp(`^filing [0-9a-f-]{36} begins on ${MOMENT}, long after the works were seen`), ['at']],
  ['away', new RegExp(`^filing [0-9a-f-]{36} lies ${NUMBER} m away`), ['far']],
  ['usual', new RegExp(`^${NUMBER}% of works near pipes are filed`), ['share']],
  ['compound', new RegExp(`^${NUMBER}% of works inside a compound, mostly below the threshold of permits are filed`), ['share']],
  ['no_area', new RegExp(`^seen ${NUMBER} m from a line or point without an area, to within ${NUMBER} m`), ['far', 'off']],
  ['inside', new RegExp(`^seen ${NUMBER} m inside the area filed, to within ${NUMBER} m`), ['far', 'off']],
  ['outside', new RegExp(`^seen ${NUMBER} m outside the area filed, to within ${NUMBER} m`), ['far', 'off']],
  ['early', new RegExp(`^seen before the period, which begins on ${MOMENT}`), ['at']],
  ['no_hours', /^seen within the period; no hours were filed/, []],
  ['in_hours', new RegExp(`^seen within the period and its hours, ${HOURS}`), ['opens', 'shuts']],
  ['off_hours', new RegExp(`^seen at (\\d\\d:\\d\\d), outside the hours filed, ${HOURS}`), ['at', 'opens', 'shuts']],
  ['no_type', /^the machine's type is not known/, []],
  ['named', /^(\w+) is among the machines filed/, ['type']],
  ['unnamed', /^(\w+) is not among the machines filed/, ['type']],
  ['takes', /^(\w+) takes (\w+); no machines were filed/, ['method', 'type']],
  ['takes_not', /^(\w+) does not take (\w+); no machines were filed/, ['method', 'type']],
  ['also', /^; /, []],
]

export function matchedParts(words: string): Part[] {
  return takenApart(words, PHRASES)
}

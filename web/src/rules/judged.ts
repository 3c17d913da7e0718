// The scene rules and the crop verifier give their figures in English; here each becomes words of the language at hand, as in reasons.ts.
import { takenApart, type Part, type Phrase } from './reasons.ts'

const NUMBER = '(\\d+(?:\\.\\d+)?)'
const PHRASES: Phrase[] = [
  ['no_permitted', /^no permitted works are known/, []],
  ['protected', /^papers silence nothing in the protection range/, []],
  ['no_place', /^its place is unknown/, []],
  ['within', /^within (.+)$/, ['key']],
  ['not_permitted', /^nothing is permitted there now/, []],
  ['no_site', /^no open site is known/, []],
  ['at_site', /^at site (.+)$/, ['key']],
  ['at_no_site', /^at no open site/, []],
  ['no_yard', /^no yard is known/, []],
  ['yard_until', /^until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC/, ['at']],
  ['at_no_yard', /^at no yard/, []],
  ['no_corridor', /^no corridor is drawn/, []],
  ['in_corridor', /^at least partly inside the drawn corridor/, []],
  ['out_of_corridor', new RegExp(`^outside the drawn corridor in ${NUMBER} of ${NUMBER} pictures`), ['n', 'all']],
  ['map_says', /^; the map says (protection|control)/, ['zone']],
  ['no_empty_scene', /^no empty scene is remembered/, []],
  ['not_in_empty', /^not there when the scene was empty/, []],
  ['in_empty', new RegExp(`^also there in ${NUMBER} pictures of the empty scene`), ['n']],
  ['no_time', /^the source tells no time/, []],
  ['seen_then_gone', new RegExp(`^seen over ${NUMBER} s, then in none of ${NUMBER} later pictures`), ['s', 'n']],
  ['seen_over', new RegExp(`^seen over ${NUMBER} s`), ['s']],
  ['not_gone', /^not known to be gone/, []],
  ['nobody_saw', /^nobody saw it/, []],
  ['moved_on', new RegExp(`^moved on by ${NUMBER} of its widths`), ['widths']],
  ['gone_after', new RegExp(`^gone after ${NUMBER} s`), ['s']],
  ['stands', /^stands at one place/, []],
  ['not_still', /^not known to have stood still for 3 h/, []],
  ['still', new RegExp(`^same box and look for ${NUMBER} h`), ['h']],
  ['no_before', /^no pictures of a day or a week before/, []],
  ['before', new RegExp(`^same box and look in ${NUMBER} pictures of a day or a week before`), ['n']],
  ['in_earlier', new RegExp(`^in ${NUMBER} earlier pictures`), ['n']],
  ['verifier', new RegExp(`^looks like a machine with ${NUMBER} to ${NUMBER} in ${NUMBER} crops, the gate is ${NUMBER}`), ['low', 'high', 'n', 'gate']],
  ['unjudged', /^nobody has judged it yet/, []],
]

export function judgedParts(words: string): Part[] {
  return takenApart(words, PHRASES)
}

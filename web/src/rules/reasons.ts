// The river gives its reasons in English sentences; here each becomes words of the language at hand. What is not known
// stays as it came: a reason may be strange, it must never be lost.
export interface Part {
  /** Key below `reason.` in the words, or null for text that stays. */
  key: string | null
  parts: Record<string, string>
}

export type Phrase = [key: string, pattern: RegExp, names: string[]]

const NUMBER = '(\\d+(?:\\.\\d+)?)'
const PHRASES: Phrase[] = [
  ['first', /^first seen here/, []],
  ['before', /^seen before/, []],
  ['same_place', new RegExp(`^same place ${NUMBER} m of ${NUMBER} m`), ['far', 'reach']],
  ['moved_far', new RegExp(`^moved, looks the same, ${NUMBER} m of ${NUMBER} m`), ['far', 'reach']],
  ['moved_widths', new RegExp(`^moved ${NUMBER} of its widths, looks the same`), ['widths']],
  ['same_box', new RegExp(`^same box in the picture \\(overlap ${NUMBER}\\)`), ['overlap']],
  ['twice', new RegExp(`^same object found twice in one picture \\(overlap ${NUMBER}\\)`), ['overlap']],
  ['same_site', new RegExp(`^same site, ${NUMBER} m from another machine there`), ['far']],
  ['beside_seen', /^(\w+) beside the machine, in the picture/, ['cls']],
  ['beside', new RegExp(`^(\\w+) beside the machine, ${NUMBER} m away`), ['cls', 'far']],
  ['other_camera', /^, seen by another camera/, []],
  ['apart_s', new RegExp(`^, ${NUMBER} s apart`), ['n']],
  ['apart_min', new RegExp(`^, ${NUMBER} min apart`), ['n']],
  ['apart_h', new RegExp(`^, ${NUMBER} h apart`), ['n']],
  ['look', new RegExp(`^, look ${NUMBER}/${NUMBER}`), ['one', 'needed']],
  ['bridged', /^; bridged: /, []],
  ['also', /^; /, []],
]

export function reasonParts(reason: string): Part[] {
  return takenApart(reason, PHRASES)
}

/** Phrase by phrase from the start; from the first word that no phrase knows, the rest stays as it is. */
export function takenApart(words: string, phrases: readonly Phrase[]): Part[] {
  const found: Part[] = []
  let rest = words
  while (rest !== '') {
    const hit = phrases.map(([key, pattern, names]) => ({ key, names, match: pattern.exec(rest) })).find((one) => one.match)
    if (!hit?.match) {
      found.push({ key: null, parts: { text: rest } })
      break
    }
    const { match, names, key } = hit
    found.push({ key, parts: Object.fromEntries(names.map((name, at) => [name, match[at + 1] ?? ''])) })
    rest = rest.slice(match[0].length)
  }
  return found
}

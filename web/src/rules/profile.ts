// What an expert says of themselves, as it is typed: tags one by one or many at once, a least price that may be left out.
import { tagsOf, yuanPlain } from './commission.ts'
import { unitsOf, unitsText } from './money.ts'

export const MOST_TAGS = 30
export const LONGEST_TAG = 30
export const LONGEST_NAME = 100

export interface Profile {
  employer: string
  job: string
  tags: string[]
  words: string
  available: boolean
  /** Least price of a call as typed; empty: any. */
  floor: string
  conflicts: string[]
}

export interface ProfileBody extends Omit<Profile, 'floor'> {
  price_floor: string | null
}

/** What the server keeps of a profile. */
export interface KnownProfile {
  employer: string
  job: string
  tags: string[]
  words: string
  available: boolean
  price_floor: { units: number } | null
}

export function emptyProfile(tags: string[] = []): Profile {
  return { employer: '', job: '', tags: [...tags], words: '', available: true, floor: '', conflicts: [] }
}

export function profileOf(known: KnownProfile, conflicts: string[]): Profile {
  const { employer, job, words, available, price_floor: floor } = known
  return { employer, job, tags: [...known.tags], words, available, floor: floor === null ? '' : yuanPlain(floor.units), conflicts: [...conflicts] }
}

/** Adds what was typed: parted by commas, stops and semicolons of either language; nothing twice, nothing too long, no more than fit. */
export function withTyped(before: readonly string[], typed: string, most = MOST_TAGS, longest = LONGEST_TAG): string[] {
  const named = tagsOf(typed).filter((one) => [...one].length <= longest)
  return [...new Set([...before, ...named])].slice(0, most)
}

/** What keeps a profile from being sent; null where nothing does. */
export function flawOf(one: Profile): 'employer' | 'job' | 'floor' | null {
  if (one.employer.trim() === '') return 'employer'
  if (one.job.trim() === '') return 'job'
  return one.floor.trim() !== '' && unitsOf(one.floor, 'CNY') === null ? 'floor' : null
}

export function bodyOf(one: Profile): ProfileBody {
  const { floor, ...rest } = one
  const units = unitsOf(floor, 'CNY')
  return {
    ...rest, employer: one.employer.trim(), job: one.job.trim(), words: one.words.trim(), price_floor: units === null ? null : unitsText(units, 'CNY'),
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allowedWrong, cardState, dayOf, endOfDay, eventKey, flawOf, inOrder, isEnded, isLive, judged, overflow, pays, share, STATES, tagsOf, whyKey, wholeOf, yuanPlain,
  type Draft, type PartState,
} from '../src/rules/commission.ts'

const NOW = Date.parse('2026-11-27T02:00:00Z')
const DRAFT: Draft = {
  title: '隐患图片标注', words: '标出隐患', tags: '标注，线下方式', online: false, tool: 'offline', budget: 194_680_000, price: 1_300, volume: 150_000, overlap: 1,
  due: '2026-12-31', sample: 50, wrong: 1, share: 95,
}

test("the deck's budget pays 149,753 of its 150,000 calls", () => {
  assert.deepEqual(pays(194_680_000, 1_300, 150_000), { calls: 149_753, short: 247, rest: 1_100 })
})

test('a budget that is more than is wanted leaves a rest, and one that fits leaves none', () => {
  assert.deepEqual(pays(200_000_000, 1_300, 150_000), { calls: 150_000, short: 0, rest: 5_000_000 })
  assert.deepEqual(pays(195_000_000, 1_300, 150_000), { calls: 150_000, short: 0, rest: 0 })
  assert.deepEqual(pays(1_299, 1_300, 5), { calls: 0, short: 5, rest: 1_299 })
})

test('a share is never rounded up into being whole', () => {
  assert.equal(share(149_753 / 150_000), '99.8\u00a0%')
  assert.equal(share(0.99999), '99.9\u00a0%')
  assert.equal(share(1), '100\u00a0%')
  assert.equal(share(0.3), '30\u00a0%')
  assert.equal(share(0.57), '57\u00a0%')
  assert.equal(share(0), '0\u00a0%')
})

test('tags are parted by every comma there is, each stands once', () => {
  assert.deepEqual(tagsOf('隐患排查治理、燃气安全，标注, 标注;线下方式\n'), ['隐患排查治理', '燃气安全', '标注', '线下方式'])
  assert.deepEqual(tagsOf(' ， '), [])
})

test('a due day ends in China, and reads back as the same day', () => {
  assert.equal(endOfDay('2025-10-31'), '2025-10-31T23:59:59+08:00')
  for (const day of ['2025-10-31', '2026-01-01', '2024-02-29']) assert.equal(dayOf(endOfDay(day)), day)
  assert.equal(dayOf('2025-10-31T16:00:00Z'), '2025-11-01')
  assert.equal(dayOf('soon'), '')
})

test('whole numbers are read with thousands and full width, and nothing else is', () => {
  assert.equal(wholeOf('150,000', 10_000_000), 150_000)
  assert.equal(wholeOf('１５', 20), 15)
  for (const text of ['', '0', '1.5', '1,5', '15,00', '-3', 'viele', '10000001']) assert.equal(wholeOf(text, 10_000_000), null, text)
})

test('a draft says what it lacks, one thing at a time', () => {
  assert.equal(flawOf(DRAFT, NOW), null)
  const cases: [Partial<Draft>, string][] = [
    [{ title: ' ' }, 'title'], [{ words: '' }, 'words'], [{ tags: '，' }, 'tags'], [{ tags: 'x'.repeat(31) }, 'tag_long'], [{ budget: null }, 'budget'],
    [{ price: null }, 'price'], [{ volume: null }, 'volume'], [{ budget: 1_299 }, 'too_little'], [{ overlap: null }, 'overlap'], [{ due: '' }, 'due'],
    [{ due: '2026-11-26' }, 'due_past'], [{ sample: null }, 'sample'], [{ wrong: null }, 'wrong'], [{ wrong: 50 }, 'wrong'], [{ share: null }, 'share'],
  ]
  for (const [change, flaw] of cases) assert.equal(flawOf({ ...DRAFT, ...change }, NOW), flaw)
  assert.equal(flawOf({ ...DRAFT, due: '2026-11-27' }, NOW), null, 'today has not ended yet')
  assert.equal(flawOf({ ...DRAFT, tags: Array.from({ length: 31 }, (_, n) => `t${n}`).join(',') }, NOW), 'tags')
})

test('of a small delivery a share of the wrong ones is allowed, rounded down', () => {
  const rule = { sample: 50, wrong: 3 }
  assert.equal(allowedWrong(rule, 50), 3)
  assert.equal(allowedWrong(rule, 33), 1)
  assert.equal(allowedWrong(rule, 16), 0)
  assert.equal(allowedWrong({ sample: 10, wrong: 1 }, 10), 1)
})

test('a sample comes out as the rule says, once everything is said', () => {
  const rule = { sample: 4, wrong: 1 }
  const right = { right: true, reason: '' }
  assert.deepEqual(judged([right, { right: null, reason: '' }], rule), { unsaid: 1, unreasoned: 0, wrong: 0, allowed: 0, good: true })
  assert.deepEqual(judged([right, right, right, { right: false, reason: ' ' }], rule), { unsaid: 0, unreasoned: 1, wrong: 1, allowed: 1, good: true })
  const bad = { right: false, reason: '漏标' }
  assert.deepEqual(judged([right, right, bad, bad], rule), { unsaid: 0, unreasoned: 0, wrong: 2, allowed: 1, good: false })
})

test('what waits for the client stands first', () => {
  const part = (state: PartState, day: string): { engagement: { state: PartState; made_at: string } } => ({ engagement: { state, made_at: `2026-11-${day}T00:00:00Z` } })
  const sorted = inOrder([part('left', '01'), part('begun', '03'), part('applied', '05'), part('begun', '02'), part('done', '01'), part('offered', '01')])
  assert.deepEqual(sorted.map((one) => `${one.engagement.state} ${one.engagement.made_at.slice(8, 10)}`), ['applied 05', 'begun 02', 'begun 03', 'offered 01', 'done 01', 'left 01'])
})

test('tags that do not fit become a number', () => {
  assert.deepEqual(overflow(['a', 'b', 'c'], 2), { shown: ['a', 'b'], more: 1 })
  assert.deepEqual(overflow(['a'], 2), { shown: ['a'], more: 0 })
})

test('who was not asked has a state of their own', () => {
  assert.equal(cardState(null), 'unasked')
  assert.equal(cardState({ state: 'done' }), 'done')
})

test('the house writes codes where people write reasons', () => {
  assert.equal(whyKey('accepted'), 'accepted')
  assert.equal(whyKey('手上没有图了'), null)
})

test('what a later server tells has a word, too', () => {
  assert.equal(eventKey('delivery_rejected'), 'delivery_rejected')
  assert.equal(eventKey('sold'), 'other')
})

test('every state is live, ended, or a draft', () => {
  assert.deepEqual(STATES.filter((one) => !isLive(one) && !isEnded(one)), ['draft'])
  assert.deepEqual(STATES.filter((one) => isLive(one) && isEnded(one)), [])
})

test('a price goes back into its field as it was typed', () => {
  assert.equal(yuanPlain(1_300), '0.13')
  assert.equal(yuanPlain(194_680_000), '19468')
  assert.equal(yuanPlain(1_325), '0.1325')
})

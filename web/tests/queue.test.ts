import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOf, outcomeOf, pauseMs, shrunk, unsentOf, wakeAt, type DraftHead, type Line } from '../src/rules/queue.ts'

const LINE: Line = { online: true, person: 'p1', now: 1000 }
function draft(n: number, more: Partial<DraftHead> = {}): DraftHead {
  return { n, id: `d${n}`, state: 'waits', open: true, person: null, urgent: false, notBefore: 0, tries: 0, faults: 0, ...more }
}
const next = (drafts: DraftHead[], line: Partial<Line> = {}): number | null => nextOf(drafts, { ...LINE, ...line })?.n ?? null

test('the oldest goes first, whatever order the store gives them in', () => {
  assert.equal(next([draft(3), draft(1), draft(2)]), 1)
})

test('nothing goes without a line, and nothing is asked for', () => {
  assert.equal(next([draft(1)], { online: false }), null)
  assert.equal(wakeAt([draft(1)], { ...LINE, online: false }), null)
})

test('one that waits holds up those behind it: order is kept', () => {
  const drafts = [draft(1, { notBefore: 5000, tries: 3 }), draft(2)]
  assert.equal(next(drafts), null)
  assert.equal(next(drafts, { now: 5000 }), 1)
})

test('one that the server always fails on steps aside', () => {
  const drafts = [draft(1, { notBefore: 5000, faults: 4 }), draft(2)]
  assert.equal(next(drafts), 2)
  assert.equal(next(drafts, { now: 5000 }), 1)
})

test('a refused one holds nobody up and is not sent again by itself', () => {
  assert.equal(next([draft(1, { state: 'refused' }), draft(2)]), 2)
  assert.equal(next([draft(1, { state: 'refused' })]), null)
  assert.equal(wakeAt([draft(1, { state: 'refused' })], LINE), null)
})

test('danger goes before what waits', () => {
  assert.equal(next([draft(1), draft(2, { urgent: true })]), 2)
  assert.equal(next([draft(1, { notBefore: 9000 }), draft(2, { urgent: true })]), 2)
})

test('what somebody made signed in goes only while that person is', () => {
  const mine = draft(1, { open: false, person: 'p1' })
  assert.equal(next([mine]), 1)
  assert.equal(next([mine], { person: 'p2' }), null)
  assert.equal(next([mine], { person: null }), null)
  assert.equal(next([mine, draft(2)], { person: null }), 2, 'it holds up nobody who needs no account')
  assert.equal(next([draft(1, { open: false, person: null })], { person: null }), null)
})

test('the next look is when the first may go', () => {
  const drafts = [draft(1, { notBefore: 5000 }), draft(2, { notBefore: 3000 }), draft(3, { open: false, person: 'p2' })]
  assert.equal(wakeAt(drafts, LINE), 3000)
  assert.equal(wakeAt([draft(1, { notBefore: 10 })], LINE), 1000)
  assert.equal(wakeAt([], LINE), null)
})

test('201 and 200 are both sent: the same draft twice is one', () => {
  for (const status of [200, 201, 202, 204]) assert.deepEqual(outcomeOf(status, 0, 0, 0, 0), { to: 'sent' })
})

test('no answer, too many and a failing server wait; only the last is its fault', () => {
  for (const status of [0, 408, 425, 429, 503]) {
    const got = outcomeOf(status, 0, 0, 1000, 1)
    assert.deepEqual(got, { to: 'again', notBefore: 3000, fault: false }, String(status))
  }
  assert.deepEqual(outcomeOf(500, 0, 0, 1000, 1), { to: 'again', notBefore: 3000, fault: true })
  assert.deepEqual(outcomeOf(502, 0, 0, 1000, 1), { to: 'again', notBefore: 3000, fault: true })
})

test('what the server says of waiting is kept to, and never shortens the pause', () => {
  assert.deepEqual(outcomeOf(429, 90, 0, 0, 0), { to: 'again', notBefore: 90_000, fault: false })
  assert.deepEqual(outcomeOf(429, 1, 4, 0, 1), { to: 'again', notBefore: 32_000, fault: false })
})

test('401 keeps it for its maker; every other refusal needs a person', () => {
  assert.deepEqual(outcomeOf(401, 0, 0, 0, 0), { to: 'signed-out' })
  for (const status of [400, 403, 404, 409, 413, 415, 422]) assert.deepEqual(outcomeOf(status, 0, 0, 0, 0), { to: 'refused' }, String(status))
})

test('pauses grow, end at five minutes, and are spread', () => {
  const full = Array.from({ length: 14 }, (_, tries) => pauseMs(tries, 1))
  for (const [at, pause] of full.entries()) assert.ok(at === 0 || pause >= full[at - 1]!)
  assert.equal(full[0], 2000)
  assert.equal(full.at(-1), 300_000)
  assert.equal(pauseMs(3, 0), pauseMs(3, 1) / 2)
})

test('the count says how many wait, how many need a person, and since when', () => {
  assert.deepEqual(unsentOf([]), { waiting: 0, refused: 0, since: null })
  const drafts = [{ state: 'waits', madeAt: 50 }, { state: 'refused', madeAt: 20 }, { state: 'waits', madeAt: 70 }] as const
  assert.deepEqual(unsentOf(drafts), { waiting: 2, refused: 1, since: 20 })
})

test('a picture is drawn smaller, never larger, and keeps its shape', () => {
  assert.deepEqual(shrunk(5120, 3840, 2560), { width: 2560, height: 1920 })
  assert.deepEqual(shrunk(3000, 6000, 2560), { width: 1280, height: 2560 })
  assert.equal(shrunk(2560, 100, 2560), null)
  assert.equal(shrunk(0, 0, 2560), null)
  assert.deepEqual(shrunk(100_000, 3, 2560), { width: 2560, height: 1 })
})

test('whatever happens in whatever order, each draft ends sent once or in a list that a person sees', () => {
  let seed = 7
  const dice = (): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed / 2147483648
  }
  for (let round = 0; round < 300; round += 1) {
    let drafts = Array.from({ length: 1 + Math.floor(dice() * 12) }, (_, n) => draft(n, { open: dice() < 0.6, person: 'p1', urgent: dice() < 0.1 }))
    const all = drafts.length
    const sent: number[] = []
    const refused: number[] = []
    let now = 0
    for (let step = 0; step < 4000 && drafts.some((one) => one.state === 'waits'); step += 1) {
      now += 1000
      const line: Line = { online: dice() < 0.7, person: dice() < 0.5 ? 'p1' : null, now }
      const one = nextOf(drafts, line)
      if (one === null) continue
      const older = drafts.filter((other) => other.state === 'waits' && other.n < one.n && other.open && one.open && !one.urgent && other.faults < 4)
      assert.deepEqual(older, [], 'none that may go is overtaken')
      const status = [201, 201, 0, 500, 503, 429, 422, 401][Math.floor(dice() * 8)]!
      const got = outcomeOf(status, 0, one.tries, now, dice())
      if (got.to === 'sent') {
        sent.push(one.n)
        drafts = drafts.filter((other) => other !== one)
      } else if (got.to === 'refused') {
        one.state = 'refused'
        refused.push(one.n)
      } else if (got.to === 'again') {
        one.notBefore = got.notBefore
        one.tries += 1
        if (got.fault) one.faults += 1
      }
    }
    assert.equal(new Set([...sent, ...refused]).size, all, 'none is lost')
    assert.equal(sent.length + refused.length, all, 'none is sent twice')
  }
})

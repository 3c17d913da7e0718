import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GROUPS, readHidden, showsAlarm, sourceOf, turned, word, writeHidden } from '../src/rules/mapview.ts'
import type { Alarm } from '../src/api/kinds.ts'

const alarm = (zone: string, streams: string[]): Pick<Alarm, 'network' | 'streams'> =>
  ({ network: { zone }, streams }) as unknown as Pick<Alarm, 'network' | 'streams'>

test('what is hidden goes into an address and comes back, and what is not known hides nothing', () => {
  const hidden = turned(turned(new Set(), 'class', 'low'), 'level', '4')
  assert.equal(writeHidden(hidden), 'class.low level.4')
  assert.deepEqual(readHidden(writeHidden(hidden)), hidden)
  assert.deepEqual(readHidden('class.low class.none level.9 <b>'), new Set(['class.low']))
  for (const odd of [undefined, null, 3, ['class.low'], '']) assert.equal(readHidden(odd).size, 0)
})

test('turning twice is as before', () => {
  for (const [group, names] of Object.entries(GROUPS)) {
    for (const name of names) {
      const once = turned(new Set(), group as keyof typeof GROUPS, name)
      assert.deepEqual([...once], [word(group as keyof typeof GROUPS, name)])
      assert.equal(turned(once, group as keyof typeof GROUPS, name).size, 0)
    }
  }
})

test('a stream says who told it', () => {
  assert.equal(sourceOf('cam-11'), 'camera')
  assert.equal(sourceOf('person:test'), 'person')
  assert.equal(sourceOf('report:9'), 'report')
  assert.equal(sourceOf('martian:9'), 'camera', 'who is not known is not lost with a filter on others')
})

test('an alarm is left out by its level, its standing, or when all that told it are', () => {
  const one = alarm('control', ['cam-1', 'person:2'])
  assert.ok(showsAlarm(new Set(), one, 'open'))
  assert.ok(!showsAlarm(new Set(['level.2']), one, 'open'))
  assert.ok(showsAlarm(new Set(['level.1']), one, 'open'))
  assert.ok(!showsAlarm(new Set(['standing.open']), one, 'open'))
  assert.ok(showsAlarm(new Set(['source.camera']), one, 'open'), 'a person told it too')
  assert.ok(!showsAlarm(new Set(['source.camera', 'source.person']), one, 'open'))
  assert.ok(!showsAlarm(new Set(['layer.alarms']), one, 'open'))
  assert.ok(showsAlarm(new Set(['source.camera']), alarm('outside', []), 'taken'))
})

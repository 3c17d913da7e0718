import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, emptyProfile, flawOf, profileOf, withTyped } from '../src/rules/profile.ts'

test('tags are typed one by one or many at once', () => {
  assert.deepEqual(withTyped(['燃气安全'], ' 标注，隐患图片、标注; a tag\n'), ['燃气安全', '标注', '隐患图片', 'a tag'])
  assert.deepEqual(withTyped(['甲'], ' ，, '), ['甲'])
})

test('what is too long or too many is left out, and a sign beyond the first plane is one', () => {
  assert.deepEqual(withTyped([], 'abcd,abc', 30, 3), ['abc'])
  assert.deepEqual(withTyped([], '𠮷𠮷𠮷', 30, 3), ['𠮷𠮷𠮷'])
  assert.deepEqual(withTyped(['a', 'b'], 'c,d', 3), ['a', 'b', 'c'])
})

test('employer and job are needed, a price may be left out', () => {
  const one = { ...emptyProfile(['标注']), employer: ' ', job: '工程师' }
  assert.equal(flawOf(one), 'employer')
  assert.equal(flawOf({ ...one, employer: '廊坊燃气', job: '' }), 'job')
  assert.equal(flawOf({ ...one, employer: '廊坊燃气' }), null)
  for (const floor of ['0', '-1', '一毛', '0.12345']) assert.equal(flawOf({ ...one, employer: '廊坊燃气', floor }), 'floor', floor)
})

test('a profile comes back as it was sent', () => {
  const typed = { ...emptyProfile(['标注']), employer: ' 廊坊燃气 ', job: '技术专员', words: ' 八年 ', floor: '0.13', conflicts: ['新奥'] }
  const body = bodyOf(typed)
  assert.deepEqual(body, {
    employer: '廊坊燃气', job: '技术专员', tags: ['标注'], words: '八年', available: true, price_floor: '0.1300', conflicts: ['新奥'],
  })
  const back = profileOf({ ...body, price_floor: { units: 1300 } }, body.conflicts)
  assert.deepEqual(bodyOf(back), body)
  assert.equal(back.floor, '0.13')
  assert.equal(profileOf({ ...body, price_floor: { units: 20_000 } }, []).floor, '2')
  assert.equal(bodyOf(profileOf({ ...body, price_floor: null }, [])).price_floor, null)
})

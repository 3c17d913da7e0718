import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  amount, cashFor, fenOf, fenText, monthOf, monthsBack, ofFen, points, saidUnits, signed, unitsOf, unitsText, UNITS_PER_FEN, UNITS_PER_YUAN, whyNot, wholeFen, yuan,
} from '../src/rules/money.ts'

test('cash has two decimals, and more only where they say something', () => {
  assert.equal(yuan(0), '0.00')
  assert.equal(yuan(80_000), '8.00')
  assert.equal(yuan(5_000), '0.50')
  assert.equal(yuan(1_300), '0.13')
  assert.equal(yuan(1_325), '0.1325')
  assert.equal(yuan(1_320), '0.132')
  assert.equal(yuan(1), '0.0001')
  assert.equal(yuan(10), '0.001')
  assert.equal(yuan(194_680_000), '19,468.00')
  assert.equal(yuan(1_234_567_8900), '1,234,567.89')
})

test('what is owed carries a minus, never a hyphen', () => {
  assert.equal(yuan(-5_000), '\u22120.50')
  assert.equal(yuan(-12_345_600), '\u22121,234.56')
  assert.equal(points(-1234), '\u22121,234')
  assert.equal(yuan(-0), '0.00')
})

test('points are whole', () => {
  assert.equal(points(0), '0')
  assert.equal(points(999), '999')
  assert.equal(points(1000), '1,000')
  assert.equal(amount('PTS', 1_234_567), '1,234,567')
  assert.equal(amount('CNY', 10_000), '1.00')
})

test('entries read as on the deck: +0.5, +50', () => {
  assert.equal(signed('CNY', 5_000), '+0.5')
  assert.equal(signed('PTS', 50), '+50')
  assert.equal(signed('CNY', 80_000), '+8')
  assert.equal(signed('CNY', -123_456_700), '\u221212,345.67')
  assert.equal(signed('PTS', -1_000), '\u22121,000')
  assert.equal(signed('CNY', 1), '+0.0001')
})

test('what was typed in yuan becomes fen without a float', () => {
  for (const [text, fen] of [
    ['12.50', 1250], ['12.5', 1250], ['12', 1200], ['12.', 1200], ['0.1', 10], ['0.29', 29], ['1.15', 115], ['4.35', 435], [' 8 ', 800],
    ['1,234.50', 123450], ['1,234,567', 123456700], ['007', 700], ['１２．５', 1250], ['１２。５０', 1250], ['0.10000', 10], ['99999999999.99', 9_999_999_999_999],
  ] as const) assert.equal(fenOf(text), fen, text)
})

test('what is no amount, is nothing, or is finer than a fen is refused', () => {
  for (const text of ['', ' ', '0', '0.00', '-1', '+1', '1.005', '0.001', '1e3', '1 2', 'abc', '.', '.5', '1.2.3', '12,50', '1,23', '1,2345', '0x10', '∞', 'NaN', '100000000000']) {
    assert.equal(fenOf(text), null, text)
  }
})

test('every fen up to a thousand yuan comes back as it was written', () => {
  for (let fen = 1; fen <= 100_000; fen += 1) {
    const text = fenText(fen)
    assert.equal(fenOf(text), fen)
    assert.match(text, /^\d+\.\d\d$/)
  }
})

test('budgets are typed to four decimals, points whole', () => {
  assert.equal(unitsOf('0.13', 'CNY'), 1_300)
  assert.equal(unitsOf('0.1325', 'CNY'), 1_325)
  assert.equal(unitsOf('19468', 'CNY'), 194_680_000)
  assert.equal(unitsOf('0.00001', 'CNY'), null)
  assert.equal(unitsOf('50', 'PTS'), 50)
  assert.equal(unitsOf('50.5', 'PTS'), null)
  assert.equal(unitsOf('50.0', 'PTS'), 50)
  assert.equal(unitsText(1_300, 'CNY'), '0.1300')
  assert.equal(unitsText(194_680_000, 'CNY'), '19468.0000')
  assert.equal(unitsText(50, 'PTS'), '50')
  for (const units of [1, 9_999, 10_000, 123_456_789]) assert.equal(unitsOf(unitsText(units, 'CNY'), 'CNY'), units)
})

test('what the server says is read with its sign', () => {
  assert.equal(saidUnits('0.1300', 'CNY'), 1_300)
  assert.equal(saidUnits('-12.0000', 'CNY'), -120_000)
  assert.equal(saidUnits('+0.5000', 'CNY'), 5_000)
  assert.equal(saidUnits('0.0000', 'CNY'), 0)
  assert.equal(saidUnits('12.50', 'CNY'), 125_000)
  assert.equal(saidUnits('-50', 'PTS'), -50)
  assert.equal(saidUnits('+50', 'PTS'), 50)
  assert.equal(saidUnits('', 'CNY'), 0)
  for (const units of [-99_999, -1, 0, 1, 1_000_000]) assert.equal(saidUnits((units < 0 ? '-' : '') + unitsText(Math.abs(units), 'CNY'), 'CNY'), units)
})

test('a wallet pays out whole fen, the rest stays in it', () => {
  assert.equal(wholeFen(1_399), 13)
  assert.equal(wholeFen(99), 0)
  assert.equal(wholeFen(1_400), 14)
  assert.equal(ofFen(13), '0.13')
  assert.equal(ofFen(1), '0.01')
  assert.equal(ofFen(123_456), '1,234.56')
  assert.equal(UNITS_PER_YUAN / UNITS_PER_FEN, 100)
})

test('points become cash exactly', () => {
  assert.equal(cashFor(100, 100), 10_000)
  assert.equal(cashFor(1, 100), 100)
  assert.equal(yuan(cashFor(150, 100)), '1.50')
  assert.equal(cashFor(10_000, 100), 1_000_000)
  assert.equal(cashFor(7, 10_000), 7)
})

test('what cannot be withdrawn is said before it is asked, the first reason first', () => {
  const bounds = { least: 10, most: 500_000, dayLeft: 1_000_000, left: 900_000 }
  assert.equal(whyNot(10, bounds), null)
  assert.equal(whyNot(500_000, bounds), null)
  assert.equal(whyNot(null, bounds), 'none')
  assert.equal(whyNot(9, bounds), 'few')
  assert.equal(whyNot(500_001, bounds), 'many')
  assert.equal(whyNot(900_001, bounds), 'balance')
  assert.equal(whyNot(600, { ...bounds, dayLeft: 599 }), 'day')
  assert.equal(whyNot(599, { ...bounds, dayLeft: 599 }), null)
  assert.equal(whyNot(600, bounds, 0), 'count')
  assert.equal(whyNot(600, { ...bounds, left: 0 }), 'balance')
})

test('months are the house\'s own: it is already December in China', () => {
  assert.equal(monthOf(Date.parse('2026-11-30T15:59:59Z')), '2026-11')
  assert.equal(monthOf(Date.parse('2026-11-30T16:00:00Z')), '2026-12')
  assert.deepEqual(monthsBack(Date.parse('2026-02-01T00:00:00Z'), 4), ['2026-02', '2026-01', '2025-12', '2025-11'])
  assert.equal(monthsBack(0, 13).at(-1), '1969-01')
})

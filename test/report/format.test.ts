import { describe, expect, test } from 'vitest'
import {
  amount,
  amountDigits,
  date,
  duration,
  figureText,
  price,
  quantity,
  signedPercent,
} from '../../src/report/format.ts'

/** A narrow space that does not break. */
const NB = '\u202f'

describe('numbers for people', () => {
  test.each([
    [0.1234, `+12.34${NB}%`],
    [-0.1234, `−12.34${NB}%`],
    [0, `0.00${NB}%`],
    [0.00004, `0.00${NB}%`],
    [-0.00004, `0.00${NB}%`],
    [12.3456, `+1${NB}234.56${NB}%`],
    [null, '–'],
  ])('%s as a signed percentage is %s: what rounds to nothing has no sign', (value, text) => {
    expect(signedPercent(value)).toBe(text)
  })

  test.each([
    [28415.45, `28${NB}415.45`],
    [100000, `100${NB}000.00`],
    [3.5, '3.50'],
    [0.08123456, '0.0812346'],
    [0.00001234, '0.00001234'],
  ])('a price of %s is %s: six digits and at least two decimals', (value, text) => {
    expect(price(value)).toBe(text)
  })

  test.each([
    [0.1, '0.1'],
    [3, '3'],
    [1200, `1${NB}200`],
    [0.00001, '0.00001'],
    [2.1767, '2.1767'],
  ])('a quantity of %s is %s: no zeros at its end', (value, text) => {
    expect(quantity(value)).toBe(text)
  })

  test('amounts have cents where an account holds thousands and satoshis where it holds a bitcoin', () => {
    expect([10_000, 500, 1, 0.01, 1e12].map(amountDigits)).toEqual([2, 3, 6, 8, 2])
    expect(amount(0.00123456, { cash: 1 })).toBe('0.001235')
    expect(amount(-1234.567, { cash: 10_000 })).toBe(`−1${NB}234.57`)
  })

  test('a small amount keeps three digits among the figures', () => {
    const account = { cash: 10_000, quote: 'USDT' }
    expect(figureText(0.0812, 'quote', account)).toBe('0.0812 USDT')
    expect(figureText(0, 'quote', account)).toBe('0.00 USDT')
    expect(figureText(12.5, 'quote', account)).toBe('12.50 USDT')
  })

  test('times are as long as they have to be', () => {
    const hour = 3_600_000
    expect(date(Date.UTC(2024, 0, 5))).toBe('2024-01-05')
    expect(date(Date.UTC(2024, 0, 5, 4))).toBe('2024-01-05 04:00')
    expect([60_000, 90 * 60_000, 3 * hour, 3.25 * hour, 10 * 24 * hour, 1000 * 24 * hour].map(duration)).toEqual([
      '1 minute',
      '90 minutes',
      '3 hours',
      '3.3 hours',
      '10 days',
      '2.7 years',
    ])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  barsBetween, closeTimeOf, DAY, INTERVALS, type Interval, intervalMs, isInterval, openTimeOf,
} from '../../src/core/interval.ts' // biome-ignore format: one line of names

/** 1990 to 2090. */
const times = fc.integer({ min: Date.UTC(1990), max: Date.UTC(2090) })
const intervals = fc.constantFrom(...INTERVALS)
const utc = (text: string) => Date.parse(`${text}Z`)

test('the intervals are the documented ones, finest first', () => {
  expect(INTERVALS).toEqual('1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M'.split(' '))
  const lengths = INTERVALS.map(intervalMs)
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
})

test('isInterval tells minutes from months and knows nothing else', () => {
  expect(INTERVALS.every(isInterval)).toBe(true)
  for (const text of ['', '1', 'm', '1H', '1D', '2m', '1mo', '60m', ' 1h', 'toString', '__proto__'])
    expect(isInterval(text)).toBe(false)
})

describe('the UTC grid', () => {
  test('every moment lies in exactly one bar, and bars follow one another without a gap', () => {
    fc.assert(
      fc.property(times, intervals, (time, interval) => {
        const open = openTimeOf(time, interval)
        const close = closeTimeOf(open, interval)
        expect(open <= time && time < close).toBe(true)
        expect(openTimeOf(open, interval)).toBe(open)
        expect(openTimeOf(close - 1, interval)).toBe(open)
        expect(openTimeOf(close, interval)).toBe(close)
      }),
      { numRuns: 1000 },
    )
  })

  test('days, weeks and months begin where a calendar says', () => {
    fc.assert(
      fc.property(times, (time) => {
        const date = new Date(time)
        const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
        expect(openTimeOf(time, '1d')).toBe(midnight)
        expect(openTimeOf(time, '1M')).toBe(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1))
        // getUTCDay counts from Sunday; exchanges' weeks begin on Mondays
        expect(openTimeOf(time, '1w')).toBe(midnight - ((date.getUTCDay() + 6) % 7) * DAY)
      }),
    )
  })

  test.each([
    ['1h', '2023-03-24T12:40:00', '2023-03-24T12:00:00', '2023-03-24T13:00:00'],
    ['4h', '2023-03-24T12:40:00', '2023-03-24T12:00:00', '2023-03-24T16:00:00'],
    ['8h', '2023-03-24T12:40:00', '2023-03-24T08:00:00', '2023-03-24T16:00:00'],
    ['1w', '2024-02-29T23:59:59', '2024-02-26T00:00:00', '2024-03-04T00:00:00'],
    ['1w', '2017-08-17T04:00:00', '2017-08-14T00:00:00', '2017-08-21T00:00:00'],
    ['1M', '2024-02-29T23:59:59', '2024-02-01T00:00:00', '2024-03-01T00:00:00'],
    ['1M', '2023-12-31T23:59:59', '2023-12-01T00:00:00', '2024-01-01T00:00:00'],
  ] as const)('%s: %s lies in the bar from %s to %s', (interval, at, open, close) => {
    expect(openTimeOf(utc(at), interval)).toBe(utc(open))
    expect(closeTimeOf(utc(open), interval)).toBe(utc(close))
  })
})

describe('barsBetween', () => {
  test('counts the steps from one open to the other', () => {
    fc.assert(
      fc.property(times, intervals, fc.nat(60), (time, interval, steps) => {
        const from = openTimeOf(time, interval)
        let to = from
        for (let k = 0; k < steps; k++) to = closeTimeOf(to, interval)
        expect(barsBetween(from, to, interval)).toBe(steps)
      }),
    )
  })

  test.each([
    ['2023-12-01', '2024-03-01', '1M', 3],
    ['2023-03-24T12:40', '2023-03-24T14:00', '1m', 80],
  ])('from %s to %s are bars of %s: %d', (from, to, interval, count) => {
    const at = (text: string) => Date.parse(text.length === 10 ? text : `${text}Z`)
    expect(barsBetween(at(from), at(to), interval as Interval)).toBe(count)
  })
})

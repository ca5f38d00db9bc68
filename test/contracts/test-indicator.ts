import { describe, expect, test } from 'vitest'
import { BAR_FIELDS, type Bar, type BarField, type Bars, sliceBars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import { batchColumns, RingColumns, streamIndicators } from '../../src/indicators/index.ts'
import { market, stillMarket, withColumns } from '../indicators/market.ts'

/** What the contract must be told of an indicator. */
export interface IndicatorCase {
  /** As exported. */
  readonly name: string
  /** Several sets of parameters and sources; no two of them may have one key. */
  readonly variants: readonly Indicator[]
  /** Calls that must be refused, and what the message must quote. */
  readonly refused: readonly (readonly [call: () => unknown, quoted: string])[]
  /**
   * What every output of every variant is, to the bit, in a market that has always stood still at this price; `null` for a
   * clock, which goes on there.
   */
  readonly still: ((price: number) => Readonly<Record<string, number>>) | null
  /** The same in such a market in which nobody trades, where that differs. */
  readonly idle?: (price: number) => Readonly<Record<string, number>>
  /** Bounds that no value leaves. */
  readonly range?: readonly [least: number, most: number]
  /**
   * How far back a value looks: `window`: not beyond the lookback; `fading`: to the beginning, ever more faintly; `path`:
   * to the beginning.
   */
  readonly memory: 'window' | 'fading' | 'path'
  /** Set where time matters, not only the order of bars. */
  readonly readsTime?: true
  /** The same with all its periods about `period`, so that the work a bar can be compared; absent where it has none. */
  readonly withPeriod?: (period: number) => Indicator
}

/** More than two of the stretches in which a batch is computed, and not a whole number of them. */
const ROWS = 2_500

/** More than two turns of a ring of 8192 rows. */
const RING_ROWS = 17_000

/** Prices and volumes a million times those that come after. */
const wildPast = scaled(market(20, 777, { swing: 0.5 }), 1e6)

/** What every indicator owes; run by each of them. The work a bar is counted in test/indicators/work.test.ts. */
export function testIndicator(it: IndicatorCase): void {
  describe(it.name, () => {
    test('is described completely, and by a key of its own for every set of parameters', () => {
      expect(it.variants.length).toBeGreaterThan(0)
      expect(new Set(it.variants.map(({ key }) => key)).size).toBe(it.variants.length)
      for (const indicator of it.variants) {
        expect(Object.isFrozen(indicator)).toBe(true)
        expect(indicator.lookback).toBeGreaterThanOrEqual(1)
        expect(Number.isInteger(indicator.lookback)).toBe(true)
        expect(indicator.inputs.length).toBeLessThanOrEqual(5)
        expect(indicator.outputs.length).toBeGreaterThan(0)
      }
    })

    test.each(named(it))('%s: no value before its lookback, a number from there on', (_, indicator) => {
      const bars = market(1, indicator.lookback + 400)
      eachOutput(indicator, bars, (column, output) => {
        const wrong = column.findIndex((value, row) => Number.isFinite(value) !== row >= indicator.lookback - 1)
        expect(wrong, `${output} at this row is ${column[wrong]}, lookback ${indicator.lookback}`).toBe(-1)
      })
      const tooFew = sliceBars(bars, 0, indicator.lookback - 1)
      eachOutput(indicator, tooFew, (column) => expect(column.every(Number.isNaN)).toBe(true))
    })

    test.each(named(it))('%s: the stream gives what the batch gives, bit for bit', (_, indicator) => {
      const bars = market(2, ROWS)
      const streamed = stream(indicator, bars)
      eachOutput(indicator, bars, (column, output) => expectSame(streamed[output]!, column, output))
    })

    test.each(named(it))(
      '%s: the ring of a run holds what the batch has, this row and the one before',
      (_, indicator) => {
        const bars = market(2, RING_ROWS)
        const ring = new RingColumns({ it: indicator }, bars)
        const whole = columnsOf(indicator, bars)
        let end = 0
        for (let row = 0; row < bars.length; row++) {
          if (row >= end) end = ring.fillTo(row)
          for (const output of indicator.outputs)
            for (const at of row === 0 ? [0] : [row - 1, row])
              if (!Object.is(ring.columns.it[output]![at & ring.mask], whole[output]![at]))
                expect.fail(`${output} at row ${at}, cursor at ${row}: ${ring.columns.it[output]![at & ring.mask]}`)
        }
      },
    )

    test.each(named(it).filter(([, { inputs }]) => inputs.every((input) => typeof input === 'string')))(
      '%s: a kernel stepped by hand gives it, too',
      (_, indicator) => {
        const bars = market(2, 300 + indicator.lookback)
        const fields = indicator.inputs as readonly BarField[]
        const arePrices = fields.some((field) => field !== 'volume' && field !== 'openTime')
        const kernel = indicator.create({ decimals: arePrices ? bars.priceDecimals : null })
        const columns = columnsOf(indicator, bars)
        for (let row = 0; row < bars.length; row++) {
          const [a = 0, b = 0, c = 0, d = 0, e = 0] = fields.map((field) => bars[field][row]!)
          kernel.next(a, b, c, d, e)
          for (const output of indicator.outputs)
            sameAt((kernel as unknown as Record<string, number>)[output], columns[output]![row], output, row)
        }
      },
    )

    test.each(named(it))('%s: cutting off the future changes nothing before the cut', (_, indicator) => {
      const bars = market(3, ROWS)
      const whole = columnsOf(indicator, bars)
      for (const cut of [1, indicator.lookback, indicator.lookback + 7, 1023, 1024, 1025, 2047, ROWS - 1])
        eachOutput(indicator, sliceBars(bars, 0, cut), (column, output) =>
          expectSame(column, whole[output]!.subarray(0, cut), `${output} cut at ${cut}`),
        )
    })

    test.each(named(it))('%s: two at once do not share their state', (_, indicator) => {
      const [a, b] = [market(4, 300), market(5, 300, { price: 7 })]
      const [first, second] = [streamIndicators({ it: indicator }, 2), streamIndicators({ it: indicator }, 2)]
      const [alone, other] = [columnsOf(indicator, a), columnsOf(indicator, b)]
      for (let row = 0; row < a.length; row++) {
        first.push(barAt(a, row))
        second.push(barAt(b, row))
        for (const output of indicator.outputs) {
          sameAt(first.value('it', output), alone[output]![row], output, row)
          sameAt(second.value('it', output), other[output]![row], output, row)
        }
      }
    })

    test.each(named(it))('%s: leaves its input as it was and owns its columns', (_, indicator) => {
      const bars = market(6, 300)
      const before = BAR_FIELDS.map((field) => bars[field].slice())
      const once = columnsOf(indicator, bars)
      for (const [k, field] of BAR_FIELDS.entries()) expectSame(bars[field], before[k]!, field)
      const copies = indicator.outputs.map((output) => once[output]!.slice())
      for (const output of indicator.outputs) once[output]!.fill(-1)
      const again = columnsOf(indicator, bars)
      for (const [k, output] of indicator.outputs.entries()) expectSame(again[output]!, copies[k]!, output)
    })

    if (it.refused.length > 0)
      test('refuses bad parameters and quotes them', () => {
        for (const [call, quoted] of it.refused) {
          expect(call, quoted).toThrow(RangeError)
          expect(call).toThrow(`${quoted}`)
        }
      })

    // 0.1, 0.7 and 29.99 are doubles that running sums are known to miss
    const { still, idle = still } = it
    if (still !== null)
      test.each([0.1, 0.7, 29.99, 65_432.1, 100])('a market that stands still at %d', (price) => {
        for (const indicator of it.variants)
          for (const [bars, expected] of [
            [stillMarket(price, indicator.lookback + 1_100, 2), still(price)],
            [stillMarket(price, indicator.lookback + 1_100, 2, 0), idle!(price)],
          ] as const)
            eachOutput(indicator, bars, (column, output) => {
              const values = new Set(column.subarray(indicator.lookback - 1))
              expect([...values], `${indicator.key}.${output}`).toEqual([expected[output]! + 0])
            })
      })

    if (it.memory !== 'path')
      test.each(named(it))('%s: a wild past leaves nothing behind', (_, indicator) => {
        const calm = market(7, it.memory === 'window' ? 2 * indicator.lookback + 300 : 80 * indicator.lookback)
        const column = (field: BarField) => Float64Array.from([...wildPast[field], ...calm[field]])
        const bars = withColumns(calm, {
          length: wildPast.length + calm.length,
          ...Object.fromEntries(BAR_FIELDS.map((field) => [field, column(field)])),
        })
        const fresh = columnsOf(indicator, calm)
        const from = it.memory === 'window' ? indicator.lookback - 1 : calm.length - 10
        eachOutput(indicator, bars, (column, output) => {
          for (let row = from; row < calm.length; row++) {
            const [value, expected] = [column[wildPast.length + row]!, fresh[output]![row]!]
            if (!(Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected))))
              throw new Error(`${output}, ${row} bars after: ${value}, without that past ${expected}`)
          }
        })
      })

    test.each(named(it))('%s: without any volume every value is still a number', (_, indicator) => {
      const bars = market(8, indicator.lookback + 300)
      const idle = withColumns(bars, { volume: new Float64Array(bars.length) })
      eachOutput(indicator, idle, (column) =>
        expect(column.subarray(indicator.lookback - 1).every(Number.isFinite)).toBe(true),
      )
    })

    test.each(named(it))('%s: missing bars are no bars; prices that jump over them are only prices', (_, indicator) => {
      const bars = market(9, indicator.lookback + 300)
      const at = indicator.lookback + 100
      const later = bars.openTime.map((time, row) => (row < at ? time : time + 80 * 60_000))
      const jump = (column: Float64Array) => column.map((price, row) => (row < at ? price : price * 8))
      const gap = withColumns(bars, { openTime: later })
      const jumped = withColumns(gap, { open: jump(bars.open), high: jump(bars.high), low: jump(bars.low), close: jump(bars.close) }) // biome-ignore format: four of a kind
      const whole = columnsOf(indicator, bars)
      if (it.readsTime !== true)
        eachOutput(indicator, gap, (column, output) => expectSame(column, whole[output]!, output))
      eachOutput(indicator, jumped, (column) =>
        expect(column.subarray(indicator.lookback - 1).every(Number.isFinite)).toBe(true),
      )
    })

    if (it.range !== undefined)
      test.each(named(it))('%s: stays within its bounds', (_, indicator) => {
        const [least, most] = it.range!
        for (const seed of [10, 11, 12])
          eachOutput(indicator, market(seed, 1_500, { swing: seed === 12 ? 1 : 0.02 }), (column) => {
            const values = column.subarray(indicator.lookback - 1)
            expect(Math.min(...values)).toBeGreaterThanOrEqual(least)
            expect(Math.max(...values)).toBeLessThanOrEqual(most)
          })
      })
  })
}

function scaled(bars: Bars, by: number): Bars {
  const fields = BAR_FIELDS.filter((field) => field !== 'openTime')
  return withColumns(bars, Object.fromEntries(fields.map((field) => [field, bars[field].map((x) => x * by)])))
}

function named(it: IndicatorCase): [string, Indicator][] {
  return it.variants.map((indicator) => [indicator.key, indicator])
}

function columnsOf(indicator: Indicator, bars: Bars): Readonly<Record<string, Float64Array>> {
  return batchColumns({ it: indicator }, bars).it
}

function eachOutput(indicator: Indicator, bars: Bars, check: (column: Float64Array, output: string) => void): void {
  const columns = columnsOf(indicator, bars)
  expect(Object.keys(columns)).toEqual(indicator.outputs)
  for (const output of indicator.outputs) {
    expect(columns[output]!.length).toBe(bars.length)
    check(columns[output]!, output)
  }
}

function barAt(bars: Bars, row: number): Bar {
  const at = (field: BarField) => bars[field][row]!
  return {
    openTime: at('openTime'), closeTime: at('openTime') + 60_000,
    open: at('open'), high: at('high'), low: at('low'), close: at('close'), volume: at('volume'),
  } // biome-ignore format: a bar
}

function stream(indicator: Indicator, bars: Bars): Readonly<Record<string, Float64Array>> {
  const live = streamIndicators({ it: indicator }, bars.priceDecimals)
  const columns = Object.fromEntries(indicator.outputs.map((output) => [output, new Float64Array(bars.length)]))
  for (let row = 0; row < bars.length; row++) {
    live.push(barAt(bars, row))
    for (const output of indicator.outputs) columns[output]![row] = live.value('it', output)
  }
  return columns
}

/** Equal to the last bit, NaN included; a hundred thousand calls of `expect` would take seconds. */
function sameAt(actual: number | undefined, expected: number | undefined, output: string, row: number): void {
  if (!Object.is(actual, expected)) expect.fail(`${output} at row ${row}: ${actual} is not ${expected}`)
}

/** Equal to the last bit, NaN included. */
function expectSame(actual: Float64Array, expected: Float64Array, what: string): void {
  expect(actual.length).toBe(expected.length)
  const row = actual.findIndex((value, k) => !Object.is(value, expected[k]))
  if (row >= 0) throw new Error(`${what} row ${row}: ${actual[row]} is not ${expected[row]}`)
}

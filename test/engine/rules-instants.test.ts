import { describe, expect, test } from 'vitest'
import { buy, cancel, cancelAll, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { endLines, eventsOf, fillLines, HOUR, type Row, stage } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const [A, B] = ['AAAUSDT', 'BBBUSDT']

describe('rule 2: bars of several instruments that close at the same instant', () => {
  test('rule 2: all orders meet their bars, in declared order, before any strategy code runs; then onBar, then onBars', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'order-of-the-day',
      onBar: ({ symbol, at, position }) => {
        log.push(`${at / HOUR} onBar ${symbol} holds ${position.qty}`)
        return at === HOUR ? buy({ qty: 1 }) : undefined
      },
      onBars: ({ at, positions }) => {
        log.push(`${at / HOUR} onBars holds ${positions[A]!.qty} ${positions[B]!.qty}`)
      },
      onFill: (fill) => {
        log.push(`fill ${fill.symbol}`)
      },
    })
    // B is declared first
    stage({
      strategy,
      series: [
        { symbol: B, rows: [FLAT, FLAT] },
        { symbol: A, rows: [FLAT, FLAT] },
      ],
    })
    expect(log).toEqual([
      `1 onBar ${B} holds 0`,
      `1 onBar ${A} holds 0`,
      '1 onBars holds 0 0',
      `fill ${B}`,
      `fill ${A}`,
      `2 onBar ${B} holds 1`,
      `2 onBar ${A} holds 1`,
      '2 onBars holds 1 1',
    ])
  })

  test('rule 2: equity is marked at the closes of all before the first onBar', () => {
    const seen: number[] = []
    const strategy = defineStrategy({
      name: 'marks',
      onBar: ({ symbol, at, account }) => {
        if (at === HOUR) return buy({ qty: 1 })
        if (symbol === A) seen.push(account.equity)
        return undefined
      },
    })
    const run = stage({
      strategy,
      series: [
        { symbol: A, rows: [FLAT, [100, 103, 99, 102]] },
        { symbol: B, rows: [FLAT, [100, 108, 99, 107]] },
      ],
    })
    // one of each bought at 100: + 2 of A and + 7 of B, though A's onBar runs first
    expect(seen).toEqual([10_000 + 2 + 7])
    expect([...run.equity.equity]).toEqual([10_000, 10_009])
  })

  test('rule 2: new orders are accepted in the order in which they were returned: declared order, onBars last', () => {
    const strategy = defineStrategy({
      name: 'queue',
      // each wants 40 % of the cash: the third cannot have it
      onBar: ({ symbol, at }) => (at === HOUR ? buy({ qty: 40, limit: 100, id: `bar ${symbol}` }) : undefined),
      onBars: ({ at }) => (at === HOUR ? buy({ symbol: A, qty: 40, limit: 100, id: 'bars' }) : undefined),
    })
    const run = stage({
      strategy,
      series: [
        { symbol: B, rows: [FLAT, FLAT] },
        { symbol: A, rows: [FLAT, FLAT] },
      ],
    })
    expect(eventsOf(run, 'accepted').map(({ order }) => order.id)).toEqual([`bar ${B}`, `bar ${A}`])
    expect(endLines(run)[0]).toBe('bars rejected INSUFFICIENT_BALANCE')
  })

  test('rule 2: orders are checked when they are returned: the cash of a sale in the same return is not there yet', () => {
    const strategy = defineStrategy({
      name: 'swap',
      onBars: ({ at }) => {
        if (at === HOUR) return buy({ symbol: A, qty: 100 })
        if (at === 2 * HOUR) return [sell({ symbol: A, qty: 50 }), buy({ symbol: B, qty: 50 })]
        return undefined
      },
    })
    const run = stage({
      strategy,
      series: [
        { symbol: A, rows: [FLAT, FLAT, FLAT] },
        { symbol: B, rows: [FLAT, FLAT, FLAT] },
      ],
    })
    // all cash is in A until 2 opens
    expect(endLines(run)).toEqual(['o3 rejected INSUFFICIENT_BALANCE'])
    expect(fillLines(run)).toEqual(['1 open buy 100 @ 100 taker', '2 open sell 50 @ 100 taker'])
  })

  test('rule 2: an instrument without a bar at the instant keeps its last close and is not called', () => {
    const called: string[] = []
    const strategy = defineStrategy({
      name: 'absent',
      onBar: ({ symbol, at }) => {
        called.push(`${at / HOUR} ${symbol}`)
        return at === HOUR ? buy({ qty: 1 }) : undefined
      },
    })
    const run = stage({
      strategy,
      series: [
        { symbol: A, rows: [FLAT, FLAT, [100, 106, 99, 105], [105, 106, 104, 105]] },
        { symbol: B, rows: [FLAT, [100, 111, 99, 110], null, [110, 121, 109, 120]] },
      ],
    })
    expect(called).toEqual([`1 ${A}`, `1 ${B}`, `2 ${A}`, `2 ${B}`, `3 ${A}`, `4 ${A}`, `4 ${B}`])
    // A: 100, 105, 105; B: 110, still 110, 120
    expect([...run.equity.equity]).toEqual([10_000, 10_000 + 0 + 10, 10_000 + 5 + 10, 10_000 + 5 + 20])
  })

  test('rule 2: an order for an instrument that misses the next bars fills at its own next stored bar', () => {
    const strategy = defineStrategy({
      name: 'late',
      onBars: ({ at }) => (at === HOUR ? buy({ symbol: B, qty: 1 }) : undefined),
    })
    const run = stage({
      strategy,
      series: [
        { symbol: A, rows: [FLAT, FLAT, FLAT] },
        { symbol: B, rows: [FLAT, null, [90, 91, 89, 90]] },
      ],
    })
    expect(fillLines(run)).toEqual(['2 open buy 1 @ 90 taker'])
    expect(eventsOf(run, 'gap')).toMatchObject([{ symbol: B, bars: 1 }])
  })
})

describe('rule 21, several instruments', () => {
  const two = { [A]: [FLAT, FLAT, [100, 101, 80, 90]] as Row[], [B]: [FLAT, FLAT, [100, 101, 80, 90]] as Row[] }
  const series = [A, B].map((symbol) => ({ symbol, rows: two[symbol]! }))

  test('rule 21: an id means the order of the instrument at hand, also where another one has the same', () => {
    const strategy = defineStrategy({
      name: 'same-ids',
      onBar: ({ symbol, at }) => {
        if (at === HOUR) return buy({ qty: 1, limit: 85, id: 'entry' })
        return symbol === B && at === 2 * HOUR ? cancel('entry') : undefined
      },
    })
    const run = stage({ strategy, series })
    expect(eventsOf(run, 'cancelled')).toMatchObject([{ symbol: B, id: 'entry', reason: 'requested' }])
    expect(run.fills).toMatchObject([{ symbol: A, price: 85 }])
  })

  test('rule 21: cancelAll in onBar is for the instrument at hand, in onBars for all, with a symbol for that one', () => {
    const cancelling = (by: 'onBar' | 'onBars', symbol?: string) =>
      defineStrategy({
        name: 'all',
        onBar: (context) => {
          if (context.at === HOUR) return buy({ qty: 1, limit: 85 })
          return by === 'onBar' && context.symbol === A && context.at === 2 * HOUR
            ? cancelAll(symbol === undefined ? {} : { symbol })
            : undefined
        },
        onBars: ({ at }) =>
          by === 'onBars' && at === 2 * HOUR ? cancelAll(symbol === undefined ? {} : { symbol }) : undefined,
      })
    const cancelledBy = (by: 'onBar' | 'onBars', symbol?: string) =>
      eventsOf(stage({ strategy: cancelling(by, symbol), series }), 'cancelled').map((event) => event.symbol)
    expect(cancelledBy('onBar')).toEqual([A])
    expect(cancelledBy('onBar', B)).toEqual([B])
    expect(cancelledBy('onBars')).toEqual([A, B])
    expect(cancelledBy('onBars', B)).toEqual([B])
  })

  test('rule 21: a cancel while the longer bar of its order is underway comes too late for that bar', () => {
    const strategy = defineStrategy({
      name: 'mid-bar',
      onBar: ({ symbol, at }) => {
        if (symbol === B)
          return at === 4 * HOUR
            ? [buy({ qty: 1, limit: 90, id: 'first' }), buy({ qty: 1, limit: 50, id: 'second' })]
            : undefined
        // 05:00: B's bar 04:00–08:00 is underway; its low of 80 may be past
        return at === 5 * HOUR ? [cancel('first'), cancelAll({ symbol: B })] : undefined
      },
    })
    const run = stage({
      strategy,
      series: [
        { symbol: A, rows: Array.from({ length: 12 }, () => FLAT) },
        { symbol: B, rows: [FLAT, [100, 101, 80, 95], [95, 96, 40, 95]], interval: '4h' },
      ],
    })
    expect(fillLines(run)).toEqual(['4 inside buy 1 @ 90 maker'])
    // at 08:00: the first is gone, the second goes before the bar that would reach it
    expect(endLines(run)).toEqual(['first rejected UNKNOWN_ORDER', 'second cancelled requested'])
    expect(eventsOf(run, 'cancelled')[0]?.at).toBe(8 * HOUR)
  })
})

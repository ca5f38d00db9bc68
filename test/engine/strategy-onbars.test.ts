import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { batchColumns, ema } from '../../src/indicators/index.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { barsOf, HOUR, instrumentOf, type Row, stage } from './scene.ts'

const flat = (count: number): Row[] => Array.from({ length: count }, () => [100, 101, 99, 100])
/** Closes 1, 2, 3, … */
const rising = (count: number): Row[] => Array.from({ length: count }, (_, k) => [k + 1, k + 1, k + 1, k + 1])

describe('onBars', () => {
  const series = [
    { symbol: 'BTCUSDT', rows: rising(5) },
    { symbol: 'ETHUSDT', rows: [null, null, ...flat(3)] },
  ]

  test('gets every instrument whose indicators have values, once an instant, after all onBar', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'rank',
      indicators: () => ({ mean: ema(2) }),
      onBar: ({ symbol, at }) => void log.push(`${at / HOUR} ${symbol}`),
      onBars: ({ at, symbols, bars, inds, prevs, positions }) => {
        const values = symbols.map(
          (s) => `${s} ${bars[s]!.close} ${inds[s]!.mean.toFixed(2)} ${prevs[s]!.mean.toFixed(2)}`,
        )
        log.push(`${at / HOUR} all: ${values.join(', ')}; holds ${symbols.map((s) => positions[s]!.qty).join()}`)
      },
    })
    stage({ strategy, series })
    // EMA 2 of 1, 2, 3, …: seed 1.5, then n − 0.5; ETH begins at hour 2 and has its mean at the end of hour 4
    expect(log).toEqual([
      '2 BTCUSDT',
      '2 all: BTCUSDT 2 1.50 NaN; holds 0',
      '3 BTCUSDT',
      '3 all: BTCUSDT 3 2.50 1.50; holds 0',
      '4 BTCUSDT',
      '4 ETHUSDT',
      '4 all: BTCUSDT 4 3.50 2.50, ETHUSDT 100 100.00 NaN; holds 0,0',
      '5 BTCUSDT',
      '5 ETHUSDT',
      '5 all: BTCUSDT 5 4.50 3.50, ETHUSDT 100 100.00 100.00; holds 0,0',
    ])
  })

  test.each([
    ['as a run gets to them', false],
    ['beforehand, as a search does', true],
  ])('sees no values of an instrument before its first bar, where indicators are computed %s', (_, isBefore) => {
    const seen: number[] = []
    const indicators = { mean: ema(1) }
    const strategy = defineStrategy({
      name: 'early',
      indicators: () => indicators,
      onBars: ({ inds, prevs }) => void seen.push(inds['ETHUSDT']!.mean, prevs['ETHUSDT']!.mean),
    })
    const slots = series.map(({ symbol, rows }) => {
      const bars = barsOf(rows, '1h', symbol)
      const costs = { feeMaker: 0, feeTaker: 0, slippageBps: 0 }
      const columns = isBefore && { columns: batchColumns(indicators, bars) }
      return { instrument: instrumentOf({}, symbol), bars, costs, margin: null, ...columns }
    })
    simulate({ strategy, params: {}, slots, from: 0, cash: 1000, limitTouch: false, closeAtEnd: false })
    const none = Number.NaN
    expect(seen).toEqual([none, none, none, none, 100, none, 100, 100, 100, 100])
  })

  test('its orders need a symbol, one that is in the data and has begun; with one instrument there is no doubt', () => {
    const ordering = (decision: ReturnType<typeof buy>) => defineStrategy({ name: 'orders', onBars: () => decision })
    const run = (decision: ReturnType<typeof buy>, which = series) =>
      stage({ strategy: ordering(decision), series: which })
    expect(() => run(buy({ qty: 1 }))).toThrow(/an order from onBars needs its symbol/)
    expect(() => run(buy({ symbol: 'ETHUDST', qty: 1 }))).toThrow(
      /ordered "ETHUDST", which is not in the data.*ETHUSDT.*this run has BTCUSDT, ETHUSDT/,
    )
    expect(() => run(buy({ symbol: 'ETHUSDT', qty: 1 }))).toThrow(/ordered ETHUSDT before its first bar/)
    expect(run(buy({ symbol: 'BTCUSDT', qty: 1 })).fills[0]).toMatchObject({ symbol: 'BTCUSDT', price: 2 })
    expect(run(buy({ qty: 1 }), [{ symbol: 'ETHUSDT', rows: flat(2) }]).fills).toHaveLength(1)
  })

  test('its close() and sells act on the symbol they name', () => {
    const strategy = defineStrategy({
      name: 'both',
      onBars: ({ at }) => {
        if (at === 3 * HOUR) return ['BTCUSDT', 'ETHUSDT'].map((symbol) => buy({ symbol, qty: 2 }))
        return at === 4 * HOUR ? [close({ symbol: 'ETHUSDT' }), sell({ symbol: 'BTCUSDT', qty: 1 })] : undefined
      },
    })
    const run = stage({ strategy, series })
    expect(run.fills.slice(2).map(({ symbol, qty }) => [symbol, qty])).toEqual([
      ['BTCUSDT', 1],
      ['ETHUSDT', 2],
    ])
  })

  test('sees open orders and what happened since its last call by symbol, whatever onBar has seen', () => {
    const log: string[] = []
    const types = (events: readonly { type: string }[]) => events.map(({ type }) => type).join(' ')
    const strategy = defineStrategy({
      name: 'watch',
      onBar: ({ at, symbol, events }) => void log.push(`${at / HOUR} ${symbol}: ${types(events)}`),
      onBars: ({ at, orders, events }) => {
        const of = (symbol: string) => `${orders[symbol]!.map(({ id }) => id).join()} (${types(events[symbol]!)})`
        log.push(`${at / HOUR} all: BTC ${of('BTCUSDT')}, ETH ${of('ETHUSDT')}`)
        if (at !== 3 * HOUR) return
        return [buy({ symbol: 'BTCUSDT', qty: 1 }), buy({ symbol: 'ETHUSDT', qty: 1, limit: 50, id: 'low' })]
      },
    })
    stage({ strategy, series: [series[0]!, { symbol: 'ETHUSDT', rows: [null, null, ...flat(1), null, ...flat(1)] }] })
    expect(log.slice(4)).toEqual([
      '3 BTCUSDT: ',
      '3 ETHUSDT: ',
      '3 all: BTC  (), ETH  ()',
      '4 BTCUSDT: accepted fill',
      '4 all: BTC  (accepted fill), ETH low (accepted)',
      '5 BTCUSDT: ',
      // its bar of hour 4 is missing: onBar hears of it an hour later, onBars has heard, of the gap alone it has not
      '5 ETHUSDT: accepted gap',
      '5 all: BTC  (), ETH low (gap)',
    ])
  })

  test('cancels and amends the order of the symbol that it names, where two have one of that id', () => {
    const both = ['BTCUSDT', 'ETHUSDT']
    const then = (...requests: ReturnType<typeof cancel | typeof amend>[]) => {
      const strategy = defineStrategy({
        name: 'two',
        onBars: ({ at }) => {
          if (at === HOUR) return both.map((symbol) => buy({ symbol, qty: 1, limit: 50, id: 'low' }))
          return at === 2 * HOUR ? requests : undefined
        },
      })
      return stage({ strategy, series: both.map((symbol) => ({ symbol, rows: flat(3) })) })
    }
    const told = (...requests: Parameters<typeof then>) =>
      then(...requests).events.flatMap((event) => {
        if (event.type === 'amended') return [`${event.order.symbol} at ${event.order.limit}`]
        return (event.type === 'cancelled' && event.reason === 'requested') || event.type === 'rejected'
          ? [`${event.symbol} ${event.type}`]
          : []
      })
    expect(told(cancel('low', { symbol: 'ETHUSDT' }))).toEqual(['ETHUSDT cancelled'])
    expect(told(cancel('low'))).toEqual(['BTCUSDT cancelled'])
    expect(told(amend('low', { limit: 40 }, { symbol: 'ETHUSDT' }))).toEqual(['ETHUSDT at 40'])
    expect(told(cancel('low', { symbol: 'ETHUSDT' }), cancel('low', { symbol: 'ETHUSDT' }))).toEqual([
      'ETHUSDT cancelled',
      'ETHUSDT rejected',
    ])
    expect(() => then(cancel('low', { symbol: 'ETHUDST' }))).toThrow(
      /cancel "ETHUDST", which is not in the data.*ETHUSDT/,
    )
    expect(() => then(cancel('low', { symbol: 5 as unknown as string }))).toThrow(/cancel: symbol 5 must be a text/)
  })
})

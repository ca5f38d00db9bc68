import { describe, expect, test } from 'vitest'
import { buy, cancel } from '../../src/core/order.ts'
import { defineStrategy, int, num, StrategyError } from '../../src/engine/index.ts'
import { bollinger, sma } from '../../src/indicators/index.ts'
import { HOUR, play, type Row, stage } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const flat = (count: number): Row[] => Array.from({ length: count }, () => FLAT)
/** Closes 1, 2, 3, … */
const rising = (count: number): Row[] => Array.from({ length: count }, (_, k) => [k + 1, k + 1, k + 1, k + 1])
const one = (rows: Row[]) => [{ symbol: 'BTCUSDT', rows }]

describe('what onBar is handed', () => {
  test('one context, one bar, one ind and one prev, reused for every bar', () => {
    const seen = { context: new Set(), bar: new Set(), ind: new Set(), prev: new Set(), position: new Set() }
    const closes: number[] = []
    const strategy = defineStrategy({
      name: 'reuse',
      indicators: () => ({ mean: sma(2) }),
      onBar: (context) => {
        seen.context.add(context)
        seen.bar.add(context.bar)
        seen.ind.add(context.ind)
        seen.prev.add(context.prev)
        seen.position.add(context.position)
        closes.push(context.bar.close)
      },
    })
    stage({ strategy, series: one(rising(6)) })
    expect(closes).toEqual([2, 3, 4, 5, 6])
    expect(Object.values(seen).map(({ size }) => size)).toEqual([1, 1, 1, 1, 1])
  })

  test('the first call is on the first bar on which every indicator has a value', () => {
    const seen: number[][] = []
    const strategy = defineStrategy({
      name: 'ready',
      indicators: () => ({ fast: sma(2), slow: sma(4) }),
      onBar: ({ bar, ind, prev }) => void seen.push([bar.close, ind.fast, ind.slow, prev.fast, prev.slow]),
    })
    stage({ strategy, series: one(rising(6)) })
    // the mean of n, n − 1 is n − 0.5, of the last four n − 1.5; the bar before the first call has no slow value yet
    expect(seen).toEqual([
      [4, 3.5, 2.5, 2.5, Number.NaN],
      [5, 4.5, 3.5, 3.5, 2.5],
      [6, 5.5, 4.5, 4.5, 3.5],
    ])
  })

  test('with bars before the range it is the first of the range, and prev looks back beyond it', () => {
    const seen: number[][] = []
    const strategy = defineStrategy({
      name: 'warm',
      indicators: () => ({ mean: sma(2) }),
      onBar: ({ bar, ind, prev }) => void seen.push([bar.close, ind.mean, prev.mean]),
    })
    const run = stage({ strategy, series: one(rising(6)), from: 4 * HOUR })
    expect(seen).toEqual([
      [5, 4.5, 3.5],
      [6, 5.5, 4.5],
    ])
    expect(run.equity.length).toBe(2)
  })

  test('a name that was never declared is an error that lists what was, in ind, prev, bar and groups', () => {
    const reading = (read: (context: never) => unknown) => {
      const strategy = defineStrategy({
        name: 'typo',
        indicators: () => ({ fast: sma(2), bands: bollinger(2, 2) }),
        onBar: (context) => void read(context as never),
      })
      return () => stage({ strategy, series: one(rising(3)) })
    }
    type Loose = {
      ind: Record<string, Record<string, number>>
      prev: Record<string, number>
      bar: Record<string, number>
    }
    const bad = (read: (context: Loose) => unknown) => expect(reading(read as (context: never) => unknown))
    bad(({ ind }) => ind['fsat']).toThrow(/ind\.fsat is not declared.*; declared: fast, bands/)
    bad(({ prev }) => prev['fsat']).toThrow(/prev\.fsat is not declared.*; declared: fast, bands/)
    bad(({ ind }) => ind['bands']!['uper']).toThrow(/ind\.bands\.uper is not declared.*; declared: .*upper.*lower/)
    bad(({ bar }) => bar['cloze']).toThrow(
      /bar\.cloze is not declared.*; declared: openTime, closeTime, open, high, low, close, volume/,
    )
    expect(reading(({ ind }: Loose) => ind['bands']!['upper'])).not.toThrow()
  })

  test('events hold what happened since the last call, and a kept list does not change afterwards', () => {
    const calls: (readonly { type: string }[])[] = []
    const types = () => calls.map((events) => events.map(({ type }) => type))
    play({
      rows: [...flat(4), [100, 101, 80, 90], FLAT],
      decide: {
        0: ({ events }) => {
          calls.push(events)
          return [buy({ qty: 1 }), buy({ qty: 1e6 }), buy({ qty: 1, limit: 90, id: 'low' }), cancel('nobody')]
        },
        1: ({ events }) => void calls.push(events),
        2: ({ events }) => void calls.push(events),
        3: ({ events }) => {
          calls.push(events)
          return cancel('low')
        },
        4: ({ events }) => void calls.push(events),
      },
    })
    expect(types()).toEqual([[], ['accepted', 'rejected', 'accepted', 'rejected', 'fill'], [], [], ['cancelled']])
    expect(calls[1]).toMatchObject([
      {},
      { reason: 'LOT_SIZE' },
      {},
      { reason: 'UNKNOWN_ORDER' },
      { fill: { order: 'o1' } },
    ])
  })

  test('events are of the instrument at hand, also those of a bar on which it was not called', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'mine',
      onBar: ({ symbol, at, events }) => {
        log.push(`${at / HOUR} ${symbol}: ${events.map(({ type }) => type).join(' ')}`)
        return at === HOUR && symbol === 'BTCUSDT' ? buy({ symbol: 'ETHUSDT', qty: 1 }) : undefined
      },
    })
    stage({
      strategy,
      series: [
        { symbol: 'BTCUSDT', rows: flat(3) },
        { symbol: 'ETHUSDT', rows: [FLAT, null, FLAT] },
      ],
    })
    expect(log).toEqual(['1 BTCUSDT: ', '1 ETHUSDT: ', '2 BTCUSDT: ', '3 BTCUSDT: ', '3 ETHUSDT: accepted gap fill'])
  })

  test('position, account and orders stand as they are at the close', () => {
    const seen: unknown[] = []
    play({
      rows: [FLAT, [100, 106, 99, 105], [105, 111, 104, 110]],
      feeTaker: 0.001,
      decide: {
        0: ({ position }) => {
          seen.push([position.qty, position.entryPrice, position.entryTime, position.unrealised, position.bars])
          return [buy({ qty: 2 }), buy({ qty: 1, limit: 90, tag: 'dip' })]
        },
        2: ({ position, account, orders }) => {
          seen.push([position.qty, position.entryPrice, position.entryTime, position.unrealised, position.bars])
          seen.push([account.cash, account.free, account.equity, account.fees])
          seen.push(orders.map(({ side, qty, limit, tag }) => [side, qty, limit, tag]))
        },
      },
    })
    expect(seen).toEqual([
      [0, 0, Number.NaN, 0, 0],
      [2, 100, HOUR, 20, 1],
      // 10000 − 200 − 0.2; less 90 × 1.001 locked; plus 2 × 110
      [9799.8, 9709.71, 10_019.8, 0.2],
      [['buy', 1, 90, 'dip']],
    ])
  })
})

describe('higher intervals', () => {
  const strategy = (seen: unknown[][]) =>
    defineStrategy({
      name: 'above',
      also: { h4: { interval: '4h', indicators: () => ({ mean: sma(2) }) } },
      onBar: ({ at, also: { h4 } }) =>
        void seen.push([at / HOUR, h4.bar.closeTime / HOUR, h4.bar.close, h4.ind.mean, h4.prev.mean]),
    })

  test('also gives the last closed higher bar, from the first instant at which its indicators have values', () => {
    const seen: unknown[][] = []
    stage({ strategy: strategy(seen), series: one(rising(13)) })
    // 4h closes: 4, 8, 12; their means of two: 6, 10. Each is there at its close and not an hour sooner
    expect(seen).toEqual([
      [8, 8, 8, 6, Number.NaN],
      [9, 8, 8, 6, Number.NaN],
      [10, 8, 8, 6, Number.NaN],
      [11, 8, 8, 6, Number.NaN],
      [12, 12, 12, 10, 6],
      [13, 12, 12, 10, 6],
    ])
  })

  test('a higher bar that began before the data is no bar: a part of it is not taken for the whole', () => {
    const seen: unknown[][] = []
    // data begin an hour late, at 01:00: the bar 00:00–04:00 is not whole, 04:00–08:00 and 08:00–12:00 are
    stage({ strategy: strategy(seen), series: one([null, ...rising(12)]) })
    expect(seen).toEqual([
      [12, 12, 11, 9, Number.NaN],
      [13, 12, 11, 9, Number.NaN],
    ])
    const never: unknown[][] = []
    stage({ strategy: strategy(never), series: one([null, ...rising(2)]) })
    expect(never).toEqual([])
  })

  test('what is declared neither there nor here is an error there too', () => {
    const typo = defineStrategy({
      name: 'typo',
      also: { h4: { interval: '4h', indicators: () => ({ mean: sma(1) }) } },
      onBar: ({ also }) => void (also.h4.ind as Record<string, number>)['maen'],
    })
    expect(() => stage({ strategy: typo, series: one(rising(5)) })).toThrow(
      /also\.h4\.ind\.maen is not declared.*; declared: mean/,
    )
  })
})

describe('state and hooks', () => {
  test('state is made anew for every run, from its parameters', () => {
    const ends: number[][] = []
    const strategy = defineStrategy({
      name: 'memory',
      params: { first: int(5) },
      state: ({ first }) => ({ calls: [first] }),
      onBar: ({ state, bar }) => void state.calls.push(bar.close),
      onStop: ({ state }) => void ends.push(state.calls),
    })
    stage({ strategy, series: one(rising(2)) })
    stage({ strategy, series: one(rising(2)), set: { first: 7 } })
    stage({ strategy, series: one(rising(2)) })
    expect(ends).toEqual([
      [5, 1, 2],
      [7, 1, 2],
      [5, 1, 2],
    ])
  })

  test('state is copied once, so that runs share nothing even where the strategy hands out one object', () => {
    const shared = { bars: 0, seen: new Map([['last', { closes: [0] }]]) }
    const ends: unknown[] = []
    const strategy = defineStrategy({
      name: 'shared',
      state: () => shared,
      onBar: ({ state, bar }) => {
        state.bars++
        state.seen.get('last')!.closes.push(bar.close)
      },
      onStop: ({ state }) => void ends.push([state.bars, state.seen.get('last')!.closes]),
    })
    for (let k = 0; k < 2; k++) stage({ strategy, series: one(rising(2)) })
    expect(ends).toEqual([
      [2, [0, 1, 2]],
      [2, [0, 1, 2]],
    ])
    expect(shared.bars).toBe(0)
  })

  class Window {
    readonly size = 3
  }
  const circle: { self?: unknown } = {}
  circle.self = circle
  test.each([
    ['a function', { deep: [{ next: () => 1 }] }, 'state.deep[0].next is a function'],
    ['an instance of a class', { window: new Window() }, 'state.window is an instance of Window'],
    ['a promise', { later: Promise.resolve(1) }, 'state.later is an instance of Promise'],
    ['a symbol', { mark: Symbol('x') }, 'state.mark is a symbol'],
    ['a circle', { circle }, 'state.circle.self is a part of itself'],
    ['in a map', { all: new Map([['a', new Window()]]) }, 'state.all (Map)[1] is an instance of Window'],
    ['all of it', new Window(), 'state is an instance of Window'],
  ])('state that is no plain data is refused by the name of its key: %s', (_, state, says) => {
    const run = () =>
      stage({ strategy: defineStrategy({ name: 'odd', state: () => state, onBar() {} }), series: one(rising(2)) })
    expect(run).toThrow(StrategyError)
    expect(run).toThrow(`strategy odd: ${says}; state must be plain data`)
  })

  test("a throw in state is the strategy's", () => {
    const state = () => {
      throw new Error('boom')
    }
    const run = () => stage({ strategy: defineStrategy({ name: 'odd', state, onBar() {} }), series: one(rising(2)) })
    expect(run).toThrow(StrategyError)
    expect(run).toThrow(/strategy odd \(bar closed the start\) threw Error: boom, at .*strategy-contract\.test\.ts/)
  })

  test('plots names indicators that are declared', () => {
    const plotting = (plots: string[]) =>
      defineStrategy({
        name: 'draws',
        indicators: () => ({ fast: sma(2), slow: sma(3) }),
        onBar() {},
        plots: plots as 'fast'[],
      })
    const run = (plots: string[]) => () => stage({ strategy: plotting(plots), series: one(rising(4)) })
    expect(run(['fast', 'slow'])).not.toThrow()
    expect(run(['fast', 'slwo'])).toThrow(
      'strategy draws: plots has "slwo" (did you mean "slow"?), which is not declared; indicators: fast, slow',
    )
    expect(() => plotting('fast' as never)).toThrow(/plots must be a list of names of indicators, it is "fast"/)
    expect(() => defineStrategy({ name: 'x', onBar: () => undefined, risk: [] as never })).toThrow(
      /risk must be limits such as \{ maxDrawdown: 0.2 \}, or a function of the parameters, it is \[\]/,
    )
  })

  test('onStart comes before the first bar, onFill after each fill before onBar, onStop at the very end', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'hooks',
      params: { qty: num(2) },
      state: () => ({ fills: 0 }),
      onStart: ({ params, symbols, state }) => void log.push(`start ${params.qty} ${symbols.join()} ${state.fills}`),
      onBar: ({ at, params, state, position }) => {
        log.push(`bar ${at / HOUR} after ${state.fills}`)
        return position.qty === 0 && at === HOUR ? buy({ qty: params.qty, takeProfit: 105 }) : undefined
      },
      onFill: (fill, { params, state }) => {
        state.fills++
        log.push(`fill ${fill.n} ${fill.side} ${fill.qty}/${params.qty}`)
      },
      onStop: ({ account, state }) => void log.push(`stop ${account.equity} after ${state.fills}`),
    })
    stage({ strategy, series: one([FLAT, [100, 106, 99, 100], FLAT]) })
    expect(log).toEqual([
      'start 2 BTCUSDT 0',
      'bar 1 after 0',
      'fill 1 buy 2/2',
      'fill 2 sell 2/2',
      'bar 2 after 2',
      'bar 3 after 2',
      'stop 10010 after 2',
    ])
  })

  test('onFill and onStop see what --close-at-end did', () => {
    const log: string[] = []
    const strategy = defineStrategy({
      name: 'end',
      onBar: ({ position }) => (position.qty === 0 ? buy({ qty: 1 }) : undefined),
      onFill: (fill) => void log.push(fill.phase),
      onStop: ({ account }) => void log.push(String(account.cash)),
    })
    stage({ strategy, series: one([FLAT, [100, 111, 99, 110]]), closeAtEnd: true })
    expect(log).toEqual(['open', 'close', '10010'])
  })
})

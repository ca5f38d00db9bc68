import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bars, firstRowAt, sliceBars } from '../../../src/core/bar.ts'
import type { RunEvent } from '../../../src/core/event.ts'
import { buy, close } from '../../../src/core/order.ts'
import { defineStrategy } from '../../../src/engine/index.ts'
import { ema, sma } from '../../../src/indicators/index.ts'
import type { ModelDefinition } from '../../../src/models/define-model.ts'
import { fitFold } from '../../../src/models/fit-fold.ts'
import { type FoldModel, forecastColumns, foretell } from '../../../src/models/foretell.ts'
import { foldsOf, groundOf } from '../../../src/models/ground.ts'
import { gbdt } from '../../../src/models/trees/gbdt.ts'
import { loadStrategy, modelsOf, type NamedModel } from '../../../src/runs/load-strategy.ts'
import { type LiveInput, LiveRun } from '../../../src/runs/paper/live-run.ts'
import { type SimulateOptions, simulate } from '../../../src/runs/simulate.ts'
import { ROOT } from '../../cli/klinelab.ts'
import { bytesOf, played, prepared, sessionOf } from './session-of.ts'

const HOUR = 3_600_000
const MB = 2 ** 20
const utc = (text: string) => Date.parse(`${text}T00:00Z`)
const SPOT = 'binance:BTCUSDT:1h'
const PERPETUALS = ['binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h']

/** What both come to; the session's, for a closer look. */
function expectSame(options: SimulateOptions, least: number) {
  const { result } = simulate(options)
  const run = played(sessionOf(options))
  const live = run.finish()
  expect(live.events).toEqual(result.events)
  expect(live.fills).toEqual(result.fills)
  expect(live.trades).toEqual(result.trades)
  expect(bytesOf(live)).toBe(bytesOf(result))
  expect(result.fills.length).toBeGreaterThanOrEqual(least)
  return live
}

/** The same stretch of bars cut elsewhere. */
function cut(of: SimulateOptions, from: number, to: number, warmup: number): SimulateOptions {
  const slots = of.slots.map((slot) => ({
    ...slot,
    bars: sliceBars(slot.bars, from - warmup, to),
    referenceAt: null,
  }))
  return { ...of, slots, from: of.slots[0]!.bars.openTime[from]! }
}

describe('told bar by bar, a session comes to what a backtest comes to, byte for byte', async () => {
  const year = await prepared('sma-cross', [SPOT], { from: utc('2022-01-01'), to: utc('2023-03-01') })
  const minutes = await prepared(
    'sma-cross',
    ['binance:BTCUSDT:1m'],
    { from: utc('2023-03-22'), to: utc('2023-03-26') },
    { warmup: 1000 },
  )

  test('sma-cross on any stretch, with any warm-up and parameters', () => {
    let fills = 0
    const stretch = fc.record({
      from: fc.integer({ min: 300, max: 6000 }),
      count: fc.integer({ min: 1, max: 1500 }),
      warmup: fc.integer({ min: 0, max: 300 }),
      fast: fc.integer({ min: 2, max: 30 }),
      slow: fc.integer({ min: 5, max: 120 }),
      cash: fc.constantFrom(1000, 10_000),
    })
    fc.assert(
      fc.property(stretch, ({ from, count, warmup, fast, slow, cash }) => {
        const options = { ...cut(year, from, from + count, warmup), params: { fast, slow, qty: 0.1 }, cash }
        fills += expectSame(options, 0).fills.length
      }),
      { numRuns: 40 },
    )
    expect(fills).toBeGreaterThan(500)
  })

  test('over the hour of 2023-03-24 in which nobody could trade, on 1m bars, whose own average bounds prices', () => {
    const live = expectSame({ ...minutes, params: { fast: 10, slow: 30, qty: 0.1 } }, 50)
    expect(live.notes.join()).toContain('volume-weighted closes of 5 minutes')
  })

  test.each<[string, string[], from: string, to: string, fills: number]>([
    ['buy-and-hold', [SPOT], '2024-01-01', '2024-02-01', 1],
    ['donchian-breakout', [SPOT], '2023-01-01', '2023-05-01', 5],
    ['momentum-rotation', [SPOT, 'binance:ETHUSDT:1h'], '2023-01-01', '2023-05-01', 6],
    ['rsi-reversion', [SPOT], '2023-01-01', '2023-05-01', 20],
    ['sma-cross', [SPOT], '2023-01-01', '2023-05-01', 11],
  ])('%s', async (name, data, from, to, fills) => {
    // what 1m bars know of March 2023 a session of hours does not
    const options = await prepared(name, data, { from: utc(from), to: utc(to) })
    expectSame({ ...options, slots: options.slots.map((slot) => ({ ...slot, referenceAt: null })) }, fills)
  })

  test('perp-trend, with funding, marks of their own, and orders in both directions', async () => {
    const options = await prepared(
      'perp-trend',
      PERPETUALS,
      { from: utc('2024-09-01'), to: utc('2024-11-01') },
      { leverage: 3 },
    )
    const live = expectSame({ ...options, params: { ...options.params, fast: 12, slow: 48 } }, 20)
    expect(live.funding).not.toBe(0)
    expect(live.events.some(({ type }) => type === 'funding')).toBe(true)
    const marked = options.slots.map((slot) => ({ ...slot, marks: marksBeside(slot.bars) }))
    const other = expectSame({ ...options, params: { ...options.params, fast: 12, slow: 48 }, slots: marked }, 20)
    expect(other.equity.equity).not.toEqual(live.equity.equity)
  })

  test('ml-direction, whose model speaks bar by bar, in the test part of its newest fold', async () => {
    const of = await prepared(
      'rsi-reversion',
      [SPOT],
      { from: utc('2022-01-01'), to: utc('2022-09-01') },
      { warmup: 0 },
    )
    const { strategy: shipped } = await loadStrategy(resolve(ROOT, 'strategies', 'ml-direction.ts'))
    // as shipped, but for what would take minutes to train
    const [{ definition }] = modelsOf(shipped) as [NamedModel]
    const model: ModelDefinition = { ...definition, model: gbdt({ trees: 20, maxLeaves: 6 }) }
    const strategy = { ...shipped, models: { direction: model } }
    const { bars } = of.slots[0]!
    const ground = groundOf(model, bars)
    const folds: FoldModel[] = []
    for (const fold of foldsOf(model, ground)) folds.push(await fitFold(model, fold, {}))
    const models = { direction: forecastColumns(foretell(model, ground.matrix, folds), 2) }
    const fold = folds.at(-1)!
    const from = fold.borders.test[0]!.first
    const slots = of.slots.map((slot) => ({ ...slot, referenceAt: null, models }))
    const options = { ...of, strategy, slots, from, params: { sure: 0.5, risk: 0.01 } }
    const { result } = simulate(options)
    const history = sliceBars(bars, 0, firstRowAt(bars.openTime, from))
    const live = played(sessionOf(options, [{ direction: { definition: model, fold, history } }])).finish()
    expect(bytesOf(live)).toBe(bytesOf(result))
    expect(result.fills.length).toBeGreaterThan(10)
    const without = sessionOf(options)
    expect(() => new LiveRun(without.options)).toThrow('models.direction is not given for BTCUSDT')
  })

  test('with higher intervals beside its own, from the first bars on', () => {
    const strategy = defineStrategy({
      name: 'higher',
      indicators: () => ({ fast: sma(6) }),
      also: {
        h4: { interval: '4h', indicators: () => ({ slow: ema(5) }) },
        day: { interval: '1d', indicators: () => ({ mean: sma(2) }) },
      },
      onBar({ ind, also, position }) {
        const isUp = ind.fast > also.h4.ind.slow && also.h4.bar.close > also.h4.prev.slow
        if (position.qty === 0 && isUp && also.day.bar.close > also.day.ind.mean) return buy({ fraction: 0.5 })
        if (position.qty > 0 && !isUp) return close()
      },
    })
    for (const [from, warmup] of [
      [301, 0],
      [302, 5],
      [1000, 200],
    ] as const)
      expectSame({ ...cut(year, from, from + 900, warmup), strategy, params: {} }, 10)
  })

  test('asked for the first time on the same bar: where the last of its indicators has a value', () => {
    const strategy = defineStrategy({
      name: 'first',
      indicators: () => ({ own: sma(6) }),
      also: { h4: { interval: '4h', indicators: () => ({ slow: sma(5) }) } },
      state: () => ({ isBought: false }),
      onBar({ state }) {
        if (state.isBought) return
        state.isBought = true
        return buy({ qty: 0.01 })
      },
    })
    const of = cut(year, 400, 500, 0)
    const live = expectSame({ ...of, strategy, params: {} }, 1)
    // the hours up to the first whole 4h bar, and then five of these
    const begin = of.from + ((24 * HOUR - (of.from % (24 * HOUR))) % (4 * HOUR))
    expect(live.fills.map(({ time }) => time)).toEqual([begin + 20 * HOUR])
  })

  test('where volume and volatility decide prices and quantities, orders take time, and limits stand in the way', async () => {
    const options = await prepared('rsi-reversion', [SPOT], { from: utc('2023-01-01'), to: utc('2023-04-01') })
    const execution = {
      slippage: { model: 'impact', spreadBps: 2, impact: 1 },
      participation: 0.0005,
      latency: 60_000,
      cancelLatency: 60_000,
    } as const
    const risk = { maxDailyLoss: 0.01, maxDrawdown: 0.05, coolDown: '4h' }
    const slots = options.slots.map((slot) => ({ ...slot, referenceAt: null }))
    const live = expectSame(
      { ...options, slots, cash: 1_000_000, execution, risk, params: { ...options.params, fraction: 0.9 } },
      40,
    )
    expect(live.events.some(({ type }) => type === 'halted')).toBe(true)
  })

  test('of a series whose volume is told of late', () => {
    const of = cut(year, 400, 1000, 50)
    const slots = of.slots.map((slot) => ({
      ...slot,
      bars: {
        ...slot.bars,
        volume: slot.bars.volume.map((volume, row) => (row < 300 ? 0 : row % 3 === 0 ? 0 : volume)),
      },
    }))
    expectSame({ ...of, slots, params: { fast: 3, slow: 9, qty: 0.1 } }, 50)
  })
})

/** Marks that are not the bars' own. */
function marksBeside({ open, high, low, close }: Bars) {
  const by = (column: Float64Array, share: number) => column.map((price) => Math.round(price * share * 100) / 100)
  return { decimals: 2, open: by(open, 1.0001), high: by(high, 1.0004), low: by(low, 0.9999), close: by(close, 1.0002) }
}

describe('a session', async () => {
  const month = await prepared('sma-cross', [SPOT], { from: utc('2022-06-01'), to: utc('2022-07-01') })
  const quick = { ...month, params: { fast: 3, slow: 9, qty: 0.1 } }

  test('tells the events that an input caused, and all of them in the end', () => {
    const { options, inputs } = sessionOf(quick)
    const run = new LiveRun(options)
    const told: RunEvent[] = []
    for (const input of inputs) told.push(...run.take(input))
    expect(told.length).toBeGreaterThan(100)
    expect(told).toEqual(run.events)
  })

  test('can be looked at without ending: every look is what a backtest that ends there comes to, orders apart', () => {
    const { options, inputs } = sessionOf(quick)
    const run = new LiveRun(options)
    for (const [k, input] of inputs.entries()) {
      run.take(input)
      if (k % 97 !== 0) continue
      const { bars } = quick.slots[0]!
      const end = firstRowAt(bars.openTime, run.at)
      const { result } = simulate({ ...quick, slots: [{ ...quick.slots[0]!, bars: sliceBars(bars, 0, end) }] })
      const look = run.result()
      expect(bytesOf({ ...look, events: [] })).toBe(bytesOf({ ...result, events: [] }))
      expect(run.account().equity).toBe(result.endEquity)
      expect(run.lastClose('BTCUSDT')).toEqual({ at: run.at, price: bars.close[end - 1] })
      const open = result.events.filter((event) => event.type === 'cancelled' && event.reason === 'end')
      expect(run.openOrders().map(({ id }) => id)).toEqual(open.map((event) => 'id' in event && event.id))
      expect(run.positionOf('BTCUSDT').qty).toBe(result.openTrades[0]?.qty ?? 0)
    }
  })

  type Told = Extract<LiveInput, { kind: 'bars' }>
  const changed = (input: Told, change: object): Told => ({ ...input, bars: [{ ...input.bars[0]!, ...change }] })
  test.each<[string, change: (input: Told, last: Told) => Told, said: RegExp]>([
    ['the same bar again', (_, last) => last, /after those of/],
    ['the same bar at another time', ({ at }, last) => ({ ...last, at }), /bars only go on/],
    ['no bars', (input) => ({ ...input, bars: [] }), /say nothing/],
    [
      'a bar that closes at another time',
      (input) => ({ ...input, at: input.at + 1 }),
      /closes at 2022-06-05T06:00, and it is told of at/,
    ],
    ['a slot that is not there', (input) => changed(input, { slot: 1 }), /slot 1/],
    ['a slot twice', ({ bars, ...input }) => ({ ...input, bars: [...bars, ...bars] }), /two bars/],
    ['a price off every grid', (input) => changed(input, { high: 1e5 + 0.001 }), /at most 2 decimals/],
    ['a price that is none', (input) => changed(input, { low: Number.NaN }), /low NaN/],
    ['a volume below 0', (input) => changed(input, { volume: -1 }), /volume of -1/],
    ['a mark of 0', (input) => changed(input, { mark: { open: 1, high: 1, low: 0, close: 1 } }), /mark price of 0/],
  ])('refuses %s, and nothing has changed', (_, change, said) => {
    const { options, inputs } = sessionOf(quick)
    const run = new LiveRun(options)
    for (const [k, input] of inputs.entries()) {
      if (k === 101) expect(() => run.take(change(input as Told, inputs[100] as Told))).toThrow(said)
      run.take(input)
    }
    expect(bytesOf(run.finish())).toBe(bytesOf(simulate(quick).result))
  })

  test('that is halted opens nothing until it is resumed; one that is flattened holds nothing, either', () => {
    const { options, inputs } = sessionOf({ ...quick, risk: undefined })
    for (const command of ['halt', 'flatten'] as const) {
      const run = new LiveRun(options)
      let isRefused = false
      for (const [k, input] of inputs.entries()) {
        const before = run.positionOf('BTCUSDT').qty
        if (k === 200) {
          const events = run.take({ kind: 'command', at: run.at, command, why: 'a test' })
          expect(events[0]).toMatchObject({ type: 'halted', rule: 'RISK_HALT', value: 'a test' })
        }
        if (k === 400) run.take({ kind: 'command', at: run.at, command: 'resume', why: 'a test' })
        const events = run.take(input)
        if (k < 200 || k >= 400) continue
        expect(run.positionOf('BTCUSDT').qty).toBeLessThanOrEqual(before)
        if (k > 200 && command === 'flatten') expect(run.positionOf('BTCUSDT').qty).toBe(0)
        isRefused ||= events.some(({ type }) => type === 'rejected')
      }
      expect(isRefused).toBe(true)
      expect(run.result().fills.some(({ time }) => time > options.from + 400 * HOUR)).toBe(true)
    }
  })

  test('keeps nothing of a quiet bar but its row: over a month of minutes the heap stays where it was', async () => {
    const options = await prepared('sma-cross', ['binance:BTCUSDT:1m'], {
      from: utc('2023-03-01'),
      to: utc('2023-04-01'),
    })
    const strategy = defineStrategy({ name: 'quiet', indicators: () => ({ slow: sma(240) }), onBar: () => undefined })
    const { options: live, inputs } = sessionOf({ ...options, strategy, params: {} })
    const run = new LiveRun(live)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const used: number[] = []
    for (const [k, input] of inputs.entries()) {
      run.take(input)
      if (k % 10_000 !== 4000) continue
      collect()
      used.push(process.memoryUsage().heapUsed)
    }
    expect(inputs.length).toBeGreaterThan(43_200)
    expect(used.at(-1)! - used[1]!).toBeLessThan(0.25 * MB)
    expect(run.result().equity.length).toBe(inputs.length)
  })
})

describe('funding of a session', async () => {
  const strategy = defineStrategy({
    name: 'hold',
    state: () => ({ bars: 0 }),
    onBar: ({ state, position }) => {
      state.bars++
      if (state.bars === 2) return buy({ qty: 1 })
      if (state.bars === 12 && position.qty > 0) return close()
    },
  })
  const of = await prepared(
    'perp-trend',
    [PERPETUALS[0]!],
    { from: utc('2024-09-01'), to: utc('2024-09-02') },
    { cash: 1e6 },
  )
  const day = { ...of, strategy, params: {} }
  const funded = (events: readonly RunEvent[]) =>
    events.flatMap((event) => (event.type === 'funding' ? [event.at] : []))
  /** Bars 0 to 23 close at 01:00 to 24:00; held from the open of bar 2, 02:00, to that of bar 12, 12:00. */
  const told = (at: number, time: number) => {
    const { options, inputs } = sessionOf(day)
    const run = new LiveRun(options)
    for (const input of inputs.filter(({ kind }) => kind === 'bars')) {
      run.take(input)
      if (run.at === options.from + at * HOUR)
        run.take({ kind: 'funding', slot: 0, time: options.from + time * HOUR, rate: 0.0001, mark: 58_000 })
    }
    return funded(run.events).map((time) => (time - options.from) / HOUR)
  }

  test('is charged on the position as it stood', () => {
    const { result } = simulate(day)
    expect(funded(result.events)).toEqual([utc('2024-09-01') + 8 * HOUR])
    expect(told(8, 8)).toEqual([8])
    // of the instant at which it is bought nothing is charged yet, as in a backtest: it is the position at the bar's open that pays
    expect(told(2, 2)).toEqual([])
    expect(told(3, 3)).toEqual([3])
  })

  test('that is told of late is charged late, if what is held was held then', () => {
    expect(told(9, 8)).toEqual([8])
    expect(told(10, 8)).toEqual([8])
    // nobody held anything
    expect(told(5, 1)).toEqual([])
    expect(told(5, 2.5)).toEqual([])
    // it has been sold since
    expect(told(13, 8)).toEqual([])
  })

  test('is told of once, in order, and to who charges it', () => {
    const { options } = sessionOf(day)
    const run = new LiveRun(options)
    const rate = { kind: 'funding', slot: 0, time: options.from + 8 * HOUR, rate: 0.0001, mark: null } as const
    run.take(rate)
    expect(() => run.take(rate)).toThrow('each is told once, in order')
    expect(() => run.take({ ...rate, time: rate.time + 1, rate: Number.NaN })).toThrow('a funding rate of NaN')
    const free = new LiveRun({ ...options, slots: options.slots.map((slot) => ({ ...slot, funding: null })) })
    expect(() => free.take(rate)).toThrow('this session charges none')
    const sent = new LiveRun({ ...options, fills: 'told' })
    expect(() => sent.take(rate)).toThrow('filled at an exchange')
  })
})

describe('a session whose orders are filled at an exchange', async () => {
  const of = await prepared('sma-cross', [SPOT], { from: utc('2023-01-01'), to: utc('2023-01-02') })
  const strategy = defineStrategy({
    name: 'once',
    state: () => ({ isBought: false }),
    onBar: ({ state }) => {
      if (state.isBought) return
      state.isBought = true
      return buy({ qty: 0.1, stopLoss: 16_000 })
    },
  })

  test('holds what it is told that it holds, whatever the bars say', () => {
    const { options, inputs } = sessionOf({ ...of, strategy, params: {} })
    const run = new LiveRun({ ...options, fills: 'told' })
    const [first, second, ...rest] = inputs
    const asked = run.take(first!)
    const order = asked.find((event) => event.type === 'accepted')!.order
    expect(run.take(second!)).toEqual([])
    expect(run.positionOf('BTCUSDT').qty).toBe(0)
    const fill = { kind: 'fill', symbol: 'BTCUSDT', order: order.id, liquidity: 'taker', at: run.at + 7 } as const
    const events = run.take({ kind: 'told', told: { ...fill, qty: '0.1', price: '16500.01', fee: '1.65' } })
    expect(events.map(({ type }) => type)).toEqual(['fill', 'accepted'])
    expect(run.positionOf('BTCUSDT')).toEqual({ qty: 0.1, entryPrice: 16_500.01 })
    // 10000 − 1.65 in the wallet; the coins are counted at their price
    expect(run.account().wallet).toBe(9998.35)
    expect(run.openOrders()).toMatchObject([{ side: 'sell', trigger: 16_000 }])
    for (const input of rest) run.take(input)
    expect(run.positionOf('BTCUSDT').qty).toBe(0.1)
    const { close: last } = of.slots[0]!.bars
    expect(run.account().equity).toBeCloseTo(9998.35 + 0.1 * (last.at(-1)! - 16_500.01), 8)
  })
})

import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, cancelAll, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { Delay } from '../../src/engine/latency.ts'
import { resolveRisk } from '../../src/engine/risk-limits.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row, type Scene, stage } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const flat = (count: number): Row[] => Array.from({ length: count }, () => FLAT)
/** Opens at 100, 101, 102, …. */
const rising: Row[] = Array.from({ length: 8 }, (_, k) => [100 + k, 101 + k, 99 + k, 100 + k])

const late = (latency: number, cancelLatency: number) => ({ execution: { latency, cancelLatency } })
const both = (ms: number) => late(ms, ms)

describe('orders', () => {
  test.each([
    [0, '1 open buy 1 @ 101 taker'],
    [1, '2 open buy 1 @ 102 taker'],
    [250, '2 open buy 1 @ 102 taker'],
    [HOUR, '2 open buy 1 @ 102 taker'],
    [HOUR + 1, '3 open buy 1 @ 103 taker'],
    [2.5 * HOUR, '4 open buy 1 @ 104 taker'],
  ])('%d ms round up to whole bars', (latency, fill) => {
    const run = play({ rows: rising, decide: { 0: () => buy({ qty: 1 }) }, ...late(latency, 0) })
    expect(fillLines(run)).toEqual([fill])
  })

  test('the event log says when a request arrived, and when it was decided', () => {
    const run = play({ rows: rising, decide: { 1: () => buy({ qty: 1, id: 'a' }), 3: () => close() }, ...both(250) })
    const told = run.events.map((event) => [event.type, event.at / HOUR])
    expect(told).toEqual([
      ['arrived', 3],
      ['accepted', 3],
      ['fill', 3],
      ['arrived', 5],
      ['accepted', 5],
      ['fill', 5],
    ])
    const common = { type: 'arrived', symbol: 'BTCUSDT' }
    expect(eventsOf(run, 'arrived')).toEqual([
      { ...common, at: 3 * HOUR, id: 'a', request: 'order', decidedAt: 2 * HOUR },
      { ...common, at: 5 * HOUR, id: null, request: 'close', decidedAt: 4 * HOUR },
    ])
    const at = play({ rows: rising, decide: { 1: () => buy({ qty: 1 }) } })
    expect(eventsOf(at, 'arrived')).toEqual([])
  })

  test('an order leaves with the quantity of its decision (rule 15)', () => {
    const rows: Row[] = [FLAT, [50, 51, 49, 50], [40, 41, 39, 40]]
    const run = play({ rows, decide: { 0: () => buy({ quote: 1000 }) }, ...both(250) })
    expect(fillLines(run)).toEqual(['2 open buy 10 @ 40 taker'])
  })

  test('funds are judged when it arrives', () => {
    const decide: Scene['decide'] = { 0: () => buy({ qty: 60 }), 1: () => buy({ qty: 60, id: 'second' }) }
    const run = play({ rows: flat(5), decide, ...both(250) })
    // at the close of bar 1 all the cash is free, at that of bar 2 only 4000
    expect(fillLines(run)).toEqual(['2 open buy 60 @ 100 taker'])
    expect(eventsOf(run, 'rejected')).toMatchObject([
      { at: 3 * HOUR, id: 'second', reason: 'INSUFFICIENT_BALANCE', limit: '4000 USDT free' },
    ])
  })

  test('filters are judged when it arrives', () => {
    const percentPrice = { up: '5', down: '0.5', avgPriceMins: 0, oneSided: false }
    const rows: Row[] = [FLAT, [100, 210, 99, 200], [200, 201, 50, 55]]
    const scene: Scene = { rows, decide: { 0: () => buy({ qty: 1, limit: 60 }) }, filters: { percentPrice } }
    // half of 100 is 50, half of 200 is 100
    expect(play(scene).rejected).toBe(0)
    expect(eventsOf(play({ ...scene, ...both(250) }), 'rejected')).toMatchObject([
      { at: 2 * HOUR, reason: 'PERCENT_PRICE' },
    ])
  })

  test('risk limits are judged when it arrives', () => {
    const risk = resolveRisk([{ source: 'the account', limits: { priceCollar: 0.2 } }])
    const rows: Row[] = [FLAT, [100, 210, 99, 200], [200, 201, 50, 55]]
    const scene: Scene = { rows, decide: { 0: () => buy({ qty: 1, limit: 90 }) }, risk }
    expect(play(scene).rejected).toBe(0)
    expect(eventsOf(play({ ...scene, ...both(250) }), 'rejected')).toMatchObject([
      { at: 2 * HOUR, reason: 'RISK_PRICE_COLLAR' },
    ])
  })

  test('legs are at the exchange with their entry: they take no time', () => {
    const rows: Row[] = [FLAT, FLAT, [100, 101, 94, 95], FLAT]
    const run = play({ rows, decide: { 0: () => buy({ qty: 1, stopLoss: 95 }) }, ...both(250) })
    expect(fillLines(run)).toEqual(['2 open buy 1 @ 100 taker', '2 inside sell 1 @ 95 taker'])
  })

  test('after a gap it arrives at the first close, not before', () => {
    const rows: Row[] = [FLAT, null, null, FLAT, [105, 106, 104, 105], FLAT]
    const scene: Scene = { rows, decide: { 0: () => buy({ qty: 1 }) } }
    expect(fillLines(play(scene))).toEqual(['3 open buy 1 @ 100 taker'])
    expect(fillLines(play({ ...scene, ...both(250) }))).toEqual(['4 open buy 1 @ 105 taker'])
  })

  test('what is underway when the data end arrives there, and expires', () => {
    const run = play({ rows: flat(3), decide: { 1: () => buy({ qty: 1 }), 2: () => close() }, ...both(5 * HOUR) })
    expect(run.fills).toEqual([])
    expect(run.events.map((event) => `${event.type} ${event.at / HOUR}`)).toEqual([
      'arrived 3', 'accepted 3', 'arrived 3', 'accepted 3', 'cancelled 3', 'cancelled 3',
    ]) // biome-ignore format: a list
  })

  test('what is wrong with a request is an error where it was decided', () => {
    const decide = { 1: () => buy({ qty: 1, symbol: 'XYZ' }) }
    expect(() => play({ rows: flat(2), decide, ...both(250) })).toThrow(/ordered "XYZ"/)
    expect(() => play({ rows: flat(2), decide: { 1: () => buy({}) }, ...both(250) })).toThrow(/exactly one of qty/)
  })
})

describe('cancels and amendments', () => {
  const dip: Row = [100, 101, 97, 100]

  test('a cancel that arrives after the fill is refused', () => {
    const rows: Row[] = [FLAT, FLAT, dip, FLAT]
    const scene: Scene = { rows, decide: { 0: () => buy({ qty: 1, limit: 98, id: 'a' }), 1: () => cancel('a') } }
    expect(fillLines(play({ ...scene, ...late(250, 0) }))).toEqual([])
    const run = play({ ...scene, ...late(0, 250) })
    expect(fillLines(run)).toEqual(['2 inside buy 1 @ 98 maker'])
    expect(eventsOf(run, 'arrived')).toMatchObject([{ at: 3 * HOUR, id: 'a', request: 'cancel', decidedAt: 2 * HOUR }])
    expect(eventsOf(run, 'rejected')).toMatchObject([{ at: 3 * HOUR, id: 'a', reason: 'UNKNOWN_ORDER' }])
    // one that arrives in time cancels
    const inTime = play({ ...scene, rows: [FLAT, FLAT, FLAT, dip], ...late(0, 250) })
    expect([fillLines(inTime), endLines(inTime)]).toEqual([[], ['a cancelled requested']])
  })

  test('an amendment is judged when it arrives, and until then the order is what it was', () => {
    const rows: Row[] = [FLAT, FLAT, dip, dip, FLAT]
    const decide: Scene['decide'] = {
      0: () => buy({ qty: 1, limit: 90, id: 'a' }),
      1: () => amend('a', { limit: 98 }),
    }
    expect(fillLines(play({ rows, decide }))).toEqual(['2 inside buy 1 @ 98 maker'])
    expect(fillLines(play({ rows, decide, ...late(0, 250) }))).toEqual(['3 inside buy 1 @ 98 maker'])
  })

  test('a cancel overtakes an order that is still underway, and finds nothing', () => {
    const decide: Scene['decide'] = { 0: () => buy({ qty: 1, id: 'a' }), 1: () => cancel('a') }
    const run = play({ rows: flat(6), decide, ...late(2 * HOUR, 0) })
    expect(endLines(run)).toEqual(['a rejected UNKNOWN_ORDER'])
    expect(fillLines(run)).toEqual(['3 open buy 1 @ 100 taker'])
  })

  test('one that follows it finds it, and so does cancelAll', () => {
    for (const request of [cancel('a'), cancelAll()]) {
      const decide: Scene['decide'] = { 0: () => buy({ qty: 1, limit: 90, id: 'a' }), 1: () => request }
      const run = play({ rows: flat(6), decide, ...both(2 * HOUR) })
      expect(endLines(run)).toEqual(['a cancelled requested'])
      expect(eventsOf(run, 'cancelled')).toMatchObject([{ at: 4 * HOUR }])
    }
  })

  test('a late cancelAll leaves what was asked for in the same return, and its legs (rule 21)', () => {
    const decide: Scene['decide'] = {
      0: () => buy({ qty: 1, limit: 90, id: 'old' }),
      1: () => [cancelAll(), buy({ qty: 1, stopLoss: 95, id: 'new' }), buy({ qty: 1, limit: 91, id: 'rest' })],
    }
    const rows: Row[] = [...flat(5), [100, 101, 94, 95], FLAT]
    const run = play({ rows, decide, ...late(0, 2 * HOUR) })
    expect(eventsOf(run, 'cancelled').map(({ id, at, reason }) => [id, at / HOUR, reason])).toEqual([
      ['old', 4, 'requested'],
      ['rest', 7, 'end'],
    ])
    expect(fillLines(run)).toEqual(['2 open buy 1 @ 100 taker', '5 inside sell 1 @ 95 taker'])
    // a later one takes all of it
    const again = play({ rows, decide: { ...decide, 2: () => cancelAll() }, ...late(0, 2 * HOUR) })
    expect(eventsOf(again, 'cancelled').map(({ id, at }) => [id, at / HOUR])).toEqual([
      ['old', 4],
      ['rest', 5],
      ['o1', 5],
    ])
  })

  test('a late cancelAll leaves the close() of its own return, though that is still being filled', () => {
    const decide: Scene['decide'] = { 0: () => buy({ qty: 3 }), 1: () => [cancelAll(), close()] }
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], FLAT, FLAT, FLAT]
    const run = play({ rows, decide, execution: { cancelLatency: 250, participation: 0.1 } })
    expect(fillLines(run).slice(1)).toEqual([
      '2 open sell 1 @ 100 taker',
      '3 open sell 1 @ 100 taker',
      '4 open sell 1 @ 100 taker',
    ])
  })

  test('an order that replaces one of its id comes too early where the cancel takes longer', () => {
    const decide: Scene['decide'] = {
      0: () => buy({ qty: 1, limit: 90, id: 'a' }),
      1: () => [cancel('a'), buy({ qty: 1, limit: 91, id: 'a' })],
    }
    const run = play({ rows: flat(6), decide, ...late(0, 250) })
    expect(endLines(run)).toEqual(['a rejected DUPLICATE_ID', 'a cancelled requested'])
    expect(endLines(play({ rows: flat(6), decide, ...both(250) }))).toEqual([
      'a cancelled requested',
      'a cancelled end',
    ])
  })
})

describe('several series', () => {
  const strategyOf = (symbol: string) =>
    defineStrategy({
      name: 'late',
      onBar: ({ bar, symbol: own }) => (own === symbol && bar.openTime === 0 ? buy({ qty: 1, id: 'a' }) : undefined),
    })
  const coarse = { symbol: 'BTCUSDT', interval: '4h', rows: flat(4) } as const
  const fine = { symbol: 'ETHUSDT', interval: '1h', rows: rising } as const

  test('milliseconds round up to bars of the finest, and a bar that is underway is not met', () => {
    const run = (symbol: string, latency: number) =>
      stage({ strategy: strategyOf(symbol), series: [coarse, fine], execution: { latency } }).fills[0]!.time / HOUR
    expect([run('ETHUSDT', 0), run('ETHUSDT', 250)]).toEqual([1, 2])
    // decided at 4:00, underway until 5:00, when the bar from 4:00 to 8:00 has begun
    expect([run('BTCUSDT', 0), run('BTCUSDT', 250)]).toEqual([4, 8])
  })

  test('what arrives together is judged in the order in which it was sent', () => {
    const strategy = defineStrategy({
      name: 'late',
      onBars: ({ at, symbols }) =>
        at === HOUR ? symbols.map((symbol) => buy({ symbol, qty: 60, id: symbol })).reverse() : undefined,
    })
    const series = ['AAAUSDT', 'BBBUSDT'].map((symbol) => ({ symbol, rows: flat(4) }))
    const run = stage({ strategy, series, execution: { latency: 250 } })
    expect(run.fills.map(({ symbol }) => symbol)).toEqual(['BBBUSDT'])
    expect(eventsOf(run, 'rejected')).toMatchObject([{ symbol: 'AAAUSDT', reason: 'INSUFFICIENT_BALANCE' }])
  })
})

describe('the delay', () => {
  test('of monthly bars is whole months', () => {
    const february = Date.UTC(2023, 1, 1)
    expect(new Delay(0, ['1M']).isNone).toBe(true)
    expect(new Delay(1, ['1M']).after(february)).toBe(Date.UTC(2023, 2, 1))
    expect(new Delay(31 * 24 * HOUR, ['1M']).after(february)).toBe(Date.UTC(2023, 3, 1))
  })

  test('is that of the finest series', () => {
    expect(new Delay(250, ['1d', '5m', '1h']).after(0)).toBe(5 * 60_000)
    expect(new Delay(HOUR, ['1d', '5m', '1h']).after(HOUR)).toBe(2 * HOUR)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%d ms are an error', (ms) => {
    expect(() => play({ rows: [FLAT], decide: {}, ...late(ms, 0) })).toThrow(RangeError)
    expect(() => play({ rows: [FLAT], decide: {}, ...late(0, ms) })).toThrow(RangeError)
  })

  test('a sale is late too', () => {
    const decide: Scene['decide'] = { 0: () => buy({ qty: 1 }), 2: () => sell({ qty: 1 }) }
    expect(fillLines(play({ rows: rising, decide, ...late(250, 0) }))).toEqual([
      '2 open buy 1 @ 102 taker',
      '4 open sell 1 @ 104 taker',
    ])
  })
})

import { describe, expect, test } from 'vitest'
import type { SlippageModel } from '../../src/core/execution.ts'
import { buy, close, type OrderOptions, sell } from '../../src/core/order.ts'
import { eventsOf, play, type Row, type Scene } from './scene.ts'

const ticks = (count: number) => ({ execution: { slippage: { model: 'ticks', ticks: count } as SlippageModel } })
const impact = (factor: number, spreadBps = 0) => ({
  execution: { slippage: { model: 'impact', spreadBps, impact: factor } as SlippageModel },
})

const FLAT: Row = [100, 101, 99, 100]
const prices = (scene: Scene) => play(scene).fills.map(({ price }) => price)
const enters = (request: OrderOptions, rows: readonly Row[], more: Partial<Scene>, side = buy) =>
  play({ rows: [FLAT, ...rows], decide: { 0: () => side(request) }, ...more })

describe('slippage in ticks', () => {
  test('market and stop fills are so many ticks worse, limit fills none; the reference stays in the bar (rule 13)', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 106, 94, 100], FLAT],
      decide: {
        0: () => buy({ qty: 1 }),
        1: () => [sell({ qty: 0.5, stop: 95 }), buy({ qty: 1, limit: 96 })],
        2: () => close(),
      },
      ...ticks(3),
    })
    expect(run.fills.map(({ reference, price }) => [reference, price])).toEqual([
      [100, 100.03],
      [95, 94.97],
      [96, 96],
      [100, 99.97],
    ])
    // 3 ticks of 1, 0.5, 0 and 1.5 coins
    expect(run.slippage).toBeCloseTo(0.03 * 3, 10)
  })

  test('off the grid it is rounded against the trader first; nothing is sold for less than one tick', () => {
    const filters = { price: { min: '0.5', max: '1000', tick: '0.5' } }
    const off: Row = [100.26, 101, 99, 100]
    expect(enters({ qty: 1 }, [off], { filters, ...ticks(2) }).fills[0]?.price).toBe(101.5)
    const short = enters({ qty: 1 }, [off], { filters, kind: 'perpetual', ...ticks(2) }, sell)
    expect(short.fills[0]?.price).toBe(99)
    const cheap: Row = [1, 1.5, 0.5, 1]
    const all = play({
      rows: [cheap, cheap, cheap],
      decide: { 0: () => buy({ qty: 1 }), 1: () => close() },
      filters,
      ...ticks(5),
    })
    expect(all.fills.map(({ price }) => price)).toEqual([3.5, 0.5])
  })

  test('a stop-limit is never filled beyond its limit (rule 10)', () => {
    const run = enters({ qty: 1, stop: 104, limit: 104.02 }, [[100, 105, 99, 100]], ticks(5))
    expect(run.fills[0]?.price).toBe(104.02)
  })

  test('sizes and funds reckon with them: an amount buys what it pays for', () => {
    // 1000 ÷ 100.5 = 9.9502…
    expect(enters({ quote: 1000 }, [FLAT], ticks(50)).fills[0]).toMatchObject({ qty: 9.95, price: 100.5 })
    // 1 % of 10 000 over 100.5 − 97.5
    const risked = enters({ risk: 0.01, stopLoss: 98 }, [FLAT], ticks(50))
    expect(risked.fills[0]?.qty).toBe(33.333)
    const poor = enters({ qty: 1 }, [FLAT], { ...ticks(50), cash: 100.49 })
    expect(eventsOf(poor, 'rejected')).toMatchObject([{ reason: 'INSUFFICIENT_BALANCE', value: '100.5' }])
  })

  test.each([-1, 0.5, Number.NaN])('%d ticks are an error', (count) => {
    expect(() => play({ rows: [FLAT], decide: {}, ...ticks(count) })).toThrow(RangeError)
  })
})

/** Closes 64, 80, 60, 75: returns of +25 %, −25 %, +25 %, so that σ is 0.25; volumes with a mean of 64. */
const MOVING: Row[] = [
  [64, 64, 64, 64, 64],
  [64, 80, 64, 80, 24],
  [80, 80, 60, 60, 104],
  [60, 75, 60, 75, 64],
]
const OPEN: Row = [100, 130, 70, 100, 77_777]

describe('spread and square-root impact', () => {
  const moved = (request: OrderOptions, more: Partial<Scene>, rows: readonly Row[] = [OPEN], side = buy) =>
    play({ rows: [...MOVING, ...rows], decide: { 3: () => side(request) }, cash: 1_000_000, ...more })
  const short = { kind: 'perpetual' } as const

  test('K × σ × √(qty ÷ V): of bars closed before the decision', () => {
    // 0.25 × √(4 ÷ 64) = 0.0625, 0.25 × √(16 ÷ 64) = 0.125
    expect(moved({ qty: 4 }, impact(1)).fills[0]).toMatchObject({ reference: 100, price: 106.25 })
    expect(moved({ qty: 16 }, impact(1)).fills[0]?.price).toBe(112.5)
    expect(moved({ qty: 16 }, impact(0.5)).fills[0]?.price).toBe(106.25)
    expect(moved({ qty: 4 }, { ...impact(1), ...short }, [OPEN], sell).fills[0]?.price).toBe(93.75)
  })

  test('the whole spread is paid on top, also where there is no impact', () => {
    // 10 bps of 100 are 0.1
    expect(moved({ qty: 4 }, impact(1, 10)).fills[0]?.price).toBe(106.35)
    expect(moved({ qty: 4 }, impact(0, 10)).fills[0]?.price).toBe(100.1)
    expect(moved({ qty: 4 }, { ...impact(0, 10), ...short }, [OPEN], sell).fills[0]?.price).toBe(99.9)
  })

  test('rounded to the tick against the trader', () => {
    // 0.25 × √(3 ÷ 64) = 0.05412…
    expect(moved({ qty: 3 }, impact(1)).fills[0]?.price).toBe(105.42)
    expect(moved({ qty: 3 }, { ...impact(1), ...short }, [OPEN], sell).fills[0]?.price).toBe(94.58)
  })

  test('nothing of the bar that fills it counts, and of earlier ones only the last hundred', () => {
    const wild: Row = [100, 500, 1, 3, 1]
    expect(moved({ qty: 4 }, impact(1), [wild]).fills[0]?.price).toBe(106.25)
    const calm = Array.from({ length: 41 }, (): Row => [100, 100, 100, 100, 100_000])
    const swing = (k: number): Row => [100, 110, 100, k % 2 === 0 ? 110 : 100, k === 0 ? 5100 : 100]
    const swings = Array.from({ length: 100 }, (_, k) => swing(k))
    const decide = { 140: () => buy({ qty: 6 }) }
    const run = play({ rows: [...calm, ...swings, OPEN], decide, cash: 1e6, ...impact(1) })
    // of 100 returns every other is 0.1, and every other 1 ÷ 1.1 − 1; the volumes are 5100 and 99 times 100, 150 a bar
    const sigma = Math.sqrt((50 * 0.1 ** 2 + 50 * (1 / 1.1 - 1) ** 2) / 100)
    expect(run.fills[0]?.price).toBe(Math.ceil(100_00 * (1 + sigma * 0.2)) / 100)
  })

  test('a resting stop knows the bars closed before the one that reaches it', () => {
    // a fifth bar of volume 64 and a return of 100 ÷ 75 − 1
    const sigma = Math.sqrt((3 * 0.25 ** 2 + (1 / 3) ** 2) / 4)
    const rows: Row[] = [
      [100, 105, 95, 100, 64],
      [100, 130, 99, 110, 1],
    ]
    const run = moved({ qty: 4, stop: 120 }, impact(1), rows)
    expect(run.fills[0]).toMatchObject({ reference: 120, price: Math.ceil(120_00 * (1 + sigma / 4)) / 100 })
  })

  test('never beyond the limit of a stop-limit, and no limit fill pays it', () => {
    expect(moved({ qty: 4, stop: 120, limit: 121 }, impact(1)).fills[0]?.price).toBe(121)
    expect(moved({ qty: 4, limit: 95 }, impact(1)).fills[0]?.price).toBe(95)
  })

  test('each part of an order that participation divides pays for itself', () => {
    const rows: Row[] = [
      [100, 130, 70, 75, 40],
      [75, 76, 74, 75, 40],
    ]
    const { execution } = impact(1)
    const run = moved({ qty: 8 }, { execution: { ...execution, participation: 0.1 } }, rows)
    // 4 and 4: by the second, there is a fifth bar, with a return of 0 and a volume of 40
    const sigma = Math.sqrt((3 * 0.25 ** 2) / 4)
    const volume = (4 * 64 + 40) / 5
    expect(run.fills.map(({ qty, price }) => [qty, price])).toEqual([
      [4, 106.25],
      [4, Math.ceil(75_00 * (1 + sigma * Math.sqrt(4 / volume))) / 100],
    ])
  })

  /** 0.25 × √(qty ÷ 64). */
  const impactOf = (thousandths: number) => 0.25 * Math.sqrt(thousandths / 64_000)
  /** The most thousandths of a coin of which, at so many cents each, 10 000 are not exceeded: by trying every one. */
  const mostOf = (centsOf: (thousandths: number) => number) => {
    let most = 0
    while (centsOf(most + 1) * (most + 1) <= 10_000 * 1e5) most++
    return most
  }

  test('an amount buys the most that pays for its own impact', () => {
    const priceOf = (thousandths: number) => 75_00 + Math.ceil(75_00 * impactOf(thousandths))
    const most = mostOf(priceOf)
    const run = moved({ quote: 10_000 }, impact(1), [[75, 76, 74, 75, 50]])
    expect(run.fills[0]).toMatchObject({ qty: most / 1000, price: priceOf(most) / 100 })
    // without it, 133.333
    expect(most).toBeLessThan(110_000)
  })

  test('risk is what is lost with the impact at both ends', () => {
    const lossOf = (entry: number, exit: number) => (thousandths: number) => {
      const x = impactOf(thousandths)
      return Math.abs(entry - exit) + Math.ceil(entry * x) + Math.ceil(exit * x)
    }
    // 1 % of a million
    const long = moved({ risk: 0.01, stopLoss: 70 }, impact(1))
    expect(long.events[0]).toMatchObject({ order: { qty: mostOf(lossOf(75_00, 70_00)) / 1000 } })
    const shorted = moved({ risk: 0.01, stopLoss: 80 }, { ...impact(1), ...short }, [OPEN], sell)
    expect(shorted.events[0]).toMatchObject({ order: { qty: mostOf(lossOf(75_00, 80_00)) / 1000 } })
  })

  test('a buy must be able to pay for its impact; a short binds no less for the price it spoils', () => {
    // 75 × 1.0625 = 79.6875, on the tick 79.69, of which four
    const poor = moved({ qty: 4 }, { ...impact(1), cash: 318.74 })
    expect(eventsOf(poor, 'rejected')).toMatchObject([{ reason: 'INSUFFICIENT_BALANCE', value: '318.76' }])
    expect(moved({ qty: 4 }, { ...impact(1), cash: 318.76 }).accepted).toBe(1)
    const terms = { ...impact(1), kind: 'perpetual', margin: { leverage: 1 } } as const
    // 4 × 75
    expect(moved({ qty: 4 }, { ...terms, cash: 299.99 }, [OPEN], sell).accepted).toBe(0)
    expect(moved({ qty: 4 }, { ...terms, cash: 300 }, [OPEN], sell).accepted).toBe(1)
  })

  test('without volume or a return to go by only the spread is paid, and a remark says so', () => {
    const text =
      'BTCUSDT: market impact cannot be reckoned where no earlier bar tells volume and volatility; there only the spread was paid'
    const silent: Row = [100, 101, 99, 100, 0]
    const unknown = play({ rows: [silent, silent, silent], decide: { 1: () => buy({ qty: 1 }) }, ...impact(1, 10) })
    expect([unknown.fills[0]?.price, unknown.notes]).toEqual([100.1, [text]])
    const early = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ qty: 1 }) }, ...impact(1, 10) })
    expect([early.fills[0]?.price, early.notes]).toEqual([100.1, [text]])
    expect(moved({ qty: 4 }, impact(1)).notes).toEqual([])
  })

  test('where nobody has traded for long, the last volume that there was is spread over the time since', () => {
    const quiet = Array.from({ length: 120 }, (_, k): Row => [100, 110, 100, k % 2 === 0 ? 110 : 100, 0])
    const rows: Row[] = [[100, 100, 100, 100, 121], ...quiet, [100, 130, 70, 100, 10]]
    const run = play({ rows, decide: { 120: () => buy({ qty: 0.04 }) }, cash: 1e6, ...impact(1) })
    // 121 over 121 bars is 1 a bar; √0.04 = 0.2
    const sigma = Math.sqrt((50 * 0.1 ** 2 + 50 * (1 / 1.1 - 1) ** 2) / 100)
    expect(run.fills[0]?.price).toBe(Math.ceil(100_00 * (1 + sigma * 0.2)) / 100)
  })

  test('it does not matter how long the bars are, as far as the law goes', () => {
    // four bars of return r and volume v are one of σ 2r and 4v: 2r × √(q ÷ 4v) = r × √(q ÷ v)
    const run = (step: number, volume: number) => {
      const rows = Array.from({ length: 9 }, (_, k): Row => [100, 200, 50, 100 * (1 + step) ** (k % 2), volume])
      return prices({ rows, decide: { 7: () => buy({ qty: 1 }) }, cash: 1e6, ...impact(1) })
    }
    const rms = (step: number) => Math.sqrt((4 * step ** 2 + 3 * (1 / (1 + step) - 1) ** 2) / 7)
    expect(run(0.02, 400)).toEqual([Math.ceil(100_00 * (1 + rms(0.02) / 20)) / 100])
    expect(run(0.01, 100)).toEqual([Math.ceil(100_00 * (1 + rms(0.01) / 10)) / 100])
  })

  test.each([[-1, 0], [Number.NaN, 0], [1, -1], [1, 10_000]])('a factor of %d and a spread of %d bps are an error', (factor, spread) => {
    expect(() => play({ rows: [FLAT], decide: {}, ...impact(factor, spread) })).toThrow(RangeError)
  }) // biome-ignore format: a table
})

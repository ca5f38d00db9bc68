import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ledgerFor } from '../../src/core/money.ts'
import { buy, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { compileTiers, liquidationPrice } from '../../src/engine/tiers.ts'
import { eventsOf, fillLines, HOUR, play, type Row, type Scene, stage, TIERS } from './scene.ts'

const FLAT: Row = [100, 100, 100, 100]
/** Long or short 90 at 100 with 1000 behind it, from the open of bar 1. */
const held = (side: typeof buy, rows: readonly Row[], more: Partial<Scene> = {}) =>
  play({
    kind: 'perpetual',
    cash: 1000,
    rows: [FLAT, ...rows],
    decide: { 0: () => side({ qty: 90 }) },
    margin: { leverage: 10 },
    ...more,
  })

describe('the liquidation price', () => {
  // Binance, "How to calculate liquidation price of USDⓈ-M futures": two positions, isolated and cross
  const eth = { side: 1, qty: 3683.979, entry: 1456.84, ratio: 0.1, cum: 135_365 } as const
  const btc = { side: 1, qty: 109.488, entry: 32_481.98, ratio: 0.025, cum: 16_300 } as const
  const wallet = 1_535_443.01
  test.each([
    ['ETH, isolated', eth, wallet, 1114.78],
    ['BTC, isolated', btc, wallet, 18_778.73],
    ['ETH, cross, beside the BTC position', eth, wallet - 71_200.81144 - 56_354.57, 1153.26],
    ['BTC, cross, beside the ETH position', btc, wallet - 356_512.508 - 448_192.89, 26_316.89],
  ])('%s is the exchange’s own', (_, position, balance, expected) => {
    expect(liquidationPrice({ ...position, balance }).toFixed(2)).toBe(expected.toFixed(2))
  })

  test('of a long: the first price on the grid where 1000 + 90 × (p − 100) is not above 0.4 % of 90 × p', () => {
    // p ≤ 8000 ÷ 89.64 = 89.2459…; at 89.25 the margin is 0.37 above, at 89.24 it is 0.53 below
    expect(liquidationPrice({ side: 1, qty: 90, entry: 100, balance: 1000, ratio: 0.004, cum: 0 })).toBeCloseTo(
      89.245872,
      6,
    )
    expect(held(buy, [[100, 100, 89.25, 95]]).fills).toHaveLength(1)
    const run = held(buy, [[100, 100, 89.24, 95]])
    expect(fillLines(run)).toEqual(['1 open buy 90 @ 100 taker', '1 inside sell 90 @ 89.24 taker'])
    expect(run.trades).toMatchObject([{ exitTag: 'liquidation', exitPrice: 89.24 }])
  })

  test('of a short is its mirror: (1000 + 9000) ÷ 90.36 = 110.668…', () => {
    expect(held(sell, [[100, 110.66, 100, 105]]).fills).toHaveLength(1)
    expect(fillLines(held(sell, [[100, 110.67, 100, 105]]))[1]).toBe('1 inside buy 90 @ 110.67 taker')
  })
})

describe('a liquidation', () => {
  test('explains its arithmetic, and its fee takes at most what the margin still holds', () => {
    const run = held(buy, [[100, 100, 80, 95]])
    const [event] = eventsOf(run, 'liquidation')
    // 90 × 89.24 = 8031.6: maintenance 0.4 %; what is left is 1000 − 90 × 10.76 = 31.6, less than the fee of 1.25 %
    expect(event).toMatchObject({
      mode: 'cross', side: 'long', qty: 90, held: 90, mark: 89.24, entryPrice: 100, balance: 1000, unrealised: -968.4,
      bracket: 1, ratio: 0.004, cum: 0, maintenance: 32.1264, isGap: false, fee: 31.6, shortfall: 0,
      walletBefore: 1000, walletAfter: 0,
    }) // biome-ignore format: one event
    expect(event!.balance + event!.unrealised).toBeLessThanOrEqual(event!.maintenance)
    expect(run.endEquity).toBe(0)
    expect(run.fees).toBe(31.6)
  })

  test('at a gap happens at the open, before a stop that the gap went through too, and names what the gap cost', () => {
    const run = held(buy, [FLAT, [85, 95, 85, 95]], {
      decide: { 0: () => buy({ qty: 90, stopLoss: 92 }) },
    })
    expect(fillLines(run).at(-1)).toBe('2 open sell 90 @ 85 taker')
    expect(run.trades[0]!.exitTag).toBe('liquidation')
    // 90 × 15 = 1350 lost of 1000
    expect(eventsOf(run, 'liquidation')[0]).toMatchObject({ isGap: true, fee: 0, shortfall: 350, walletAfter: -350 })
  })

  test('comes after a stop that is nearer to the open, and before one that is farther', () => {
    const bar: Row = [100, 100, 80, 95]
    const stopped = held(buy, [FLAT, bar], { decide: { 0: () => buy({ qty: 90, stopLoss: 92 }) } })
    expect(fillLines(stopped).at(-1)).toBe('2 inside sell 90 @ 92 taker')
    expect(eventsOf(stopped, 'liquidation')).toEqual([])
    const gone = held(buy, [FLAT, bar], { decide: { 0: () => buy({ qty: 90, stopLoss: 88 }) } })
    expect(fillLines(gone).at(-1)).toBe('2 inside sell 90 @ 89.24 taker')
  })

  test('meets a position that was opened inside the same bar, the bad extreme coming later', () => {
    const run = held(buy, [[102, 102, 80, 95]], { decide: { 0: () => buy({ qty: 90, limit: 100 }) } })
    expect(fillLines(run)).toEqual(['1 inside buy 90 @ 100 maker', '1 inside sell 90 @ 89.24 taker'])
    const before = held(buy, [[102, 102, 80, 95]], { decide: { 0: () => buy({ qty: 90, limit: 100, stopLoss: 85 }) } })
    expect(before.trades[0]!.exitTag).toBe('liquidation')
    const stopped = held(buy, [[102, 102, 80, 95]], { decide: { 0: () => buy({ qty: 90, limit: 100, stopLoss: 95 }) } })
    expect(stopped.trades[0]!.exitTag).toBe('stop')
  })

  test('after an entry inside the bar the way is measured from the entry: a nearer stop comes first', () => {
    const bar: Row = [100, 105, 98, 100]
    const more = { margin: { leverage: 20 } } as const
    // 190 at 104 are liquidated at some 99.1, five away; the stop is one away
    const stopped = held(buy, [bar], { ...more, decide: { 0: () => buy({ qty: 190, stop: 104, stopLoss: 103 }) } })
    expect(fillLines(stopped)).toEqual(['1 inside buy 190 @ 104 taker', '1 inside sell 190 @ 103 taker'])
    const short = held(sell, [[100, 102, 95, 100]], {
      ...more,
      decide: { 0: () => sell({ qty: 190, stop: 96, stopLoss: 97 }) },
    })
    expect(fillLines(short)[1]).toBe('1 inside buy 190 @ 97 taker')
    const far = held(buy, [bar], { ...more, decide: { 0: () => buy({ qty: 190, stop: 104, stopLoss: 98.5 }) } })
    expect(far.trades[0]!.exitTag).toBe('liquidation')
  })

  test('an entry above the open is liquidated on the way down from it, not at the open', () => {
    const run = held(buy, [[100, 121, 99, 100]], {
      margin: { leverage: 20 },
      decide: { 0: () => buy({ qty: 100, stop: 120 }) },
    })
    // (1000 − 12 000) ÷ (100 × −0.996) = 110.44…
    expect(eventsOf(run, 'liquidation')[0]).toMatchObject({ mark: 110.44, isGap: false, shortfall: 0 })
    expect(run.endEquity).toBeGreaterThanOrEqual(0)
  })

  test('of two positions on cross margin that which fell is liquidated, on its own way, in whichever order they are declared', () => {
    for (const symbols of [
      ['AAAUSDT', 'BBBUSDT'],
      ['BBBUSDT', 'AAAUSDT'],
    ]) {
      const rowsOf = (symbol: string): Row[] =>
        symbol === 'BBBUSDT' ? [FLAT, FLAT, [100, 101, 85, 86], [86, 86, 86, 86]] : [FLAT, FLAT, FLAT, FLAT]
      const run = stage({
        cash: 1000,
        series: symbols.map((symbol) => ({
          symbol,
          rows: rowsOf(symbol),
          kind: 'perpetual',
          margin: { leverage: 20 },
        })),
        strategy: defineStrategy({
          name: 'two',
          onBars: ({ at }) =>
            at === HOUR ? [buy({ symbol: 'AAAUSDT', qty: 10 }), buy({ symbol: 'BBBUSDT', qty: 100 })] : undefined,
        }),
      })
      const [first] = eventsOf(run, 'liquidation')
      // 4 of the 1000 keep A: (996 − 10 000) ÷ (100 × −0.996) = 90.40…
      expect(first).toMatchObject({ symbol: 'BBBUSDT', mark: 90.4, isGap: false, shortfall: 0 })
      expect(eventsOf(run, 'liquidation').every(({ shortfall }) => shortfall === 0)).toBe(true)
      expect(run.endEquity).toBeGreaterThanOrEqual(0)
    }
  })

  test('of two positions on cross margin the stop of one keeps the other alive, in whichever order they are declared', () => {
    const crash: Row = [100, 101, 85, 86]
    for (const [first, second] of [
      ['AAAUSDT', 'BBBUSDT'],
      ['BBBUSDT', 'AAAUSDT'],
    ] as const) {
      const rowsOf = (symbol: string): Row[] =>
        symbol === 'BBBUSDT' ? [FLAT, FLAT, crash, [86, 86, 86, 86]] : [FLAT, FLAT, FLAT, FLAT]
      const run = stage({
        cash: 1000,
        series: [first, second].map((symbol) => ({
          symbol,
          rows: rowsOf(symbol),
          kind: 'perpetual',
          margin: { leverage: 20 },
        })),
        strategy: defineStrategy({
          name: 'two',
          onBars: ({ at }) =>
            at === HOUR
              ? [buy({ symbol: 'AAAUSDT', qty: 10 }), buy({ symbol: 'BBBUSDT', qty: 100, stopLoss: 97 })]
              : undefined,
        }),
      })
      expect(eventsOf(run, 'liquidation')).toEqual([])
      expect(run.endEquity).toBe(700)
    }
  })

  test('of two positions on cross margin one that is closed at the open takes nothing from the other after that', () => {
    for (const symbols of [
      ['AAAUSDT', 'BBBUSDT'],
      ['BBBUSDT', 'AAAUSDT'],
    ]) {
      const run = stage({
        cash: 1000,
        series: symbols.map((symbol) => ({
          symbol,
          rows: [
            FLAT,
            FLAT,
            symbol === 'BBBUSDT' ? ([100, 101, 86, 88] as const) : ([100, 101, 98.2, 100] as const),
            FLAT,
          ],
          kind: 'perpetual' as const,
          margin: { leverage: 20 },
        })),
        strategy: defineStrategy({
          name: 'two',
          onBars: ({ at }) =>
            at === HOUR
              ? [buy({ symbol: 'AAAUSDT', qty: 80 }), buy({ symbol: 'BBBUSDT', qty: 60 })]
              : at === 2 * HOUR
                ? close({ symbol: 'BBBUSDT' })
                : undefined,
        }),
      })
      // at 86 B would have lost 840 of 1000, and A 144 at its worst: but B was closed at 100 before
      expect(eventsOf(run, 'liquidation')).toEqual([])
      expect(run.endEquity).toBe(1000)
    }
  })

  test('of two positions on cross margin a stop that the bar opens beyond keeps the other alive no better than that open', () => {
    for (const symbols of [
      ['AAAUSDT', 'BBBUSDT'],
      ['BBBUSDT', 'AAAUSDT'],
    ]) {
      const run = stage({
        cash: 1000,
        series: symbols.map((symbol) => ({
          symbol,
          rows: [FLAT, FLAT, symbol === 'BBBUSDT' ? ([92, 92, 86, 88] as const) : ([100, 101, 97, 98] as const), FLAT],
          kind: 'perpetual' as const,
          margin: { leverage: 20, liquidationFee: 0 },
        })),
        strategy: defineStrategy({
          name: 'two',
          onBars: ({ at }) =>
            at === HOUR
              ? [buy({ symbol: 'AAAUSDT', qty: 80 }), buy({ symbol: 'BBBUSDT', qty: 100, stopLoss: 99 })]
              : undefined,
        }),
      })
      // the stop gives 92: 200 are left, of which 80 × 3 go on this bar, and not on the next
      expect(eventsOf(run, 'liquidation').map(({ at, symbol }) => [at, symbol])).toContainEqual([2 * HOUR, 'AAAUSDT'])
    }
  })

  test('of two positions on cross margin one is taken away though the other leaves at this very open, in whichever order they are declared', () => {
    const crash: Row = [100, 101, 86, 88]
    for (const symbols of [
      ['AAAUSDT', 'BBBUSDT'],
      ['BBBUSDT', 'AAAUSDT'],
    ]) {
      const rows: Row[] = [FLAT, FLAT, crash, [88, 88, 88, 88]]
      const run = stage({
        cash: 1000,
        series: symbols.map((symbol) => ({ symbol, rows, kind: 'perpetual' as const, margin: { leverage: 20 } })),
        strategy: defineStrategy({
          name: 'two',
          onBars: ({ at }) =>
            at === HOUR
              ? [buy({ symbol: 'AAAUSDT', qty: 80 }), buy({ symbol: 'BBBUSDT', qty: 100 })]
              : at === 2 * HOUR
                ? close({ symbol: 'BBBUSDT' })
                : undefined,
        }),
      })
      // 1000 + 80 × (p − 100) is not above 0.4 % of 80 × p from 7000 ÷ 79.68 = 87.851… on
      const at = { at: 2 * HOUR, symbol: 'AAAUSDT', mark: 87.85, isGap: false, shortfall: 0 }
      const events = eventsOf(run, 'liquidation')
      expect(events.filter(({ symbol }) => symbol === 'AAAUSDT')).toMatchObject([at])
      // what is left is nothing, so that who comes second leaves at the open one way or the other
      expect(run.fills.filter(({ symbol }) => symbol === 'BBBUSDT').map(({ price }) => price)).toEqual([100, 100])
      expect(run.endEquity).toBe(0)
    }
  })

  test('where nobody traded the mark alone takes a position away, if it is the exchange’s own', () => {
    const silent: Row = [100, 100, 100, 100, 0]
    const marks = [
      [100, 100, 100, 100],
      [100, 100, 100, 100],
      [100, 100, 50, 60],
    ] as const
    const run = held(buy, [FLAT, silent], { marks })
    expect(eventsOf(run, 'liquidation')).toHaveLength(1)
    // a stop is an order, which nobody met
    const stopped = held(buy, [FLAT, silent], { marks, decide: { 0: () => buy({ qty: 90, stopLoss: 95 }) } })
    expect(stopped.trades[0]!.exitTag).toBe('liquidation')
    expect(eventsOf(held(buy, [FLAT, silent]), 'liquidation')).toEqual([])
  })

  test('is judged by the mark, not by the last price', () => {
    const marks = [100, 100, 100].map(() => [100, 100, 100, 100] as const)
    const wick = held(buy, [FLAT, [100, 100, 50, 95]], { marks })
    expect(wick.fills).toHaveLength(1)
    const fallen = held(buy, [FLAT, FLAT], { marks: [...marks.slice(0, 2), [100, 100, 89.12345678, 95]] })
    expect(eventsOf(fallen, 'liquidation')[0]!.mark).toBeCloseTo(8000 / 89.64, 7)
  })

  test('takes a larger position tier by tier: down to the cap of the tier below, then asks again', () => {
    // 600 at 100 is 60 000: bracket 2, 0.5 % and cum 50; with 1200 behind it, 61 250 − 60 000 … falls at
    // (1200 + 50 − 60 000) ÷ (600 × 0.005 − 600) = 98.4087…, so at 98.40: 500 is kept, the lower tier's 50 000 ÷ 98.40 = 508.13
    const run = held(buy, [[100, 100, 98.4, 98.4]], {
      cash: 1200,
      decide: { 0: () => buy({ qty: 600 }) },
      margin: { leverage: 100, liquidationFee: 0 },
    })
    expect(eventsOf(run, 'liquidation')).toMatchObject([{ bracket: 2, cum: 50, held: 600, qty: 91.87, mark: 98.4 }])
    expect(run.fills.at(-1)!.position).toBe(508.13)
    // a little lower the rest goes as well: its own price is (240 − 50 813 − 147) ÷ (508.13 × −0.996)
    const all = held(buy, [[100, 100, 90, 95]], {
      cash: 1200,
      decide: { 0: () => buy({ qty: 600 }) },
      margin: { leverage: 100, liquidationFee: 0 },
    })
    expect(eventsOf(all, 'liquidation').map(({ bracket }) => bracket)).toEqual([2, 1])
    expect(all.fills.at(-1)!.position).toBe(0)
  })

  test('of an isolated position loses its margin and no more; of a cross position the whole account stands behind it', () => {
    const isolated = held(buy, [[100, 100, 50, 60]], { cash: 10_000, margin: { leverage: 10, mode: 'isolated' } })
    // 900 set aside: (900 − 9000) ÷ (90 × −0.996) = 90.3614…
    expect(eventsOf(isolated, 'liquidation')[0]).toMatchObject({ balance: 900, mark: 90.36, walletAfter: 9100 })
    const cross = held(buy, [[100, 100, 50, 60]], { cash: 10_000 })
    expect(eventsOf(cross, 'liquidation')).toEqual([])
    expect(cross.endEquity).toBe(10_000 - 90 * 40)
  })

  test('of an isolated position tier by tier: what one part cost stands behind the rest no longer', () => {
    for (const side of [buy, sell]) {
      const bar: Row = side === buy ? [100, 100, 90, 95] : [100, 110, 100, 105]
      const run = held(side, [bar], {
        cash: 10_000,
        decide: { 0: () => side({ qty: 600 }) },
        margin: { leverage: 50, mode: 'isolated' },
      })
      const events = eventsOf(run, 'liquidation')
      expect(events.map(({ bracket, isGap }) => [bracket, isGap])).toEqual([
        [2, false],
        [1, false],
      ])
      expect(events[0]!.balance).toBe(1200)
      expect(events[1]!.balance).toBeCloseTo(1200 + events[0]!.walletAfter - events[0]!.walletBefore, 8)
      // 1200 were set aside, and no more is lost
      expect(run.endEquity).toBeGreaterThanOrEqual(10_000 - 1200)
      expect(events.every(({ shortfall }) => shortfall === 0)).toBe(true)
    }
  })

  test('cancels what is open', () => {
    const run = held(buy, [FLAT, [100, 100, 80, 95]], {
      decide: { 0: () => buy({ qty: 90 }), 1: () => sell({ qty: 1, limit: 150, id: 'far' }) },
    })
    expect(eventsOf(run, 'cancelled')).toMatchObject([{ id: 'far', reason: 'liquidation' }])
  })
})

describe('leverage tiers', () => {
  const file = join(import.meta.dirname, '../../../shared/datasets/leverage-tiers/binance-usdm-leverageBracket.json')
  test.skipIf(!existsSync(file))('the recorded ones have exactly the cum that makes maintenance continuous', () => {
    type Bracket = Record<'notionalFloor' | 'notionalCap' | 'maintMarginRatio' | 'cum' | 'initialLeverage', number>
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as { symbol: string; brackets: Bracket[] }[]
    expect(recorded).toHaveLength(10)
    for (const { symbol, brackets } of recorded) {
      const tiers = compileTiers(
        {
          symbol,
          asOf: 0,
          source: 'recorded',
          brackets: brackets.map((one) => ({
            floor: String(one.notionalFloor),
            cap: String(one.notionalCap),
            ratio: String(one.maintMarginRatio),
            cum: String(one.cum),
            leverage: one.initialLeverage,
          })),
        },
        ledgerFor(1000),
      )
      expect(tiers).toHaveLength(brackets.length)
    }
  })

  test('a cum or a floor that does not fit is refused with bracket and value', () => {
    const change = (k: number, more: object) => ({
      ...TIERS,
      brackets: TIERS.brackets.map((one, n) => (n === k ? { ...one, ...more } : one)),
    })
    const ledger = ledgerFor(1000)
    expect(() => compileTiers(change(1, { cum: '51' }), ledger)).toThrow(/BTCUSDT.*bracket 2: cum 51/)
    expect(() => compileTiers(change(2, { floor: '500000' }), ledger)).toThrow(
      /bracket 3: floor 500000 is not the cap 600000/,
    )
    expect(() => compileTiers({ ...TIERS, brackets: [] }, ledger)).toThrow(/no bracket/)
  })

  test('leverage beyond the tiers is refused before the run', () => {
    expect(() => held(buy, [FLAT], { margin: { leverage: 126 } })).toThrow(/leverage 126 of BTCUSDT.*from 1 to 125/)
    expect(() => held(buy, [FLAT], { margin: { leverage: 2.5 } })).toThrow(/leverage 2.5/)
  })
})

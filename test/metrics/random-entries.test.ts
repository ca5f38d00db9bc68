import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { Fill } from '../../src/core/fill.ts'
import { type Random, seededRandom } from '../../src/core/random.ts'
import type { Trade } from '../../src/core/trade.ts'
import { randomEntries } from '../../src/metrics/random-entries.ts'
import { RandomPlacement } from '../../src/metrics/random-placement.ts'
import { fill, HOUR, openTrade, START, trade } from './made-up.ts'
import { scattered } from './scattered.ts'

const COST = 0.001

/** Hourly bars with these opens; each closes where the next one opens. */
function barsOf(opens: readonly number[], symbol = 'BTCUSDT'): Bars {
  const open = Float64Array.from(opens)
  const close = Float64Array.from(opens, (one, k) => opens[k + 1] ?? one)
  return {
    series: { venue: 'binance', symbol, interval: '1h' },
    length: open.length,
    priceDecimals: 8,
    openTime: Float64Array.from(opens, (_, k) => START + k * HOUR),
    ...{ open, close, high: open, low: open, volume: open },
  }
}

function walk(rows: number, random: Random): number[] {
  let price = 100
  return Array.from({ length: rows }, () => (price *= 1 + (random() - 0.5) * 0.02))
}

interface Held {
  readonly row: number
  readonly bars: number
  readonly isLong?: boolean
}

/** Trades of half the equity at the opens of these rows, each after the one before it; a side costs COST of its notional. */
function tradesOf({ open, series }: Bars, held: readonly Held[]) {
  const trades: Trade[] = []
  const before: number[] = []
  let equity = 1000
  for (const { row, bars, isLong = true } of held) {
    const [entryPrice, exitPrice] = [open[row]!, open[row + bars]!]
    const notional = equity / 2
    const ratio = exitPrice / entryPrice
    const pnl = notional * ((isLong ? ratio - 1 : 1 - ratio) - COST * (1 + ratio))
    trades.push(
      trade({
        ...{ symbol: series.symbol, side: isLong ? 'long' : 'short', pnl, return: pnl / notional, bars },
        ...{ qty: notional / entryPrice, entryPrice, exitPrice },
        entryTime: START + row * HOUR,
        exitTime: START + (row + bars) * HOUR,
      }),
    )
    before.push(equity)
    equity += pnl
  }
  return { trades, before: Float64Array.from(before) }
}

const PAID = [fill({ side: 'buy', qty: 2, price: 100, fee: 0.15, slippage: 0.05 })]

function input(bars: readonly Bars[], made: ReturnType<typeof tradesOf>) {
  const to = Math.max(...bars.map(({ length }) => START + length * HOUR))
  const fills = bars.flatMap(({ series }) => PAID.map((one) => ({ ...one, symbol: series.symbol })))
  return { bars, ...made, openTrades: [], fills, from: START, to, riskFree: 0 }
}

function known(result: ReturnType<typeof randomEntries>) {
  if ('reason' in result) throw new Error(result.reason)
  return result
}

/** Entries with a chance of 1 in 20 on each bar on which nothing is held, for 1 to 12 bars, both sides. */
function blindly(rows: number, random: Random): Held[] {
  const held: Held[] = []
  for (let row = 1; row < rows - 1; row++) {
    if (random() >= 0.05) continue
    const bars = 1 + Math.floor(random() * 12)
    if (row + bars > rows - 1) break
    held.push({ row, bars, isLong: random() < 0.5 })
    row += bars - 1
  }
  return held
}

describe('a random placement', () => {
  test('has every order and every place alike', () => {
    // lengths 1 and 2 among bars 1 to 5: 2 free bars in 3 gaps, 6 ways, in 2 orders
    const placement = new RandomPlacement(Int32Array.of(1, 2), 1, 6)
    const random = seededRandom(17)
    const counts = new Map<string, number>()
    const draws = 24_000
    for (let k = 0; k < draws; k++) {
      placement.draw(random)
      const key = `${placement.order.join()} ${placement.starts.join()}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(
      ['1,2', '1,3', '1,4', '2,3', '2,4', '3,4']
        .map((key) => `0,1 ${key}`)
        .concat(['1,3', '1,4', '1,5', '2,4', '2,5', '3,5'].map((key) => `1,0 ${key}`)),
    )
    const error = Math.sqrt(draws * (1 / 12) * (11 / 12))
    for (const count of counts.values()) expect(Math.abs(count - draws / 12)).toBeLessThan(5 * error)
  })
  test('lays all stretches, none over another or beyond the bars', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.nat(),
        (given, room, seed) => {
          const lengths = Int32Array.from(given)
          const end = 1 + given.reduce((a, b) => a + b) + room
          const placement = new RandomPlacement(lengths, 1, end)
          const random = seededRandom(seed)
          for (let draw = 0; draw < 3; draw++) {
            placement.draw(random)
            const { order, starts } = placement
            expect([...order].sort((a, b) => a - b)).toEqual(given.map((_, k) => k))
            let free = 1
            for (let k = 0; k < starts.length; k++) {
              expect(starts[k]).toBeGreaterThanOrEqual(free)
              free = starts[k]! + lengths[order[k]!]!
            }
            expect(free).toBeLessThanOrEqual(end)
          }
        },
      ),
    )
  })
  test('refuses what does not fit', () => {
    expect(() => new RandomPlacement(Int32Array.of(3, 3), 1, 6)).toThrow('1 bars longer than the 5 there are')
  })
})

describe('random entries', () => {
  test('where all bars are alike they come to what the trades came to, sides and costs included', () => {
    const bars = barsOf(Array.from({ length: 24 * 40 }, (_, k) => 100 * 1.001 ** k))
    const held = Array.from({ length: 12 }, (_, k) => ({ row: 5 + 60 * k, bars: 3 + k, isLong: k % 3 !== 0 }))
    const result = known(randomEntries(input([bars], tradesOf(bars, held)), 1))
    const end = held.reduce((factor, { bars: count, isLong }) => {
      const ratio = 1.001 ** count
      return factor * (1 + 0.5 * ((isLong ? ratio - 1 : 1 - ratio) - COST * (1 + ratio)))
    }, 1)
    const { totalReturn, sharpe, ...rest } = result
    expect(totalReturn.observed).toBeCloseTo(end - 1, 12)
    for (const value of totalReturn.percentiles) expect(value).toBeCloseTo(end - 1, 12)
    expect(totalReturn.p).toBe(1)
    expect(sharpe!.percentiles).toHaveLength(21)
    // 3 + 4 + … + 14 bars of the 958 between the second and the last
    expect(rest).toEqual({ trades: 12, resamples: 499, held: 102 / 958 })
  })

  test('p is uniform for entries that are random themselves: Kolmogorov and Smirnov at 1 %', () => {
    const runs = 300
    const rows = 24 * 35
    const [byReturn, bySharpe]: [number[], number[]] = [[], []]
    for (let seed = 1; byReturn.length < runs; seed++) {
      const random = seededRandom(scattered(seed))
      const bars = barsOf(walk(rows, random))
      const result = known(randomEntries(input([bars], tradesOf(bars, blindly(rows, random))), 100_000 + seed))
      byReturn.push(result.totalReturn.p)
      bySharpe.push(result.sharpe!.p)
    }
    for (const all of [byReturn, bySharpe]) {
      const sorted = all.sort((a, b) => a - b)
      const apart = sorted.map((p, k) => Math.max(Math.abs(p - k / runs), Math.abs(p - (k + 1) / runs)))
      expect(Math.max(...apart)).toBeLessThan(1.63 / Math.sqrt(runs))
    }
  })

  test('p is the least there is for entries that know the future, and 1 for those that do the opposite', () => {
    const random = seededRandom(8)
    const bars = barsOf(walk(24 * 40, random))
    const knowing: Held[] = []
    for (let row = 1; row < bars.length - 6; row += 7)
      knowing.push({ row, bars: 5, isLong: bars.open[row + 5]! > bars.open[row]! })
    const wrong = knowing.map((one) => ({ ...one, isLong: !one.isLong }))
    const of = (held: readonly Held[]) => known(randomEntries(input([bars], tradesOf(bars, held)), 2))
    const good = of(knowing)
    expect(good.totalReturn.p).toBe(1 / (1 + good.resamples))
    expect(good.sharpe!.p).toBe(1 / (1 + good.resamples))
    expect(of(wrong).totalReturn.p).toBe(1)
  })

  test('trades of a symbol lie on its own bars', () => {
    // one symbol doubles within the range, the other stands still: all that is made is made on the first
    const rising = barsOf(
      Array.from({ length: 24 * 40 }, (_, k) => 100 * 2 ** (k / 960)),
      'UP',
    )
    const still = barsOf(new Array(24 * 40).fill(50), 'FLAT')
    const held = Array.from({ length: 10 }, (_, k) => ({ row: 5 + 60 * k, bars: 24 }))
    const both = [tradesOf(rising, held), tradesOf(still, held)]
    const made = {
      trades: both.flatMap(({ trades }) => trades),
      before: Float64Array.from(both.flatMap(({ before }) => [...before])),
    }
    const { totalReturn } = known(randomEntries(input([rising, still], made), 1))
    const day = 2 ** (24 / 960)
    const end = (1 + 0.5 * (day - 1 - COST * (1 + day))) ** 10 * (1 - COST) ** 10
    expect(totalReturn.median).toBeCloseTo(end - 1, 12)
    expect(totalReturn.observed).toBeCloseTo(end - 1, 12)
  })

  test('no trade lies on bars that what is still open holds', () => {
    // up to bar 500 nothing moves; a draw that comes later would show
    const bars = barsOf(Array.from({ length: 24 * 40 }, (_, k) => (k <= 500 ? 100 : 200 + k)))
    const made = tradesOf(
      bars,
      Array.from({ length: 10 }, (_, k) => ({ row: 5 + 40 * k, bars: 5 })),
    )
    const open = openTrade({ pnl: 1, entryTime: START + 500 * HOUR })
    const alone = known(randomEntries(input([bars], made), 1))
    const beside = known(randomEntries({ ...input([bars], made), openTrades: [open] }, 1))
    expect(beside.totalReturn.within95.high).toBeCloseTo(beside.totalReturn.observed, 12)
    expect(alone.totalReturn.within95.high).toBeGreaterThan(alone.totalReturn.observed + 0.01)
  })

  test('funding is left out of the run’s trades', () => {
    const bars = barsOf(walk(24 * 40, seededRandom(3)))
    const made = tradesOf(
      bars,
      Array.from({ length: 10 }, (_, k) => ({ row: 5 + 40 * k, bars: 5 })),
    )
    const funded = made.trades.map((one) => {
      const pnl = one.pnl - 3
      return { ...one, funding: 3, pnl, return: (pnl * one.return) / one.pnl }
    })
    const plain = known(randomEntries(input([bars], made), 1))
    const paid = known(randomEntries(input([bars], { ...made, trades: funded }), 1))
    expect(paid.totalReturn.observed).toBeCloseTo(plain.totalReturn.observed, 12)
  })

  test('what is scaled in and out is held as large as it was on the mean, and pays for all that was entered', () => {
    const growth = 1.001
    const bars = barsOf(Array.from({ length: 24 * 40 }, (_, k) => 100 * growth ** k))
    const trades: Trade[] = []
    const fills: Fill[] = []
    // 1 for two hours, 2 for two, 1 for two: 4/3 on the mean of six, where 2 were bought
    const steps = [
      { after: 0, side: 'buy', position: 1 },
      { after: 2, side: 'buy', position: 2 },
      { after: 4, side: 'sell', position: 1 },
      { after: 6, side: 'sell', position: 0 },
    ] as const
    const before = 2000
    const shares: number[] = []
    for (let row = 5; trades.length < 10; row += 60) {
      const priceAt = (after: number) => bars.open[row + after]!
      for (const { after, ...step } of steps) {
        const price = priceAt(after)
        fills.push(fill({ ...step, qty: 1, price, fee: COST * price, time: START + (row + after) * HOUR }))
      }
      const spent = priceAt(0) + priceAt(2)
      const got = priceAt(4) + priceAt(6)
      const pnl = got - spent - COST * (spent + got)
      trades.push(
        trade({
          ...{ pnl, return: pnl / spent, qty: 2, entryPrice: spent / 2, exitPrice: got / 2, bars: 6 },
          ...{ entryTime: START + row * HOUR, exitTime: START + (row + 6) * HOUR },
        }),
      )
      shares.push(((4 / 3) * (spent / 2)) / before)
    }
    const asked = { bars: [bars], trades, before: new Float64Array(10).fill(before), openTrades: [], fills }
    const { totalReturn } = known(randomEntries({ ...asked, from: START, to: START + 960 * HOUR, riskFree: 0 }, 1))
    const ratio = growth ** 6
    const anew = shares.reduce((factor, share) => factor * (1 + share * (ratio - 1 - 1.5 * COST * (1 + ratio))), 1)
    for (const value of totalReturn.percentiles) expect(value).toBeCloseTo(anew - 1, 12)
    // the run's own trades come to what they came to
    const own = trades.reduce((factor, { pnl }) => factor * (1 + pnl / before), 1)
    expect(totalReturn.observed).toBeCloseTo(own - 1, 12)
  })

  test('a run that is always in the market has hardly any other place', () => {
    const bars = barsOf(walk(24 * 40, seededRandom(3)))
    const held = Array.from({ length: 19 }, (_, k) => ({ row: 1 + 50 * k, bars: 49 }))
    expect(randomEntries(input([bars], tradesOf(bars, held)), 1)).toEqual({
      reason: 'a position is held on 97 % of the bars: the trades could hardly have been anywhere else',
    })
  })

  test('the same run and seed give the same bytes', () => {
    const bars = barsOf(walk(24 * 40, seededRandom(3)))
    const made = input([bars], tradesOf(bars, blindly(bars.length, seededRandom(4))))
    const text = (seed: number) => JSON.stringify(randomEntries(made, seed))
    expect(text(1)).toBe(text(1))
    expect(text(2)).not.toBe(text(1))
  })

  /** Sharpe ratio of the value at the end of each day, hour by hour; a year's risk-free return is 7.3 %. */
  function sharpeOf({ open, close }: Bars, held: readonly Held[]): number {
    const days = new Array<number>(40).fill(0)
    const add = (row: number, value: number) => {
      days[Math.floor(row / 24)]! += value / 2
    }
    for (const { row, bars, isLong } of held) {
      const entry = open[row]!
      add(row, -COST)
      for (let at = row; at < row + bars; at++) add(at, ((isLong ? 1 : -1) * (close[at]! - open[at]!)) / entry)
      add(row + bars, (-COST * open[row + bars]!) / entry)
    }
    const mean = days.reduce((a, b) => a + b) / 40
    const variance = days.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 39
    return ((mean - 0.0002) / Math.sqrt(variance)) * Math.sqrt(365)
  }

  test('Sharpe ratios are of the value at the end of each day, of the run and of every draw', () => {
    const bars = barsOf(walk(24 * 40, seededRandom(12)))
    const held = Array.from({ length: 12 }, (_, k) => ({ row: 5 + 77 * k, bars: 7 * k + 1, isLong: k % 2 === 0 }))
    const { sharpe, resamples } = known(randomEntries({ ...input([bars], tradesOf(bars, held)), riskFree: 0.073 }, 1))
    expect(sharpe!.observed).toBeCloseTo(sharpeOf(bars, held), 9)
    const placement = new RandomPlacement(
      Int32Array.from(held, (one) => one.bars),
      1,
      bars.length - 1,
    )
    const random = seededRandom(1)
    const draws = Array.from({ length: resamples }, () => {
      placement.draw(random)
      return sharpeOf(
        bars,
        [...placement.order].map((n, k) => ({ ...held[n]!, row: placement.starts[k]! })),
      )
    }).sort((a, b) => a - b)
    expect(sharpe!.median).toBeCloseTo(draws[(resamples - 1) / 2]!, 9)
    expect(sharpe!.percentiles[0]).toBeCloseTo(draws[0]!, 9)
    expect(sharpe!.percentiles[20]).toBeCloseTo(draws.at(-1)!, 9)
  })
})

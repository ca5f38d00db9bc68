import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { Fill } from '../../src/core/fill.ts'
import type { OrderView } from '../../src/core/order.ts'
import type { Trade } from '../../src/core/trade.ts'
import { diffTrades, type Pair, type TradeDiff } from '../../src/runs/diff-trades.ts'
import { tradeStories } from '../../src/runs/trade-story.ts'
import { play } from '../properties/run.ts'
import { scenario } from '../properties/scenario.ts'

const HOUR = 3_600_000

/** A trade by hand: decided at the close `decided` hours in, filled an hour later. */
interface Made {
  readonly symbol?: string
  readonly side?: 'long' | 'short'
  readonly decided: number
  readonly qty?: number
  readonly entryPrice?: number
  readonly hours?: number
  readonly exitPrice?: number
  readonly pnl: number
}

/** Trades one after the other with the fills and events that make them. */
function runOf(made: readonly Made[]) {
  const [trades, fills, events]: [Trade[], Fill[], RunEvent[]] = [[], [], []]
  for (const one of made) {
    const { symbol = 'AAAUSDT', side = 'long', qty = 1, entryPrice = 100, exitPrice = 110, hours = 5 } = one
    const n = trades.length + 1
    const entryTime = one.decided * HOUR
    const exitTime = entryTime + hours * HOUR
    const step = (id: string, at: number, way: 'buy' | 'sell', price: number, position: number) => {
      const order: OrderView = {
        ...{ id, symbol, side: way, type: 'market', qty, limit: null, trigger: null },
        ...{ tif: 'GTC', reduceOnly: false, role: 'order', tag: null },
      }
      const fill: Fill = {
        ...{ n: fills.length + 1, order: id, symbol, side: way, role: 'order', time: at, phase: 'open', qty, price },
        ...{ reference: price, liquidity: 'taker', fee: 0, feeAsset: 'USDT', slippage: 0, realised: 0, position },
        tag: null,
      }
      events.push({ type: 'accepted', at, order }, { type: 'fill', at, fill })
      fills.push(fill)
    }
    const sign = side === 'long' ? 1 : -1
    step(`in${n}`, entryTime, side === 'long' ? 'buy' : 'sell', entryPrice, sign * qty)
    step(`out${n}`, exitTime, side === 'long' ? 'sell' : 'buy', exitPrice, 0)
    trades.push({
      ...{ n, symbol, side, qty, entryTime, entryPrice, exitTime, exitPrice, pnl: one.pnl, fees: 0, funding: 0 },
      ...{ return: 0, bars: hours, mae: 0, mfe: 0, entryTag: 'entry', exitTag: 'signal' },
    })
  }
  return { trades, fills, events }
}

const numbers = (pairs: readonly Pair[]) => pairs.map(({ a, b }) => [a?.n ?? null, b?.n ?? null])

describe('trades of two runs', () => {
  test('added, removed, moved and kept, with what each explains', () => {
    const a = runOf([
      { decided: 10, pnl: 5.1 }, // kept, a fee of 0.3 more in b
      { decided: 20, pnl: -2 }, // moved: b came in at another price
      { decided: 30, pnl: 7 }, // not in b
      { decided: 40, pnl: 1 }, // kept as it is
      { decided: 50, pnl: 3 }, // in b too, the other way round: removed here, added there
    ])
    const b = runOf([
      { decided: 10, pnl: 4.8 },
      { decided: 20, pnl: -2.5, entryPrice: 100.5 },
      { decided: 40, pnl: 1 },
      { decided: 50, pnl: -3.2, side: 'short' },
      { decided: 60, pnl: 0.07 },
    ])
    const found = diffTrades(a, b)
    // −3.2 + 0.07 = −3.13; the loss of the short explains more than the gain of 0.07
    expect([numbers(found.added.pairs), found.added.pnl]).toEqual([
      [
        [null, 4],
        [null, 5],
      ],
      '-3.13',
    ])
    // −7 − 3
    expect([numbers(found.removed.pairs), found.removed.pnl]).toEqual([
      [
        [3, null],
        [5, null],
      ],
      '-10',
    ])
    expect([numbers(found.moved.pairs), found.moved.pnl]).toEqual([[[2, 2]], '-0.5'])
    expect([numbers(found.kept.pairs), found.kept.pnl]).toEqual([
      [
        [1, 1],
        [4, 3],
      ],
      '-0.3',
    ])
    // a: 5.1 − 2 + 7 + 1 + 3 = 14.1; b: 4.8 − 2.5 + 1 − 3.2 + 0.07 = 0.17
    expect(found.pnl).toBe('-13.93')
  })

  test.each([
    ['quantity', { qty: 2 }],
    ['entry price', { entryPrice: 99 }],
    ['exit time', { hours: 6 }],
    ['exit price', { exitPrice: 111 }],
  ])('one decision with another %s has moved', (_, change) => {
    const found = diffTrades(runOf([{ decided: 10, pnl: 1 }]), runOf([{ decided: 10, pnl: 1, ...change }]))
    expect(numbers(found.moved.pairs)).toEqual([[1, 1]])
    expect(found.moved.pnl).toBe('0')
  })

  test('an entry that filled later is told by its decision, not by its fill', () => {
    const early = runOf([{ decided: 10, pnl: 1 }])
    const late = runOf([{ decided: 12, pnl: 2 }])
    // a resting order: decided at the same close, filled two hours later
    const accepted = late.events[0] as Extract<RunEvent, { type: 'accepted' }>
    const rested = { ...late, events: [{ ...accepted, at: 10 * HOUR }, ...late.events.slice(1)] }
    expect(numbers(diffTrades(early, rested).moved.pairs)).toEqual([[1, 1]])
    expect(numbers(diffTrades(early, late).moved.pairs)).toEqual([])
    // sent at the same close and two hours underway
    const arrived = { type: 'arrived', at: 12 * HOUR, symbol: 'AAAUSDT', id: null, request: 'order' } as const
    const delayed = { ...late, events: [{ ...arrived, decidedAt: 10 * HOUR }, ...late.events] }
    expect(numbers(diffTrades(early, delayed).moved.pairs)).toEqual([[1, 1]])
  })

  test('trades of one decision are paired in their order', () => {
    const a = runOf([
      { decided: 10, hours: 1, pnl: 1 },
      { decided: 10, hours: 2, pnl: 2 },
    ])
    const found = diffTrades(a, runOf([{ decided: 10, hours: 1, pnl: 1.5 }]))
    expect([numbers(found.kept.pairs), found.kept.pnl]).toEqual([[[1, 1]], '0.5'])
    expect([numbers(found.removed.pairs), found.removed.pnl]).toEqual([[[2, null]], '-2'])
  })

  test('files that contradict one another are no trades', () => {
    const run = runOf([{ decided: 10, pnl: 1 }])
    expect(() => diffTrades(run, { ...run, fills: run.fills.slice(0, 1) })).toThrow(RangeError)
    expect(() => diffTrades({ ...run, trades: [] }, run)).toThrow(/2 fills make 1 trades, and there are 0/)
  })
})

const made: fc.Arbitrary<Made> = fc.record({
  symbol: fc.constantFrom('AAAUSDT', 'BBBUSDT'),
  side: fc.constantFrom('long', 'short'),
  decided: fc.integer({ min: 1, max: 6 }),
  qty: fc.constantFrom(1, 1, 2),
  hours: fc.constantFrom(1, 1, 3),
  // whole units of 10^-8 up to what a double still tells apart
  pnl: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }).map((units) => units / 1e8),
})

/** Units of 10^-8 of an amount of at most 8 decimals, from its text alone. */
function units(amount: number | string): bigint {
  const text = typeof amount === 'string' ? amount : amount.toFixed(8)
  const [whole, fraction = ''] = text.replace('-', '').split('.')
  return (text.startsWith('-') ? -1n : 1n) * BigInt(whole! + fraction.padEnd(8, '0'))
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((all, one) => all + one, 0n)
const closed = ({ trades }: { readonly trades: readonly Trade[] }) => sum(trades.map(({ pnl }) => units(pnl)))
const groups = ({ added, removed, moved, kept }: TradeDiff) => [added, removed, moved, kept]

function expectWhole(
  a: { readonly trades: readonly Trade[] },
  b: { readonly trades: readonly Trade[] },
  found: TradeDiff,
) {
  const pairs = groups(found).flatMap((group) => group.pairs)
  const of = (side: 'a' | 'b') =>
    pairs.flatMap((pair) => (pair[side] === null ? [] : [pair[side].n])).sort((x, y) => x - y)
  expect(of('a')).toEqual(a.trades.map(({ n }) => n))
  expect(of('b')).toEqual(b.trades.map(({ n }) => n))
  for (const group of groups(found)) expect(sum(group.pairs.map(({ pnl }) => units(pnl)))).toBe(units(group.pnl))
  expect(sum(groups(found).map(({ pnl }) => units(pnl)))).toBe(closed(b) - closed(a))
  expect(units(found.pnl)).toBe(closed(b) - closed(a))
  expect(found.added.pairs.every((pair) => pair.a === null && pair.b !== null)).toBe(true)
  expect(found.removed.pairs.every((pair) => pair.b === null && pair.a !== null)).toBe(true)
  for (const { a: x, b: y } of [...found.moved.pairs, ...found.kept.pairs])
    expect([x!.symbol, x!.side]).toEqual([y!.symbol, y!.side])
}

describe('whatever two runs have traded', () => {
  test('groups part both lists, and their pnl adds up to the difference, to the last digit', () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 12 }), fc.array(made, { maxLength: 12 }), (one, other) => {
        const [a, b] = [runOf(one), runOf(other)]
        const found = diffTrades(a, b)
        expectWhole(a, b, found)
        // of each decision as many pairs as both have, and what the one has more
        const keys = (list: readonly Made[]) => list.map(({ symbol, side, decided }) => `${symbol} ${side} ${decided}`)
        const count = (list: readonly string[], key: string) => list.filter((own) => own === key).length
        const all = [...new Set([...keys(one), ...keys(other)])]
        const more = (x: readonly Made[], y: readonly Made[]) =>
          all.reduce((n, key) => n + Math.max(0, count(keys(x), key) - count(keys(y), key)), 0)
        expect(found.removed.pairs.length).toBe(more(one, other))
        expect(found.added.pairs.length).toBe(more(other, one))
      }),
      { numRuns: 300 },
    )
  })

  test('the same of the engine’s own runs, which scale in and out, flip and are liquidated', () => {
    let paired = 0
    fc.assert(
      fc.property(scenario(true), fc.constantFrom(0, 30), fc.constantFrom(0, 0.002), (of, slippageBps, feeTaker) => {
        const [a, b] = [play(of), play({ ...of, slippageBps, feeTaker })]
        const found = diffTrades(a, b)
        expectWhole(a, b, found)
        paired += found.moved.pairs.length + found.kept.pairs.length
        const same = diffTrades(a, a)
        expect(numbers(same.kept.pairs).sort((x, y) => x[0]! - y[0]!)).toEqual(a.trades.map(({ n }) => [n, n]))
        expect(same.pnl).toBe('0')
      }),
      { numRuns: 150 },
    )
    expect(paired).toBeGreaterThan(30)
  })
})

describe('which fills made which trade', () => {
  test('from flat to flat, with the times, prices and quantities that the engine gave the trade', () => {
    let many = 0
    let turned = 0
    fc.assert(
      fc.property(scenario(true), (of) => {
        const result = play(of)
        const { closed: stories, open } = tradeStories(result)
        expect(stories.map(({ trade }) => trade)).toEqual(result.trades)
        for (const { trade, executions } of stories) {
          const fills = executions.map(({ fill }) => fill)
          const [first, last] = [fills[0]!, fills.at(-1)!]
          expect([first.time, last.time]).toEqual([trade.entryTime, trade.exitTime])
          expect(fills.every(({ symbol }) => symbol === trade.symbol)).toBe(true)
          expect(first.side).toBe(trade.side === 'long' ? 'buy' : 'sell')
          for (const { order, fill, acceptedAt } of executions) {
            if (fill.role !== 'liquidation') expect(order).toMatchObject({ id: fill.order, symbol: fill.symbol })
            // what is closed at the end is closed where its own bars ended, which may be before the run's end
            if (fill.phase !== 'close') expect(acceptedAt).toBeLessThanOrEqual(fill.time)
          }
          // a fill that turns the position belongs to two trades: only then have fills and trade different fees
          const isAlone = stories.every(
            (story) => story.trade === trade || !story.executions.some(({ fill }) => fills.includes(fill)),
          )
          const isTurned = !isAlone || open.some((some) => some.some(({ fill }) => fills.includes(fill)))
          if (isTurned) turned++
          else expect(fills.reduce((all, { fee }) => all + units(fee), 0n)).toBe(units(trade.fees))
          if (fills.length > 2) many++
        }
        const still = open.map(([entry]) => entry!.fill.symbol).sort()
        expect(still).toEqual(result.openTrades.map(({ symbol }) => symbol).sort())
      }),
      { numRuns: 200 },
    )
    expect(Math.min(many, turned)).toBeGreaterThan(5)
  })
})

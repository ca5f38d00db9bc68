import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalOf } from '../../src/core/decimal.ts'
import type { RunEvent } from '../../src/core/event.ts'
import { ledgerFor } from '../../src/core/money.ts'
import { buy, close, type OrderOptions, sell } from '../../src/core/order.ts'
import { ceilDiv } from '../core/exact.ts'
import { play, type Scene } from '../engine/scene.ts'

/** One decision at the close of a bar at `price`, on a grid of ticks of 0.01 and steps of 0.001. */
function sized(options: OrderOptions, price: number, scene: Partial<Scene> = {}, side = buy) {
  const bar = [price, price, price, price] as const
  const run = play({ rows: [bar, bar], decide: { 0: () => side(options) }, ...scene })
  return run.events
}
/** Thousandths of a coin by the decimal text: × 1000 in floats is off by one above 2^52. */
const qtyOf = (events: readonly RunEvent[]) => {
  const [first] = events
  if (first?.type !== 'accepted') return null
  const { digits, decimals } = decimalOf(first.order.qty)
  return Number(digits * 10n ** BigInt(3 - decimals))
}

const PPM = 10n ** 6n

/** Cents, thousandths of a coin, millionths of a fee: what buying takes, notional and fee each rounded up to the unit. */
function cost(cents: bigint, qty: bigint, fee: bigint, decimals: number): bigint {
  const units = 10n ** BigInt(decimals)
  const notional = cents * qty * units
  return ceilDiv(notional, 10n ** 5n) + ceilDiv(notional * fee, 10n ** 5n * PPM)
}

/** The most thousandths whose cost stays within `amount` units. */
function mostWithin(amount: bigint, cents: bigint, fee: bigint, decimals: number): bigint {
  let [low, high] = [0n, 10n ** 20n]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (cost(cents, middle, fee, decimals) <= amount) low = middle
    else high = middle
  }
  return low
}

const cash = fc.constantFrom(50.00000001, 10_000, 1_234_567.89, 10 ** 9, 10 ** 12)
const cents = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9_000_000 }))
const feePpm = fc.constantFrom(0, 1, 750, 1000, 4000, 99_999)
/** Percent of all there is, so that the whole of it is asked for often. */
const percent = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(100))

describe('fills.md 15: an order leaves with a quantity', () => {
  test('quote and fraction buy the most whole steps that, with their fee, stay within the amount', () => {
    fc.assert(
      fc.property(cash, cents, feePpm, percent, fc.boolean(), (start, c, fee, share, isQuote) => {
        const { decimals } = ledgerFor(start)
        const start8 = decimalOf(start)
        // the amount in ledger units, from the decimal text of both numbers
        const equity = (start8.digits * 10n ** BigInt(decimals)) / 10n ** BigInt(start8.decimals)
        const quote = (start * share) / 100
        const asked = decimalOf(quote)
        const amount = isQuote
          ? (asked.digits * 10n ** BigInt(decimals)) / 10n ** BigInt(asked.decimals)
          : (equity * BigInt(share)) / 100n
        const size = isQuote ? { quote } : { fraction: share / 100 }
        const lot = { min: '0.001', max: '0', step: '0.001' }
        const events = sized(size, c / 100, { cash: start, feeTaker: fee / 1e6, filters: { lot } })
        const most = mostWithin(amount, BigInt(c), BigInt(fee), decimals)
        const within = most > BigInt(Number.MAX_SAFE_INTEGER) || most === 0n ? null : Number(most)
        expect(qtyOf(events)).toBe(within)
      }),
      { numRuns: 400, examples: [[10 ** 12, 11, 1000, 49, false]] },
    )
  })

  test('an amount that just pays for a quantity buys it; one unit less does not', () => {
    const qtys = fc.integer({ min: 2, max: 5000 })
    const cheap = fc.integer({ min: 1, max: 300_000 })
    fc.assert(
      fc.property(cheap, qtys, feePpm, fc.boolean(), (c, qty, fee, isShort) => {
        const amount = cost(BigInt(c), BigInt(qty), BigInt(fee), 8) - (isShort ? 1n : 0n)
        const quote = Number(amount) / 1e8
        const events = sized({ quote }, c / 100, { cash: 90_000, feeTaker: fee / 1e6 })
        expect(qtyOf(events)).toBe(isShort ? qty - 1 : qty)
      }),
      { numRuns: 400 },
    )
  })

  test('a unit of account that pays for ten thousand million steps is no reason to try them one by one', () => {
    // cash of 10^12 is kept in whole units: of 100, one is the fee; 99 buy 9900 coins at 0.01
    const lot = { min: '0.00000001', max: '0', step: '0.00000001' }
    const events = sized({ quote: 100 }, 0.01, { cash: 10 ** 12, feeTaker: 0.001, filters: { lot } })
    expect(events[0]).toMatchObject({ type: 'accepted', order: { qty: 9900 } })
  })

  test('a limit buy is reckoned from its limit, a market buy from the close with slippage', () => {
    // 1000 ÷ 90 = 11.111…; 1000 ÷ (100 × 1.01) = 9.900990…
    expect(qtyOf(sized({ quote: 1000, limit: 90 }, 100))).toBe(11_111)
    expect(qtyOf(sized({ quote: 1000 }, 100, { slippageBps: 100 }))).toBe(9900)
    // 1010 ÷ 101 is 10 exactly
    expect(qtyOf(sized({ quote: 1010 }, 100, { slippageBps: 100 }))).toBe(10_000)
  })

  test('risk loses its share of equity at the stop, fees at both ends and slippage included', () => {
    // 1 % of 10 000 over 100 − 98 is 50
    expect(qtyOf(sized({ risk: 0.01, stopLoss: 98 }, 100))).toBe(50_000)
    // loss of one coin: 2 + 0.001 × (100 + 98) = 2.198; 100 ÷ 2.198 = 45.4959…
    expect(qtyOf(sized({ risk: 0.01, stopLoss: 98 }, 100, { feeTaker: 0.001 }))).toBe(45_495)
    // slippage of 1 %: in at 101, out at 97.02: 100 ÷ 3.98 = 25.1256…
    expect(qtyOf(sized({ risk: 0.01, stopLoss: 98 }, 100, { slippageBps: 100 }))).toBe(25_125)
    // a loss that floats put at 0.29999999999999716, and an amount at 56.99999999999999: 57 ÷ 0.3 = 190
    expect(100.1 - 99.8).not.toBe(0.3)
    expect(0.57 * 100).toBeLessThan(57)
    const perpetual = { kind: 'perpetual', cash: 100 } as const
    expect(qtyOf(sized({ risk: 0.57, stopLoss: 99.8 }, 100.1, perpetual))).toBe(190_000)
    // a short risks what lies above it
    expect(qtyOf(sized({ risk: 0.01, stopLoss: 102 }, 100, { kind: 'perpetual' }, sell))).toBe(50_000)
  })

  test('risk in whole numbers, whatever the prices', () => {
    const prices = fc.tuple(fc.integer({ min: 2, max: 100_000 }), fc.integer({ min: 1, max: 99_999 }))
    fc.assert(
      fc.property(prices, feePpm, fc.integer({ min: 1, max: 500 }), ([entry, below], fee, permille) => {
        const stop = Math.max(1, entry - below)
        fc.pre(stop < entry)
        // 10 000 × permille ÷ 1000 = 10 × permille, in 1e-8; the loss of a thousandth of a coin in 1e-11
        const amount = BigInt(permille) * 10n ** 9n
        const loss = BigInt(entry - stop) * PPM + BigInt(fee) * BigInt(entry + stop)
        const expected = (amount * 10n ** 3n) / loss
        // what is owed for the whole of it must be a whole number of units too
        fc.pre(expected * BigInt(entry) * 1000n < 2n ** 52n)
        const options = { risk: permille / 1000, stopLoss: stop / 100 }
        const lot = { min: '0.001', max: '0', step: '0.001' }
        const events = sized(options, entry / 100, { kind: 'perpetual', feeTaker: fee / 1e6, filters: { lot } })
        expect(qtyOf(events)).toBe(expected === 0n ? null : Number(expected))
      }),
      { numRuns: 300 },
    )
  })

  test('an order that no account could pay for, or no whole number hold, is refused or cut, and never an error', () => {
    const rows = {
      filters: { lot: { min: '0.001', max: '0', step: '0.001' }, price: { min: '0', max: '0', tick: '0.01' } },
    }
    for (const size of [1e6, 1e9, 1e12])
      expect(sized({ qty: size }, 100, rows)).toMatchObject([{ type: 'rejected', reason: 'INSUFFICIENT_BALANCE' }])
    for (const size of [1e13, 1e20, 1e300, 1e308])
      expect(sized({ qty: size }, 100, rows)).toMatchObject([
        { type: 'rejected', filter: 'LOT_SIZE', limit: '9007199254740.991, the most that is counted exactly' },
      ])
    for (const quote of [1e6, 1e9, 1e12, 1e20, 1e300, 1e308])
      expect(sized({ quote }, 100, rows)).toMatchObject([
        { type: 'cut', to: 100 },
        { type: 'accepted', order: { qty: 100 } },
        { type: 'fill' },
      ])
    for (const limit of [1e12, 1e15, 1e300, 1e308])
      expect(sized({ qty: 1, limit }, 100, rows)[0]).toMatchObject({ type: 'rejected', reason: 'INSUFFICIENT_BALANCE' })
    // a limit below one tick rounds down to 0, at which any quantity is payable
    for (const size of [{ quote: 100 }, { fraction: 0.5 }, { risk: 0.1, stopLoss: 90 }])
      expect(sized({ ...size, limit: 0.004 }, 100, rows)[0]).toMatchObject({ type: 'rejected' })
    for (const stop of [1e12, 1e15, 1e300, 1e308])
      expect(sized({ qty: 1, stop }, 100, { ...rows, slippageBps: 10 })[0]).toMatchObject({ type: 'rejected' })
  })
})

test('a coin of which billions cost a dollar keeps its quantities exact where fees are taken from them', () => {
  const filters = {
    price: { min: '0.01', max: '0', tick: '0.01' },
    lot: { min: '1.00', max: '46116860414.00', step: '1.00' },
  }
  const bar = [0.01, 0.01, 0.01, 0.01] as const
  const decide = { 0: () => buy({ qty: 4_611_686_041 }), 1: () => buy({ qty: 3 }), 2: () => close() }
  const run = play({
    rows: [bar, bar, bar, bar],
    decide,
    cash: 10 ** 8,
    feeTaker: 0.00075,
    feeAsset: 'received',
    filters,
  })
  // 2^53 holds 46116860414 to 5 decimals: fees are 0.00075 × qty, rounded up there
  const bought = 4_611_686_041 - 3_458_764.53075
  expect(run.fills.map(({ side, qty, position }) => [side, qty, position])).toEqual([
    ['buy', 4_611_686_041, Math.floor(bought)],
    // 0.46925 and 3 − 0.00225
    ['buy', 3, Math.floor(bought) + 3],
    ['sell', Math.floor(bought) + 3, 0],
  ])
  expect(run.events.at(-1)).toMatchObject({ type: 'dust', qty: 0.467 })
})

test('more of a coin than whole numbers hold is refused before it is bought', () => {
  const filters = { price: { min: '0.01', max: '0', tick: '0.01' }, lot: { min: '1', max: '0', step: '0.00000001' } }
  const bar = [0.01, 0.01, 0.01, 0.01] as const
  const decide = {
    0: () => buy({ qty: 80_000_000 }),
    1: () => buy({ qty: 10_071_993 }),
    2: () => buy({ qty: 10_071_992 }),
  }
  const run = play({ rows: [bar, bar, bar, bar], decide, cash: 10 ** 7, filters })
  expect(run.events.filter((event) => event.type === 'rejected')).toMatchObject([
    { filter: 'MAX_POSITION', limit: '90071992.54740991, the most that is counted exactly' },
  ])
  expect(run.openTrades).toMatchObject([{ qty: 90_071_992 }])
})

test('fraction is of equity to the last unit, also of holdings whose value floats round', () => {
  const lot = { min: '0.00000001', max: '0', step: '0.00000001' }
  let isMissed = 0
  const cents = fc.integer({ min: 1000, max: 9_000_000 })
  fc.assert(
    fc.property(cents, fc.integer({ min: 1, max: 999_999 }), cents, (entry, qty, mark) => {
      const bar = (price: number) => [price / 100, price / 100, price / 100, price / 100] as const
      const run = play({
        kind: 'perpetual',
        rows: [bar(entry), bar(entry), bar(mark), bar(mark)],
        // at a price of 1 there are as many units of quantity as of money
        decide: { 0: () => buy({ qty: qty / 1e6 }), 2: () => buy({ fraction: 1, limit: 1, id: 'all' }) },
        cash: 90_000,
        filters: { lot },
      })
      // millionths of a coin times cents are whole units of 1e-8: nothing is rounded
      const equity = 90_000n * 10n ** 8n + BigInt(qty) * (BigInt(mark) - BigInt(entry))
      fc.pre(equity > 0n)
      const float = 90_000 - (entry / 100) * (qty / 1e6) + (mark / 100) * (qty / 1e6)
      if (BigInt(Math.floor(float * 1e8)) !== equity) isMissed++
      const accepted = run.events.find((event) => event.type === 'accepted' && event.order.id === 'all')
      expect(accepted?.type === 'accepted' && BigInt(Math.round(accepted.order.qty * 1e8))).toBe(equity)
    }),
    { numRuns: 300 },
  )
  expect(isMissed).toBeGreaterThan(10)
})

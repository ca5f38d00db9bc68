import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { LeverageTiers } from '../../src/core/leverage.ts'
import { buy, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { Margin } from '../../src/engine/margin.ts'
import { type Row, stage } from './scene.ts'

/** Maintenance that rises steeply, and continuously, with what is held. */
const STEEP: LeverageTiers = {
  symbol: 'BTCUSDT',
  asOf: 0,
  source: 'made by hand',
  brackets: [
    { floor: '0', cap: '20000', ratio: '0.004', cum: '0', leverage: 50 },
    { floor: '20000', cap: '60000', ratio: '0.05', cum: '920', leverage: 50 },
    { floor: '60000', cap: '90000000', ratio: '0.12', cum: '5120', leverage: 50 },
  ],
}

/** Steps from close to close, in whole units of a price near 1000, and how far a bar reaches beyond them. */
const step = fc.tuple(fc.integer({ min: -60, max: 60 }), fc.nat(40), fc.nat(40))

const plan = fc.record({
  steps: fc.array(step, { minLength: 60, maxLength: 60 }),
  side: fc.constantFrom(1, -1),
  leverage: fc.constantFrom(2, 5, 10, 20, 50),
  mode: fc.constantFrom('cross' as const, 'isolated' as const),
  /** Of what the leverage allows. */
  share: fc.double({ min: 0.3, max: 0.95, noNaN: true }),
  lasts: fc.integer({ min: 3, max: 30 }),
  looks: fc.array(fc.nat(60), { maxLength: 4 }),
})
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

function rowsOf(steps: Plan['steps']): Row[] {
  let last = 1000
  return steps.map(([by, up, down]): Row => {
    const open = last
    last = Math.max(100, open + by)
    return [open, Math.max(open, last) + up, Math.max(1, Math.min(open, last) - down), last]
  })
}

function run({ steps, side, leverage, mode, share, lasts, looks }: Plan, isWatched: boolean) {
  const seen: number[] = []
  let calls = 0
  const strategy = defineStrategy({
    name: 'in-and-out',
    // a limit that nobody reaches: such an account is watched bar by bar
    ...(isWatched && { risk: { maxPosition: 1e12 } }),
    onBar({ account, position, bar }) {
      if (looks.includes(++calls)) seen.push(account.free, account.equity, position.unrealised)
      if (calls % lasts !== 1) return undefined
      if (position.qty !== 0) return close()
      if (account.equity < 100) return undefined
      const qty = (share * leverage * account.equity) / bar.close
      return side === 1 ? buy({ qty }) : sell({ qty })
    },
  })
  const margin = { mode, leverage, tiers: STEEP, liquidationFee: 0.0125 }
  const result = stage({ strategy, series: [{ symbol: 'BTCUSDT', rows: rowsOf(steps), kind: 'perpetual', margin }] })
  const { events, trades } = result
  return { seen, events, trades, equity: [...result.equity.equity] }
}

test('a perpetual on margin comes to the same whether a liquidation is looked for on every bar or only where it can be', () => {
  let [longs, shorts] = [0, 0]
  fc.assert(
    fc.property(plan, (asked) => {
      const each = run(asked, true)
      expect(run(asked, false)).toEqual(each)
      const liquidations = each.events.filter(({ type }) => type === 'liquidation').length
      if (asked.side === 1) longs += liquidations
      else shorts += liquidations
    }),
    { numRuns: 300 },
  )
  expect(Math.min(longs, shorts)).toBeGreaterThan(20)
})

const account = fc.record({
  markets: fc.array(fc.array(step, { minLength: 40, maxLength: 40 }), { minLength: 2, maxLength: 3 }),
  /** Of each hour, in ten thousandths; so much is never charged, and it is what takes a position from safe to lost inside one step. */
  rates: fc.array(fc.integer({ min: -200, max: 400 }), { minLength: 40, maxLength: 40 }),
  leverage: fc.constantFrom(3, 10, 20),
  share: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
  lasts: fc.integer({ min: 6, max: 30 }),
})

/** All markets of one account on cross margin, half of them short, with funding on every bar. */
function crossRun({
  markets,
  rates,
  leverage,
  share,
  lasts,
}: typeof account extends fc.Arbitrary<infer T> ? T : never) {
  let calls = 0
  const strategy = defineStrategy({
    name: 'all-in-and-out',
    onBars({ account: { equity }, symbols, bars, positions }) {
      if (calls++ % lasts !== 0) return undefined
      const held = symbols.filter((symbol) => positions[symbol]!.qty !== 0)
      if (held.length > 0) return held.map((symbol) => close({ symbol }))
      if (equity < 100) return undefined
      return symbols.map((symbol, k) => {
        const qty = (share * leverage * equity) / symbols.length / bars[symbol]!.close
        return k % 2 === 0 ? buy({ symbol, qty }) : sell({ symbol, qty })
      })
    },
  })
  const margin = { mode: 'cross' as const, leverage, tiers: STEEP, liquidationFee: 0.0125 }
  const funding = rates.map((rate, hour) => [hour, rate / 10_000] as const)
  const { events, trades, equity } = stage({
    strategy,
    series: markets.map((steps, k) => ({
      ...{ symbol: `C${k}USDT`, rows: rowsOf(steps), kind: 'perpetual' as const, margin, funding },
    })),
  })
  return { events, trades, equity: [...equity.equity] }
}

test('an account on cross margin comes to the same whether it is looked at once a step and then less its funding, or anew each time', () => {
  let [funded, liquidated] = [0, 0]
  fc.assert(
    fc.property(account, (asked) => {
      const quick = crossRun(asked)
      // the reckoning in doubles says nothing then: each position is judged exactly, on every bar
      const slow = vi.spyOn(Margin.prototype, 'isOutOfReach').mockReturnValue(false)
      try {
        expect(quick).toEqual(crossRun(asked))
      } finally {
        slow.mockRestore()
      }
      funded += quick.events.filter(({ type }) => type === 'funding').length
      liquidated += quick.events.filter(({ type }) => type === 'liquidation').length
    }),
    { numRuns: 200 },
  )
  expect(funded).toBeGreaterThan(2000)
  expect(liquidated).toBeGreaterThan(50)
})

test('that all on cross margin is safe says nothing of a position on isolated margin beside it', () => {
  const [calm, crash] = [[100, 100, 100, 100] as Row, [100, 100, 80, 82] as Row]
  const { events } = stage({
    cash: 100_000,
    series: [
      { symbol: 'AAAUSDT', rows: [calm, calm, calm], kind: 'perpetual', margin: { mode: 'cross', leverage: 10 } },
      { symbol: 'BBBUSDT', rows: [calm, calm, crash], kind: 'perpetual', margin: { mode: 'isolated', leverage: 10 } },
    ],
    strategy: defineStrategy({
      name: 'both',
      onBars: ({ symbols, positions }) =>
        symbols.filter((symbol) => positions[symbol]!.qty === 0).map((symbol) => buy({ symbol, qty: 1 })),
    }),
  })
  const taken = events.filter(({ type }) => type === 'liquidation')
  expect(taken).toMatchObject([{ symbol: 'BBBUSDT', mode: 'isolated' }])
})

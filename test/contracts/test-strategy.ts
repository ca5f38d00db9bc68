import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { Fill } from '../../src/core/fill.ts'
import { type BacktestOptions, type BacktestRun, runBacktest } from '../../src/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

export interface StrategyContract {
  /** File of `strategies/`, without its ending. */
  readonly name: string
  readonly data: readonly string[]
  /** Made before the runs; the embedded store where absent. */
  readonly store?: () => Promise<string>
  readonly from: string
  readonly to: string
  readonly set?: BacktestOptions['set']
  /** Of perpetuals. */
  readonly margin?: BacktestOptions['margin']
  readonly leverage?: number
  /** What the strategy is there to show → whether a fill shows it. */
  readonly shows: Readonly<Record<string, (fill: Fill, run: BacktestRun) => boolean>>
}

const HOUR = 3_600_000

/** What every strategy that is shipped has to keep. */
export function testStrategy(contract: StrategyContract): void {
  const { name, data, from, to, set, margin, leverage, shows } = contract
  const file = join(ROOT, 'strategies', `${name}.ts`)
  let store: string | undefined
  let whole: BacktestRun
  /** Runs of `whole` and the models that it trained, which the shorter runs take: they are of all that is stored. */
  let home: string
  const runTo = (end: string | number, out?: string) =>
    runBacktest({
      strategy: file,
      data,
      from,
      to: end,
      ...(set && { set }),
      ...(margin && { margin }),
      ...(leverage !== undefined && { leverage }),
      ...(store !== undefined && { store }),
      ...(out === undefined ? { write: false, out: home } : { out }),
    })

  describe(`strategy ${name} on ${data.length === 1 ? data[0] : `${data.length} series`}`, () => {
    beforeAll(async () => {
      store = await contract.store?.()
      home = scratch()
      whole = await runTo(to, home)
    })

    test('is what a reader expects of an example', () => {
      const text = readFileSync(file, 'utf8')
      expect(text.startsWith('/**\n * ')).toBe(true)
      const comment = text.slice(0, text.indexOf('*/')).replaceAll(/\s*\n \*\s*/g, ' ')
      expect(comment).toMatch(/What it is: /)
      expect(comment).toMatch(/What it is not: /)
      expect([...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from)).toEqual(['klinelab'])
      expect(text).toContain(`export default defineStrategy({\n  name: '${name}',`)
    })

    test.each(Object.entries(shows))('an order of its kind is filled: %s', (_, isShown) => {
      expect(whole.fills.filter((fill) => isShown(fill, whole)).length).toBeGreaterThan(0)
    })

    test('no order of it is refused', () => {
      expect(whole.document.orders.byFilter).toEqual({})
    })

    test('two runs write the same bytes', async () => {
      const [a, b] = [whole.dir!, (await runTo(to, scratch())).dir!]
      const names = readdirSync(a).filter((one) => one !== 'timing.json' && one !== 'ledger.json')
      expect(names).toContain('fills.csv')
      for (const one of names) expect(readFileSync(join(a, one)).equals(readFileSync(join(b, one))), one).toBe(true)
    })

    test('cutting off the future leaves the past as it was', async () => {
      const [begin, end] = [Date.parse(from), Date.parse(to)]
      // between decisions and fills: fixed parts of the range, and the close before, at and after a fill of each kind
      const fractions = [0.3, 0.55, 0.8].map((part) => begin + Math.floor(((end - begin) * part) / HOUR) * HOUR)
      const middle = whole.fills[whole.fills.length >> 1]!.time
      for (const cut of [...fractions, middle, middle + HOUR, middle + 2 * HOUR]) expectSamePast(await runTo(cut), cut)
    })

    const expectSamePast = (short: BacktestRun, cut: number) => {
      const past = short.events.filter((event) => !(event.type === 'cancelled' && event.reason === 'end'))
      expect(past).toEqual(whole.events.slice(0, past.length))
      // at the cut, an answer to the last close belongs to the past; a fill at the open after it, and what follows from
      // that (legs of a bracket), to the future
      const isAnswer = (event: RunEvent) =>
        event.type === 'rejected' || (event.type === 'accepted' && ['order', 'close'].includes(event.order.role))
      const early = whole.events
        .slice(past.length)
        .filter((event) => event.at < cut || (event.at === cut && isAnswer(event)))
      expect(early).toEqual([])
      const rows = short.equity.length
      expect(short.equity.equity).toEqual(whole.equity.equity.subarray(0, rows))
      expect(whole.equity.time[rows]! > cut).toBe(true)
    }

    test('its money adds up to the last unit', () => {
      const { document, fills, equity, events } = whole
      const isMargin = data.some((series) => series.startsWith('binance-usdm:'))
      const { feeMaker, feeTaker } = document.costs
      let cash = units(document.cash)
      const held = new Map<string, bigint>()
      for (const fill of fills) {
        const { symbol, side, qty, price, liquidity, fee } = fill
        // price and quantity in 1e-8 each make a product in 1e-16; paid rounds up to 1e-8, received down, fees up
        const exact = units(price) * units(qty)
        const rate = units(liquidity === 'maker' ? feeMaker : feeTaker)
        expect(units(fee)).toBe(up(exact * rate, 16))
        cash += (side === 'buy' ? -up(exact, 8) : down(exact, 8)) - units(fee)
        const position = (held.get(symbol) ?? 0n) + (side === 'buy' ? units(qty) : -units(qty))
        held.set(symbol, position)
        expect(isMargin || (cash >= 0n && position >= 0n)).toBe(true)
      }
      // paid on |position| × mark × rate, cut off below the unit, by longs where the rate is above 0
      for (const event of events) {
        if (event.type !== 'funding') continue
        const { qty, mark, rate, paid } = event
        const exact = units(Math.abs(qty)) * units(mark) * units(Math.abs(rate))
        expect(units(paid)).toBe(down(exact, 16) * (qty > 0 === rate > 0 ? 1n : -1n))
        cash -= units(paid)
      }
      if (!isMargin) expect(equity.cash.at(-1)).toBe(Number(cash) / 1e8)
      let worth = Number(cash) / 1e8
      for (const bars of whole.bars) {
        const { symbol } = bars.series
        worth += (Number(held.get(symbol) ?? 0n) / 1e8) * bars.close[bars.length - 1]!
      }
      expect(document.metrics['endEquity']).toBeCloseTo(worth, 6)
      const profit = [...whole.trades, ...document.openTrades].reduce((sum, trade) => sum + trade.pnl, 0)
      expect(profit).toBeCloseTo(worth - document.cash, 6)
    })
  })
}

/** A decimal of at most eight places as a whole number of 1e-8. */
function units(value: number): bigint {
  return BigInt(Math.round(value * 1e8))
}

function up(value: bigint, digits: number): bigint {
  return -down(-value, digits)
}

function down(value: bigint, digits: number): bigint {
  const unit = 10n ** BigInt(digits)
  const rest = ((value % unit) + unit) % unit
  return (value - rest) / unit
}

import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { luckOf } from '../../src/metrics/luck.ts'
import { DAY, made, START, trade } from './made-up.ts'

/** Bars of a day that rise and fall by turns. */
function barsOf(days: number): Bars {
  const open = Float64Array.from({ length: days }, (_, k) => (k % 2 === 0 ? 100 : 101))
  return {
    series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1d' },
    length: days,
    priceDecimals: 2,
    openTime: Float64Array.from(open, (_, k) => START + k * DAY),
    ...{ open, high: open, low: open, close: open, volume: open },
  }
}

interface Made {
  readonly days?: number
  readonly trades?: number
  /** Days on which the equity moves. */
  readonly moves?: number
  readonly pnl?: (trade: number) => number
}

function run({ days = 60, trades = 12, moves = days, pnl = (k) => (k % 3) - 0.5 }: Made) {
  const values = Array.from(
    { length: days },
    (_, k) => 1000 + (k < moves ? 1 + (k % 2) * 5 + k : moves === 0 ? 0 : 1 + ((moves - 1) % 2) * 5 + moves - 1),
  )
  const closed = Array.from({ length: trades }, (_, k) =>
    trade({ pnl: pnl(k), entryTime: START + 2 * k * DAY, exitTime: START + (2 * k + 1) * DAY }),
  )
  return { ...made({ values, trades: closed }), bars: [barsOf(days)] }
}

describe('how much of a run is luck', () => {
  test('is told of its trades, its days and its entries', () => {
    const { trades, days, randomEntries, notes, seed } = luckOf(run({}))
    expect([trades?.trades, days?.days, randomEntries?.trades]).toEqual([12, 60, 12])
    expect(notes).toEqual({})
    expect(seed).toBe(0)
  })

  test.each([
    [0, 'none was closed'],
    [1, '1 was closed'],
    [9, '9 were closed'],
  ])('cannot be told of %i trades', (count, words) => {
    const reason = `too few trades to say: ${words}, 10 are needed`
    const { trades, days, randomEntries, notes, verdicts } = luckOf(run({ trades: count }))
    expect([trades, randomEntries]).toEqual([null, null])
    expect(days).not.toBeNull()
    expect(notes).toEqual({ trades: reason, randomEntries: reason })
    expect(verdicts.trades).toBe(`T${reason.slice(1)}.`)
    expect(verdicts.randomEntries).toBe(`T${reason.slice(1)}.`)
  })

  test('is told of 10 trades and of 30 days', () => {
    expect(luckOf(run({ trades: 10, days: 30 })).notes).toEqual({})
  })

  test.each([
    [{ days: 29 }, 'too few days to say: the run has 29, 30 are needed'],
    [{ moves: 29 }, 'too few days to say: equity moved on 29 of 60, 30 are needed'],
    [{ moves: 0 }, 'too few days to say: equity moved on none of 60, 30 are needed'],
  ])('cannot be told of too few days: %o', (given, reason) => {
    const { days, notes, verdicts } = luckOf(run(given))
    expect(days).toBeNull()
    expect(notes['days']).toBe(reason)
    expect(verdicts.days).toBe(`T${reason.slice(1)}.`)
  })

  test('cannot be told where there is nothing left', () => {
    const broke = run({ pnl: (k) => (k === 5 ? -2000 : 1) })
    expect(luckOf(broke).notes['trades']).toBe('closed trades took all there was: nothing compounds from there')
    const debt = { ...run({}), equity: { ...run({}).equity, equity: run({}).equity.equity.with(40, -1) } }
    expect(luckOf(debt).notes['days']).toBe('equity fell to 0 or below: nothing compounds from there')
  })

  test('the trades end where the closed trades have led', () => {
    const given = run({})
    const made = given.trades.reduce((sum, { pnl }) => sum + pnl, 0)
    expect(luckOf(given).trades!.bootstrap.totalReturn.observed).toBeCloseTo(made / 1000, 12)
  })

  test('of trades that paid funding it says that the comparison is without', () => {
    const plain = run({})
    const funded = { ...plain, trades: plain.trades.map((trade, k) => ({ ...trade, funding: k === 3 ? 1 : 0 })) }
    expect(luckOf(funded).verdicts.randomEntries).toMatch(/these trades \S+ %, both without funding/)
    expect(luckOf(plain).verdicts.randomEntries).toMatch(/these trades \S+ %(?!, both)/)
  })

  test('the same run gives the same bytes', () => {
    expect(JSON.stringify(luckOf(run({})))).toBe(JSON.stringify(luckOf(run({}))))
  })
})

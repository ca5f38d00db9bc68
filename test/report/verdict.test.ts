import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { Fill } from '../../src/core/fill.ts'
import type { Metrics, RunDocument, RunResult } from '../../src/core/run.ts'
import { groupedRemarks } from '../../src/report/remarks.ts'
import { verdict } from '../../src/report/verdict.ts'
import { madeRun } from './made-run.ts'

const made = madeRun({ rows: 3000, every: 50 })
const PEER: Metrics = { totalReturn: 0.5, maxDrawdown: 0.6, cagr: 0.2, volatility: 0.7, sharpe: 0.4 }

interface Change {
  readonly metrics?: Metrics
  readonly costs?: Partial<RunDocument['costs']>
  readonly openTrades?: RunDocument['openTrades']
  readonly remarks?: readonly string[]
  readonly fills?: readonly Fill[]
  readonly events?: readonly RunEvent[]
  readonly band?: RunDocument['band']
}

/** The verdict as text, for a run of which only what matters is said. */
function said({ metrics = {}, costs = {}, fills = [{} as Fill], events = [], ...rest }: Change): string {
  const document: RunDocument = {
    ...made.document,
    ...rest,
    peer: PEER,
    costs: { ...made.document.costs, fees: 80, slippage: 20, funding: 0, ...costs },
    metrics: {
      ...made.document.metrics,
      ...{ totalReturn: 0.1, netProfit: 1000, maxDrawdown: 0.25, trades: 100, sharpeLow: 0.5, sharpeHigh: 1.5 },
      ...metrics,
    },
  }
  const result: RunResult = { ...made, document, fills, events }
  return verdict(result)
    .replace(/<br>|<\/d[dt]>/g, ' | ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('\u202f', ' ')
}

describe('the verdict', () => {
  test('says what was made beside holding, how far it fell, and what costs took', () => {
    // costs 80 + 20; without them 1000 + 100, of which 100 is 9.1 %
    expect(said({})).toContain(
      'Made 10.00 % where buying and holding made 50.00 %, falling at worst 25.00 % below its peak (holding: 60.00 %). Costs took 100.00 USDT, 9.1 % of what it would have made without them.',
    )
  })

  test('tells a loss that costs made from one that they only deepened', () => {
    expect(said({ metrics: { totalReturn: -0.004, netProfit: -40 } })).toMatch(
      /Lost 0\.40 % .* Costs took 100\.00 USDT and turned a gain of 60\.00 into a loss\./,
    )
    expect(said({ metrics: { totalReturn: -0.04, netProfit: -400 } })).toContain(
      'Costs took 100.00 USDT; without them it would have lost too.',
    )
  })

  test('does not say that costs of nothing took something', () => {
    const none = said({ costs: { fees: 0, slippage: 0, none: true } })
    expect(none).toContain('All costs were set to zero. Nobody could have had this result.')
    expect(none).toContain('No costs were charged.')
    expect(none).not.toContain('Costs took')
  })

  test('nor that all was free where funding was charged', () => {
    const funded = said({ costs: { fees: 0, slippage: 0, funding: 5, none: true } })
    expect(funded).toContain('Fees and slippage were set to zero.')
    expect(funded).toContain('No costs but funding were charged.')
  })

  test('says between what the path inside bars decides, and which end the page shows', () => {
    const range = { low: 0.1, high: 0.2 }
    const band = {
      method: 'repriced' as const,
      bars: 3,
      endEquity: range,
      totalReturn: range,
      maxDrawdown: range,
      share: 0.1,
    }
    expect(said({ band })).toContain(
      'On 3 bars the order of prices inside decides: the return lies between +10.00 % and +20.00 %',
    )
    expect(said({ band })).toContain('this page shows the worse end.')
    expect(said({ band: { ...band, method: 'full' } })).toContain(
      'this page shows the run that takes the worse path at every bar.',
    )
  })

  test('tells that limits of risk halted trading, and whether they still do', () => {
    const halted = {
      type: 'halted',
      at: made.document.range.from,
      rule: 'RISK_DRAWDOWN',
      value: '0.3',
      limit: '0.2',
      until: null,
    } as const
    expect(said({ events: [halted] })).toMatch(
      /Limits of risk halted trading on \S+, and nothing was opened in the .+ since\./,
    )
    const resumed = { type: 'resumed', at: halted.at + 1, rule: 'RISK_DRAWDOWN' } as const
    expect(said({ events: [halted, resumed, halted, resumed] })).toMatch(
      /Limits of risk halted trading 2 times, first on \S+\. /,
    )
    expect(said({})).not.toContain('halted')
  })

  test('warns of few trades, of none, and of a Sharpe ratio whose error is larger than itself', () => {
    expect(said({ metrics: { trades: 29 } })).toContain('Only 29 closed trades: too few to tell skill from luck.')
    expect(said({ metrics: { trades: 1 } })).toContain('Only 1 closed trade: too few')
    const open = said({ metrics: { trades: 0 }, openTrades: [{} as RunDocument['openTrades'][number]] })
    expect(open).toContain('No trade was closed: the result is that of 1 open position.')
    const wide = said({ metrics: { trades: 30, sharpeLow: -0.1, sharpeHigh: 2 } })
    expect(wide).toContain('Its Sharpe ratio cannot be told from zero (95 %: −0.10 to 2.00).')
    expect(said({ metrics: { trades: 30 } })).not.toMatch(/cannot be told|too few/)
  })

  test('of a run that never traded says only that', () => {
    const still = said({
      fills: [],
      metrics: { totalReturn: 0, netProfit: 0, trades: 0 },
      costs: { fees: 0, slippage: 0 },
    })
    expect(still).toContain('Never traded: the money lay still where buying and holding made 50.00 %.')
    expect(still).not.toMatch(/Costs took|falling|Only 0/)
  })

  test('gives each figure its peer', () => {
    const text = said({ metrics: { cagr: 0.3, volatility: 0.2, sharpe: 1, expectancy: 10, avgTrade: 0.01 } })
    for (const card of [
      'Return | +10.00 % | buy and hold +50.00 %',
      'A year | +30.00 % | buy and hold +20.00 %',
      'Largest drawdown | 25.00 % | buy and hold 60.00 %',
      'Volatility, a year | 20.00 % | buy and hold 70.00 %',
      'Sharpe | 1.00 | buy and hold 0.40 | 95 %: 0.50 to 1.50',
      'Costs | 100.00 USDT | 9.1 % of gross profit',
      '10.00 USDT a trade | mean return +1.00 %',
    ])
      expect(text).toContain(card)
  })

  test('says costs beside a gross profit that they dwarf, and where there is none to share', () => {
    // gross profit 5 − 100 + 100
    expect(said({ metrics: { netProfit: -95 } })).toContain('of a gross profit of only 5.00')
    expect(said({ metrics: { netProfit: -500 } })).toContain('there was no gross profit to share')
  })

  test('leads to the remarks, where one said of several symbols is one', () => {
    const data = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ ...made.document.data[0]!, series: `binance:${symbol}:1h` }))
    const remarks = ['Filters not simulated: X', 'BTCUSDT: no stop order', 'ETHUSDT: no stop order', 'ETHUSDT: thin']
    expect(groupedRemarks({ ...made.document, data, remarks })).toEqual([
      'Filters not simulated: X',
      'BTCUSDT, ETHUSDT: no stop order',
      'ETHUSDT: thin',
    ])
    expect(said({ remarks: ['one'] })).toContain('1 thing to know before believing it')
    expect(said({ remarks: [] })).not.toContain('to know before')
  })
})

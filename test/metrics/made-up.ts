import type { Fill } from '../../src/core/fill.ts'
import type { EquityColumns } from '../../src/core/run.ts'
import type { OpenTrade, Trade } from '../../src/core/trade.ts'
import type { PerformanceInput } from '../../src/metrics/performance-input.ts'

export const DAY = 86_400_000
export const HOUR = 3_600_000
/** 2024-01-01, a Monday. */
export const START = Date.UTC(2024, 0, 1)

/** An equity curve whose bars close every `step` after `from`; `exposure` is 0 where not given. */
export function curve(
  values: readonly number[],
  { from = START, step = DAY, exposure = [] as readonly number[] } = {},
): EquityColumns {
  const equity = Float64Array.from(values)
  return {
    length: values.length,
    time: Float64Array.from(values, (_, k) => from + (k + 1) * step),
    equity,
    cash: equity,
    exposure: Float64Array.from(values, (_, k) => exposure[k] ?? 0),
  }
}

export function trade(given: Partial<Trade> & Pick<Trade, 'pnl'>): Trade {
  return {
    n: 1,
    symbol: 'BTCUSDT',
    side: 'long',
    qty: 1,
    entryTime: START,
    entryPrice: 100,
    exitTime: START + HOUR,
    exitPrice: 100 + given.pnl,
    fees: 0,
    funding: 0,
    return: given.pnl / 100,
    bars: 1,
    mae: 0,
    mfe: 0,
    entryTag: 'entry',
    exitTag: 'signal',
    ...given,
  }
}

export function openTrade(given: Partial<OpenTrade> & Pick<OpenTrade, 'pnl'>): OpenTrade {
  const { exitTime, exitPrice, exitTag, ...rest } = trade({ pnl: given.pnl })
  return { ...rest, markTime: exitTime, markPrice: exitPrice, ...given }
}

export function fill(given: Partial<Fill> & Pick<Fill, 'side' | 'qty' | 'price' | 'fee'>): Fill {
  return {
    n: 1,
    order: 'o1',
    symbol: 'BTCUSDT',
    role: 'order',
    time: START,
    phase: 'open',
    reference: given.price,
    liquidity: 'taker',
    feeAsset: 'USDT',
    slippage: 0,
    realised: 0,
    position: 0,
    tag: null,
    ...given,
  }
}

/** A run on which nothing happened but what is given: 1000 in cash at the start, bars of a day. */
export function made(given: Partial<PerformanceInput> & { readonly values?: readonly number[] }): PerformanceInput {
  const { values = [], ...rest } = given
  return {
    equity: curve(values),
    from: START,
    startEquity: 1000,
    trades: [],
    openTrades: [],
    fills: [],
    fees: 0,
    slippage: 0,
    funding: 0,
    benchmark: null,
    riskFree: 0,
    ...rest,
  }
}

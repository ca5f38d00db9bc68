import { PLAIN_EXECUTION } from '../core/execution.ts'
import type { Fill } from '../core/fill.ts'
import { intervalMs } from '../core/interval.ts'
import type { EngineResult } from '../core/run.ts'
import type { Backtest } from './backtest.ts'
import { type SimulateOptions, simulate } from './simulate.ts'

/** What is changed of a run: multiples of its fees and slippage, bars of latency, its cash, and a cap on volume. */
interface Change {
  readonly fees?: number
  /** Of the fixed part of slippage, in basis points a fill; replaces the venue's. */
  readonly slippageBps?: number
  readonly latencyBars?: number
  readonly cash?: number
  readonly participation?: number
}

type Again = (change: Change) => EngineResult

interface Cell {
  readonly fees: number
  readonly slippageBps: number
  readonly latencyBars: number
  readonly totalReturn: number
}

export interface Stress {
  /** Whether decisions were found to hang on costs, so that every cell was run, or not, so that fills were priced anew. */
  readonly method: 'repriced' | 'rerun'
  readonly grid: readonly Cell[]
  /** All-in cost of a side, in basis points of what is traded, at which nothing is left; `null`: nothing to begin with. */
  readonly breakEvenBps: number | null
  /** Basis points a side that the run paid. */
  readonly paidBps: number
  readonly participation: number
  readonly capacity: readonly { readonly cash: number; readonly totalReturn: number }[]
}

const FEES = [0, 0.5, 1, 2, 3] as const
const SLIPPAGE_BPS = [0, 2, 5, 10, 20] as const
const LATENCY_BARS = [0, 1] as const
const SIZES = [1, 10, 100, 1000] as const
/** Share of the volume that is taken where the run has no cap of its own. */
const SHARE = 0.05

/** The same run with other costs: how it is changed is said by `simulate`'s own options. */
function changed(options: SimulateOptions, change: Change): SimulateOptions {
  const { fees = 1, slippageBps, latencyBars = 0, cash = options.cash, participation } = change
  const slots = options.slots.map((slot) => ({
    ...slot,
    costs: {
      ...slot.costs,
      feeMaker: feeTimes(slot.costs.feeMaker, fees),
      feeTaker: feeTimes(slot.costs.feeTaker, fees),
      ...(slippageBps !== undefined && { slippageBps }),
    },
  }))
  const finest = Math.min(...slots.map(({ bars }) => intervalMs(bars.series.interval)))
  const { execution = PLAIN_EXECUTION } = options
  return {
    ...options,
    slots,
    cash,
    execution: {
      ...execution,
      ...(slippageBps !== undefined && { slippage: { model: 'bps' as const } }),
      latency: execution.latency + latencyBars * finest,
      cancelLatency: execution.cancelLatency + latencyBars * finest,
      participation: participation ?? execution.participation,
    },
  }
}

/** Rates have at most twelve decimals. Dearer fees pay a maker no larger rebate. */
function feeTimes(rate: number, times: number): number {
  return Number((rate * (rate < 0 ? Math.min(1, times) : times)).toFixed(12))
}

/**
 * The result over fee × slippage × latency, the cost at which the edge is gone, and the return against account size. For
 * each latency two runs are made, without costs and with the highest: where both fill the same orders, decisions hang
 * neither on cash nor on fill prices, and the cells between are reckoned from their fills; else each is run.
 */
export function stressOf(
  { result: base, options }: Pick<Backtest, 'result' | 'options'>,
  onProgress: (done: number, total: number) => void = () => undefined,
): Stress {
  const again: Again = (change) => simulate(changed(options, change)).result
  const total = LATENCY_BARS.length * FEES.length * SLIPPAGE_BPS.length + SIZES.length
  let done = 0
  const step = <T>(work: () => T): T => {
    onProgress(done++, total)
    return work()
  }
  let method: Stress['method'] = 'repriced'
  const grid: Cell[] = []
  let free: EngineResult | null = null
  for (const latencyBars of LATENCY_BARS) {
    const cheap = again({ fees: 0, slippageBps: 0, latencyBars })
    free ??= cheap
    const dear = again({ fees: FEES.at(-1)!, slippageBps: SLIPPAGE_BPS.at(-1)!, latencyBars })
    const isPriced = areAlike(cheap.fills, dear.fills)
    if (!isPriced) method = 'rerun'
    for (const fees of FEES)
      for (const slippageBps of SLIPPAGE_BPS) {
        const totalReturn = step(() =>
          isPriced
            ? repriced(cheap, dear, options, fees, slippageBps)
            : returnOf(again({ fees, slippageBps, latencyBars }), options.cash),
        )
        grid.push({ fees, slippageBps, latencyBars, totalReturn })
      }
  }
  const participation = options.execution?.participation ?? SHARE
  const capacity = SIZES.map((size) => {
    const cash = options.cash * size
    return { cash, totalReturn: step(() => returnOf(again({ cash, participation }), cash)) }
  })
  onProgress(total, total)
  const traded = base.fills.reduce((sum, { reference, qty }) => sum + reference * qty, 0)
  const { fees, slippage } = base.document.costs
  return {
    method,
    grid,
    breakEvenBps: method === 'repriced' ? reckonedEdge(free!, options.cash) : searchedEdge(again, options.cash),
    paidBps: traded > 0 ? ((fees + slippage) / traded) * 10_000 : 0,
    participation,
    capacity,
  }
}

/** Whether the same orders filled at the same times, sizes and references: only their prices and fees differ. */
function areAlike(a: readonly Fill[], b: readonly Fill[]): boolean {
  return a.length === b.length && a.every((fill, k) => isAlike(fill, b[k]!))
}

function isAlike(a: Fill, b: Fill): boolean {
  return (
    a.symbol === b.symbol &&
    a.time === b.time &&
    a.side === b.side &&
    a.qty === b.qty &&
    a.reference === b.reference &&
    a.liquidity === b.liquidity
  )
}

/** From the fills of a run without costs: fees on the notional, slippage on what slips. */
function repriced(
  free: EngineResult,
  dear: EngineResult,
  options: SimulateOptions,
  fees: number,
  slippageBps: number,
): number {
  const costs = new Map(options.slots.map((slot) => [slot.instrument.symbol, slot.costs]))
  const paid = free.fills.reduce((sum, { symbol, reference, qty, liquidity, side }, k) => {
    const { feeMaker, feeTaker } = costs.get(symbol)!
    // a limit has its price or a better one whatever slippage is
    const slipped = dear.fills[k]!.price === reference ? 0 : slippageBps / 10_000
    const price = reference * (side === 'buy' ? 1 + slipped : 1 - slipped)
    return sum + qty * (reference * slipped + price * feeTimes(liquidity === 'maker' ? feeMaker : feeTaker, fees))
  }, 0)
  return (free.endEquity - paid) / options.cash - 1
}

function returnOf(result: EngineResult, cash: number): number {
  return result.endEquity / cash - 1
}

/** Profit before costs ÷ what was traded. */
function reckonedEdge(free: EngineResult, cash: number): number | null {
  const traded = free.fills.reduce((sum, { reference, qty }) => sum + reference * qty, 0)
  const profit = free.endEquity - cash
  return profit > 0 && traded > 0 ? (profit / traded) * 10_000 : null
}

/** Slippage, without fees, at which nothing is left; to a tenth of a basis point, at most 1000. */
function searchedEdge(again: Again, cash: number): number | null {
  const profit = (bps: number) => again({ fees: 0, slippageBps: bps }).endEquity - cash
  if (profit(0) <= 0) return null
  let [low, high] = [0, 1000]
  if (profit(high) > 0) return high
  while (high - low > 0.1) {
    const middle = (low + high) / 2
    if (profit(middle) > 0) low = middle
    else high = middle
  }
  return Number(low.toFixed(1))
}

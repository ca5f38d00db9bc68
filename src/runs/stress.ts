import { PLAIN_EXECUTION, type SlippageModel } from '../core/execution.ts'
import type { Fill } from '../core/fill.ts'
import type { SlippageAxis, Stress, StressCell } from '../core/findings.ts'
import { intervalMs } from '../core/interval.ts'
import type { RiskLimits } from '../core/risk.ts'
import type { EngineResult } from '../core/run.ts'
import { type SimulateOptions, simulate } from './simulate.ts'

/** What is changed of a run. */
interface Change {
  /** Multiple of its fees. */
  readonly fees?: number
  /** As `StressCell.slippage`. */
  readonly slippage?: number
  /** A cost of every side, in basis points, in the place of fees and slippage. */
  readonly costBps?: number
  /** Bars of latency more. */
  readonly latencyBars?: number
  /** Multiple of its cash, and of the limits of risk that are amounts. */
  readonly size?: number
  readonly participation?: number
}

type Again = (change: Change) => EngineResult

const FEES = [0, 0.5, 1, 2, 3] as const
const SLIPPAGE: Readonly<Record<SlippageAxis['unit'], readonly number[]>> = {
  bps: [0, 2, 5, 10, 20],
  ticks: [0, 1, 2, 5, 10],
  times: [0, 0.5, 1, 2, 3],
}
const LATENCY_BARS = [0, 1] as const
const SIZES = [1, 10, 100, 1000] as const
/** Share of the volume that is taken where the run has no cap of its own. */
const SHARE = 0.05

/** The same run with other costs: how it is changed is said by `simulate`'s own options. */
function changed(options: SimulateOptions, change: Change): SimulateOptions {
  const { fees = 1, slippage, costBps, latencyBars = 0, size = 1, participation } = change
  const { execution = PLAIN_EXECUTION } = options
  const isInBps = execution.slippage.model === 'bps'
  const slots = options.slots.map((slot) => {
    const { feeMaker, feeTaker } = slot.costs
    const flat = costBps === undefined ? null : Number((costBps / 10_000).toFixed(12))
    return {
      ...slot,
      costs: {
        ...slot.costs,
        feeMaker: flat ?? feeTimes(feeMaker, fees),
        feeTaker: flat ?? feeTimes(feeTaker, fees),
        ...(slippage !== undefined && isInBps && { slippageBps: slippage }),
        ...(flat !== null && { slippageBps: 0 }),
      },
    }
  })
  const finest = Math.min(...slots.map(({ bars }) => intervalMs(bars.series.interval)))
  const { strategy, risk } = options
  return {
    ...options,
    slots,
    cash: options.cash * size,
    strategy: { ...strategy, risk: (params) => sizedLimits(strategy.risk(params), size) },
    ...(risk !== undefined && { risk: sizedLimits(risk, size) }),
    execution: {
      ...execution,
      slippage: costBps === undefined ? slipped(execution.slippage, slippage) : { model: 'bps' },
      latency: execution.latency + latencyBars * finest,
      cancelLatency: execution.cancelLatency + latencyBars * finest,
      participation: participation ?? execution.participation,
    },
  }
}

/** The run's own model of slippage, in ticks, or `slippage` times its spread and impact. */
function slipped(model: SlippageModel, slippage: number | undefined): SlippageModel {
  if (slippage === undefined || model.model === 'bps') return model
  if (model.model === 'ticks') return { model: 'ticks', ticks: slippage }
  return { model: 'impact', spreadBps: model.spreadBps * slippage, impact: model.impact * slippage }
}

/** Limits that are amounts grow with the account; what is a share or a count does not. */
function sizedLimits(limits: RiskLimits, size: number): RiskLimits {
  const sized = (limit: number | undefined) => (limit === undefined ? undefined : limit * size)
  const { maxPosition, maxGross, maxNet } = limits
  const amounts = { maxPosition: sized(maxPosition), maxGross: sized(maxGross), maxNet: sized(maxNet) }
  const given = Object.entries(amounts).filter(([, limit]) => limit !== undefined)
  return { ...limits, ...Object.fromEntries(given) }
}

/** With the run's own slippage among the values, where its instruments have but one. */
function slippageAxis({ slots, execution = PLAIN_EXECUTION }: SimulateOptions): SlippageAxis {
  const { slippage } = execution
  if (slippage.model === 'impact') return { unit: 'times', values: SLIPPAGE.times }
  const unit = slippage.model
  const own = slippage.model === 'ticks' ? [slippage.ticks] : slots.map(({ costs }) => costs.slippageBps)
  const all = new Set([...SLIPPAGE[unit], ...(new Set(own).size === 1 ? own : [])])
  return { unit, values: [...all].sort((a, b) => a - b) }
}

/** Rates have at most twelve decimals. Dearer fees pay a maker no larger rebate. */
function feeTimes(rate: number, times: number): number {
  return Number((rate * (rate < 0 ? Math.min(1, times) : times)).toFixed(12))
}

/**
 * The result over fee × slippage × latency, the cost at which the edge is gone, and the return against account size. For
 * each latency two runs are made, without costs and with the highest: where both fill the same orders, decisions hang
 * neither on cash nor on fill prices. Then one run without fees is made of each slippage, since where a price slips to hangs on
 * the tick, and the fees are reckoned from its fills; else each cell is run. So it is
 * where slippage is not in basis points, as no fill tells what it would have been with more.
 */
export function stressOf(
  base: Pick<EngineResult, 'fills' | 'fees' | 'slippage'>,
  options: SimulateOptions,
  onProgress: (done: number, total: number) => void = () => undefined,
): Stress {
  const again: Again = (change) => simulate(changed(options, change)).result
  const axis = slippageAxis(options)
  const highest = axis.values.at(-1)!
  const total = LATENCY_BARS.length * FEES.length * axis.values.length + SIZES.length
  let done = 0
  const step = <T>(work: () => T): T => {
    onProgress(done++, total)
    return work()
  }
  let method: Stress['method'] = 'repriced'
  const grid: StressCell[] = []
  let free: EngineResult | null = null
  for (const latencyBars of LATENCY_BARS) {
    const cheap = again({ fees: 0, slippage: 0, latencyBars })
    free ??= cheap
    const dear = again({ fees: FEES.at(-1)!, slippage: highest, latencyBars })
    const unpaid =
      axis.unit === 'bps' && areAlike(cheap.fills, dear.fills)
        ? axis.values.map((slippage) => (slippage === 0 ? cheap : again({ fees: 0, slippage, latencyBars })))
        : null
    const isPriced = unpaid?.every(({ fills }) => areAlike(cheap.fills, fills)) === true
    if (!isPriced) method = 'rerun'
    for (const fees of FEES)
      for (const [k, slippage] of axis.values.entries()) {
        const totalReturn = step(() =>
          isPriced
            ? repriced(unpaid![k]!, options, fees)
            : returnOf(again({ fees, slippage, latencyBars }), options.cash),
        )
        grid.push({ fees, slippage, latencyBars, totalReturn })
      }
  }
  const participation = options.execution?.participation ?? SHARE
  const runs = SIZES.map((size) => step(() => again({ size, participation })))
  onProgress(total, total)
  const traded = tradedOf(base)
  const { fees, slippage } = base
  return {
    method,
    slippage: axis,
    latency: options.execution?.latency ?? 0,
    grid,
    breakEvenBps: method === 'repriced' ? reckonedEdge(free!, options.cash) : searchedEdge(again, options.cash),
    paidBps: traded > 0 ? ((fees + slippage) / traded) * 10_000 : 0,
    participation,
    capacity: runs.map((result, k) => {
      const cash = options.cash * SIZES[k]!
      return { cash, totalReturn: returnOf(result, cash) }
    }),
    isFixedSize: base.fills.length > 0 && areAlike(runs[0]!.fills, runs[1]!.fills),
  }
}

function tradedOf({ fills }: Pick<EngineResult, 'fills'>): number {
  return fills.reduce((sum, { reference, qty }) => sum + reference * qty, 0)
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

/** From the fills of a run without fees, whose prices have slipped to the tick: fees on their notional. */
function repriced(unpaid: EngineResult, options: SimulateOptions, fees: number): number {
  const costs = new Map(options.slots.map((slot) => [slot.instrument.symbol, slot.costs]))
  const paid = unpaid.fills.reduce((sum, { symbol, price, qty, liquidity, role }) => {
    // at the exchange's own fee, which this run has paid
    if (role === 'liquidation') return sum
    const { feeMaker, feeTaker } = costs.get(symbol)!
    return sum + qty * price * feeTimes(liquidity === 'maker' ? feeMaker : feeTaker, fees)
  }, 0)
  return (unpaid.endEquity - paid) / options.cash - 1
}

function returnOf(result: EngineResult, cash: number): number {
  return result.endEquity / cash - 1
}

/** Profit before costs ÷ what was traded. */
function reckonedEdge(free: EngineResult, cash: number): number | null {
  const traded = tradedOf(free)
  const profit = free.endEquity - cash
  return profit > 0 && traded > 0 ? (profit / traded) * 10_000 : null
}

/** Cost of every side, limits too, at which nothing is left; to a tenth of a basis point, at most 1000. */
function searchedEdge(again: Again, cash: number): number | null {
  const profit = (costBps: number) => again({ costBps }).endEquity - cash
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

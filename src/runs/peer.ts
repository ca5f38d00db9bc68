import type { EquityColumns, Metrics } from '../core/run.ts'
import { computeMetrics } from '../metrics/index.ts'

/** The figures of a curve that had no orders: a benchmark's trades and costs are no peer of a strategy's. */
const PEER_KEYS = [
  'endEquity', 'totalReturn', 'cagr', 'volatility', 'sharpe', 'sortino', 'calmar', 'maxDrawdown', 'maxDrawdownBars',
  'maxDrawdownDuration',
] as const // biome-ignore format: a list

export interface PeerInput {
  /** Instants of the run's curve. */
  readonly equity: EquityColumns
  readonly benchmark: Float64Array
  readonly from: number
  readonly cash: number
  readonly riskFree: number
}

/** The benchmark's curve judged by the same formulas as the run's, so that every figure can stand beside its peer. */
export function peerMetrics({ equity, benchmark, from, cash, riskFree }: PeerInput): {
  readonly peer: Metrics
  /** Why a figure is null: `peer.sharpe` → reason. */
  readonly notes: Readonly<Record<string, string>>
} {
  const { metrics, notes } = computeMetrics({
    ...{ equity: { ...equity, equity: benchmark }, from, startEquity: cash, riskFree, benchmark: null },
    ...{ trades: [], openTrades: [], fills: [], fees: 0, slippage: 0, funding: 0 },
  })
  const missing = PEER_KEYS.filter((key) => metrics[key] === null)
  return {
    peer: Object.fromEntries(PEER_KEYS.map((key) => [key, metrics[key]!])),
    notes: Object.fromEntries(missing.map((key) => [`peer.${key}`, notes[key]!])),
  }
}

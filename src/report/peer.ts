import type { Metrics, RunResult } from '../core/run.ts'
import { computeMetrics } from '../metrics/index.ts'

/** The benchmark's curve judged by the same formulas as the run's, so that every figure can stand beside its peer. */
export function peerMetrics({ document, equity, benchmark }: RunResult): Metrics | null {
  if (benchmark === null) return null
  const { metrics } = computeMetrics({
    equity: { ...equity, equity: benchmark },
    from: document.range.from,
    startEquity: document.cash,
    trades: [],
    openTrades: [],
    fills: [],
    fees: 0,
    slippage: 0,
    funding: 0,
    benchmark: null,
    riskFree: document.riskFree,
  })
  return metrics
}

import { daily } from '../../metrics/daily.ts'
import { loadRun } from '../load-run.ts'
import type { SessionFile } from './session-file.ts'
import { newestRunOf } from './session-run.ts'

/** What a session's trades and days are held against, or why there is nothing. */
export type DriftBaseline =
  | {
      readonly run: string
      readonly wins: number
      readonly trades: number
      /** Of UTC days. */
      readonly returns: Float64Array
    }
  | { readonly run: null; readonly reason: string }

/**
 * The run that was named, else the newest backtest of a session's strategy, code, parameters and series. One that cannot be read is
 * none, and ends no session.
 * @param named its folder
 */
export async function driftBaseline(file: SessionFile, out: string, named?: string): Promise<DriftBaseline> {
  const dir = named ?? newestRunOf(file, out)
  if (dir === null)
    return {
      run: null,
      reason: `there is no backtest of ${file.strategy.name} with this code, these parameters and these series in ${out}`,
    }
  try {
    const { document, trades, equity } = await loadRun(dir)
    const { returns } = daily(equity, equity.equity, document.range.from, document.cash)
    return {
      run: document.run,
      wins: trades.filter(({ pnl }) => pnl > 0).length,
      trades: trades.length,
      returns: Float64Array.from(returns),
    }
  } catch (error) {
    return { run: null, reason: (error as Error).message }
  }
}

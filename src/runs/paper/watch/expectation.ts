import { DAY } from '../../../core/interval.ts'
import type { RunDocument } from '../../../core/run.ts'
import { timeName } from '../../../core/time.ts'
import { daily } from '../../../metrics/daily.ts'
import { type Cone, expectationCone } from '../../../metrics/expectation-cone.ts'
import { findRun, loadRun, readDocument } from '../../load-run.ts'
import type { SessionFile } from '../session-file.ts'
import { differences, newestRunOf } from '../session-run.ts'

/** What a session's equity is held against: the cone of a backtest's days, or why there is none. */
export type Expectation =
  | { readonly run: string; readonly words: string; readonly cone: Cone }
  | { readonly reason: string }

/** Fewer days say nothing of the next ones. */
const DAYS_NEEDED = 30
/** Days that the cone reaches: at least, beyond now where a session has no end, and at most. */
const [A_YEAR, AHEAD, MOST] = [365, 180, 1826]

/**
 * The cone of the run that is named, else of the newest run of the same strategy, code, parameters and series.
 * @param where `out`: folder of the runs; `named` is looked for from `cwd` on
 * @throws UsageError for a run that was named and is not there, DataError for one that is damaged
 */
export async function expectationOf(
  file: SessionFile,
  where: { readonly out: string; readonly cwd: string; readonly now: number; readonly named?: string },
): Promise<Expectation> {
  const { named, out, cwd, now } = where
  const dir = named === undefined ? newestRunOf(file, out) : findRun(named, out, cwd, 'backtest')
  if (dir === null)
    return {
      reason: `no run of ${file.strategy.name} with this code, these parameters and these series is among those that were made: make one with klinelab backtest, or name another with --expect`,
    }
  const document = readDocument(dir)
  const others = differences(file, document)
  if (named === undefined) {
    // the newest one is a courtesy: a damaged one ends no session
    try {
      return await coneOf(file, dir, document, others, now)
    } catch (error) {
      return { reason: (error as Error).message }
    }
  }
  return coneOf(file, dir, document, others, now)
}

async function coneOf(
  file: SessionFile,
  dir: string,
  document: RunDocument,
  others: readonly string[],
  now: number,
): Promise<Expectation> {
  const { equity } = await loadRun(dir)
  const { run, range, cash } = document
  const { returns, equity: ends } = daily(equity, equity.equity, range.from, cash)
  if (returns.length < DAYS_NEEDED)
    return { reason: `${run} has ${returns.length} days, too few to expect anything by: ${DAYS_NEEDED} are needed` }
  if (ends.some((value) => value <= 0))
    return { reason: `equity of ${run} fell to 0 or below: nothing compounds from there` }
  const cone = expectationCone(Float64Array.from(returns), daysOf(file, now))
  const apart = others.length === 0 ? '' : `; it differs from the session in ${others.join(', ')}`
  const to = range.from + returns.length * DAY
  const words = `${run}: its ${returns.length} days from ${timeName(range.from).slice(0, 10)} to ${timeName(Math.min(range.to, to)).slice(0, 10)}, drawn ${cone.draws} times in blocks of ${cone.blockLength.toFixed(1)} days${apart}`
  return { run, words, cone }
}

/** How far it has to reach. */
function daysOf({ mode, from }: SessionFile, now: number): number {
  if (mode.kind === 'replay' && mode.to === null) return MOST
  const days = Math.ceil(((mode.kind === 'replay' ? mode.to! : now) - from) / DAY)
  return Math.min(MOST, Math.max(A_YEAR, mode.kind === 'replay' ? days : days + AHEAD))
}

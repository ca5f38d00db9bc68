import { durationOf } from '../core/duration.ts'
import { closeTimeOf, type Interval, intervalMs, openTimeOf } from '../core/interval.ts'
import type { TimeRange } from '../core/search.ts'
import { type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { UsageError } from './usage-error.ts'

/** How a walk-forward is laid out, as it was written: `180d`, `0s`. */
export interface WalkForwardPlan {
  readonly kind: 'rolling' | 'anchored'
  readonly train: string
  readonly test: string
  readonly embargo: string
}

export interface Step {
  readonly train: TimeRange
  readonly test: TimeRange
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Part of a test stretch that the last one must have at least. */
const LEAST_PART = 0.5

/**
 * Training and test stretches from the first to the last bar. Tests lie end to end, so that their equity is one curve; each
 * training stretch ends an embargo before its test, and begins at the first bar where it is anchored. The last test ends with the
 * data, and is left out where less than half of it is there.
 * @param series whose bars they are cut from: every stretch is a whole number of the coarsest
 * @throws UsageError where the data are too short for a single step, or a stretch would begin or end within a bar of the coarsest series but a month
 */
export function stepsOf(plan: WalkForwardPlan, { from, to }: TimeRange, series: readonly Series[]): readonly Step[] {
  const coarsest = series.reduce((a, b) => (intervalMs(b.interval) > intervalMs(a.interval) ? b : a))
  const [train, test, embargo] = (['train', 'test', 'embargo'] as const).map((flag) =>
    lengthOf(flag, plan[flag], coarsest),
  ) as [number, number, number]
  checkBegin(from, coarsest)
  const steps: Step[] = []
  for (let start = from + train + embargo; start + test * LEAST_PART <= to; start += test) {
    const end = start - embargo
    steps.push({
      train: { from: plan.kind === 'anchored' ? from : end - train, to: end },
      test: { from: start, to: Math.min(to, start + test) },
    })
  }
  if (steps.length === 0)
    throw new UsageError(
      `--train ${plan.train} and --test ${plan.test} do not fit into ${timeName(from)} to ${timeName(to)}: take shorter ones, or more data`,
    )
  return steps
}

function lengthOf(flag: 'train' | 'test' | 'embargo', text: string, series: Series): number {
  const ms = durationOf(text)
  const isShort = flag !== 'embargo' && ms === 0
  if (ms === null || isShort)
    throw new UsageError(`--${flag} "${text}" is not allowed; write a time such as 12h, 30d or 26w`)
  checkWhole(flag, text, ms, series)
  return ms
}

/** A window that begins within a bar has another length in bars than it says, and one that is shorter may have none. */
function checkWhole(flag: string, text: string, ms: number, series: Series): void {
  const { interval } = series
  const bar = longestBar(interval)
  if (ms === 0 || (ms >= bar && (interval === '1M' || ms % bar === 0))) return
  const bars = `bars of ${interval} (${seriesName(series)})`
  if (ms < bar)
    throw new UsageError(
      `--${flag} ${text} is shorter than a bar: the coarsest are ${bars}; write ${flag === 'embargo' ? '0s or ' : ''}${spanText(bar)}${flag === 'embargo' ? '' : ' or more'}`,
    )
  const below = Math.floor(ms / bar) * bar
  throw new UsageError(
    `--${flag} ${text} is no whole number of ${bars}, the coarsest; write ${spanText(below)} or ${spanText(below + bar)}`,
  )
}

/** Lengths are whole bars, so that every window begins where the first does; of months, which differ, none can be held to that. */
function checkBegin(from: number, series: Series): void {
  const { interval } = series
  const open = openTimeOf(from, interval)
  if (open === from || interval === '1M') return
  throw new UsageError(
    `the first window begins at ${timeName(from)}, within a bar of ${interval} (${seriesName(series)}), the coarsest, and all others would within one, too: write --from ${timeName(closeTimeOf(open, interval))}`,
  )
}

/** Months differ: no time is a whole number of them, and the longest has 31 days. */
function longestBar(interval: Interval): number {
  return interval === '1M' ? 31 * DAY : intervalMs(interval)
}

/** A whole number of minutes as such a flag has it. */
function spanText(ms: number): string {
  if (ms % DAY === 0) return `${ms / DAY}d`
  return ms % HOUR === 0 ? `${ms / HOUR}h` : `${ms / 60_000}m`
}

/** What is left of the data behind the last test because it is too short for one more; `null` where nothing is. */
export function leftOver(steps: readonly Step[], to: number): TimeRange | null {
  const from = steps.at(-1)!.test.to
  return from < to ? { from, to } : null
}

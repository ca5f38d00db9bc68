import { durationOf } from '../core/duration.ts'
import type { TimeRange } from '../core/search.ts'
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

/** Part of a test stretch that the last one must have at least. */
const LEAST_PART = 0.5

/**
 * Training and test stretches from the first to the last bar. Tests lie end to end, so that their equity is one curve; each
 * training stretch ends an embargo before its test, and begins at the first bar where it is anchored. The last test ends with the
 * data, and is left out where less than half of it is there.
 * @throws UsageError where the data are too short for a single step
 */
export function stepsOf(plan: WalkForwardPlan, { from, to }: TimeRange): readonly Step[] {
  const [train, test, embargo] = [
    lengthOf('train', plan.train),
    lengthOf('test', plan.test),
    lengthOf('embargo', plan.embargo),
  ]
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

function lengthOf(flag: string, text: string): number {
  const ms = durationOf(text)
  const isShort = flag !== 'embargo' && ms === 0
  if (ms === null || isShort)
    throw new UsageError(`--${flag} "${text}" is not allowed; write a time such as 12h, 30d or 26w`)
  return ms
}

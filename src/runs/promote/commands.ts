import type { RecordedRequest } from '../../core/run.ts'
import type { ParamValue, Strategy } from '../../engine/index.ts'
import { commandOf } from '../reproduce.ts'
import { BUILT_IN } from '../settings.ts'

/** Commands that bring what a check lacks, each as it stands; none where the strategy was handed over by a script. */
export interface MissingCommands {
  readonly backtest: readonly string[]
  readonly stress: readonly string[]
  readonly walkForward: readonly string[]
  readonly paper: readonly string[]
}

export const NO_COMMANDS: MissingCommands = { backtest: [], stress: [], walkForward: [], paper: [] }

type ParamSpecs = Strategy['params']

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Of a walk-forward so many parameters are varied, each by so much: nine trials a window, as every trial makes the best one less. */
const VARIED = 2
const STEPS = [0.75, 1, 1.25] as const

/** What belongs to a range of stored bars, or to its report, and not to a session on live ones. */
const NOT_ON_PAPER = [
  'from', 'to', 'warmup', 'risk-free', 'close-at-end', 'allow-in-sample', 'stress', 'benchmark', 'detail', 'band',
] // biome-ignore format: a list of words

/** @param run name of the run, which a session on paper is given too, so that parity finds it */
export function missingCommands(run: string, record: RecordedRequest, strategy: Strategy): MissingCommands {
  // its folder knows how many bars were ahead of it: the same number is built in
  const again = (other: Partial<RecordedRequest> = {}) => commandOf({ ...record, ...other }, strategy, record.warmup)
  const walked = { ...record, set: {}, stress: false, benchmark: null, band: BUILT_IN.band }
  const tried = triedValues(record.set, strategy.params)
  return {
    backtest: [again()],
    stress: [again({ stress: true }), 'klinelab promote latest'],
    // without a parameter there is nothing to choose
    walkForward:
      tried.length === 0
        ? []
        : [
            commandOf(walked, strategy, record.warmup, {
              ...{ name: 'walk-forward', script: 'runWalkForward' },
              words: [...stretches(record), ...tried.flatMap((one) => ['--set', one])],
            }),
          ],
    paper: [
      commandOf(record, strategy, record.warmup, {
        ...{ name: 'paper', script: 'a session', words: ['--name', run], without: NOT_ON_PAPER },
      }),
      `klinelab parity ${run}`,
    ],
  }
}

/** A third of the range to choose on, a twelfth to trade, in whole days where it is long enough. */
function stretches({ from, to }: RecordedRequest): string[] {
  const [unit, word] = to - from >= 24 * DAY ? [DAY, 'd'] : [HOUR, 'h']
  const of = (share: number) => `${Math.max(1, Math.floor((to - from) / share / unit))}${word}`
  return ['--train', of(3), '--test', of(12)]
}

/** The run's own values, the first numbers among them with a neighbour on either side. */
function triedValues(set: RecordedRequest['set'], specs: ParamSpecs): string[] {
  let left = VARIED
  return Object.entries(specs).map(([name, spec]) => {
    const value = set[name] ?? spec.default
    const values = left > 0 ? neighbours(value, spec) : [value]
    if (values.length > 1) left--
    return `${name}=${values.join(',')}`
  })
}

function neighbours(value: ParamValue, spec: ParamSpecs[string]): readonly ParamValue[] {
  if (typeof value !== 'number' || (spec.kind !== 'int' && spec.kind !== 'num')) return [value]
  const within = (one: number) => Math.min(spec.max, Math.max(spec.min, one))
  const near = STEPS.map((step) => {
    if (step === 1) return value
    return within(spec.kind === 'int' ? Math.round(value * step) : Number((value * step).toPrecision(6)))
  })
  return [...new Set(near)]
}

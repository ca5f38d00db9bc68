import type { Figure } from '../core/findings.ts'
import type { CrossValidation, Overfitting, ReturnsInLittle } from '../core/search.ts'
import { crossValidateDifferent } from './cross-validation.ts'
import { effectiveOf } from './effective-trials.ts'
import { overfittingVerdict } from './overfitting-verdict.ts'
import { columnsOf, type ReturnsColumns } from './returns-columns.ts'
import { type Stretch, stretchesOf } from './returns-hash.ts'
import { dailySharpe } from './returns-summary.ts'
import { expectedMaximumSharpe, minimumTrackRecord, probabilisticSharpe } from './sharpe-odds.ts'

const YEAR = Math.sqrt(365)
/** Fewer days or closed trades than these say nothing. */
const LEAST_DAYS = 30
const LEAST_TRADES = 10

export interface OverfittingOptions {
  /** Distinct trials that were counted, failed ones too: at least as many as have returns. */
  readonly trials: number
  /** Closed trades of the chosen one; without it their number is not judged. */
  readonly trades?: number
  /** The chosen one is the stitched curve of a walk-forward: not chosen from others, of which there are none here (`trials` is 1). */
  readonly isOutOfSample?: boolean
  /** Whether the probability of backtest overfitting is reckoned. Built in: yes. */
  readonly crossValidate?: boolean
}

type Notes = Record<string, string>

/** What is asked of the chosen one alone. */
type Chosen = Omit<ReturnsInLittle, 'sums' | 'squares'>

/**
 * What the chosen trial's Sharpe ratio is worth after all that was tried: `probabilisticSharpe`, `deflatedSharpe`,
 * `minimumTrackRecord`, `effectiveTrials` and `crossValidate` of daily returns, of which nothing is taken off as free of risk.
 * A figure is `null` where there is too little to say, and `notes` says why.
 *
 * Trials without returns count, but neither for the spread of Sharpe ratios nor for the effective number; those that never
 * moved have no Sharpe ratio and do not narrow the spread. Trials over more or fewer days spread by their length too: they count as if
 * they had as many days as the chosen one. Only trials of the chosen one's stretch are cross-validated.
 * @param trials all of them or those that are known, the chosen one too
 * @throws RangeError where fewer trials are counted than have returns
 */
export function judgeOverfitting(
  chosen: ReturnsInLittle,
  trials: readonly { readonly returns: ReturnsInLittle | null }[],
  options: OverfittingOptions,
): Overfitting {
  return judgeColumns(chosen, columnsOf(trials.map(({ returns }) => returns)), options)
}

/** The same of trials whose returns lie in columns. */
export function judgeColumns(chosen: Chosen, trials: ReturnsColumns, options: OverfittingOptions): Overfitting {
  const known = trials.days.reduce((count, days) => count + Number(days > 0), 0)
  if (!Number.isInteger(options.trials) || options.trials < Math.max(1, known))
    throw new RangeError(`${options.trials} trials counted, ${known} of them with returns: count all of them`)
  if (options.isOutOfSample && options.trials !== 1)
    throw new RangeError(`${options.trials} trials counted: a walk-forward's stitched curve is judged alone`)
  const notes: Notes = {}
  const stretches = options.trials === 1 ? [] : stretchesOf(trials)
  const figures = sharpeFigures(chosen, trials, stretches, options, notes)
  const crossValidation = validated(chosen, trials, stretches, options, notes)
  const found = { trials: options.trials, days: chosen.days, ...figures, crossValidation }
  return { ...found, notes, ...overfittingVerdict(found, notes, options.isOutOfSample) }
}

type SharpeFigures = Omit<Overfitting, 'trials' | 'days' | 'crossValidation' | 'notes' | 'verdict' | 'tone'>

function sharpeFigures(
  chosen: Chosen,
  columns: ReturnsColumns,
  stretches: readonly Stretch[],
  options: OverfittingOptions,
  notes: Notes,
): SharpeFigures {
  const none = (keys: readonly (keyof SharpeFigures)[], why: string) => {
    for (const key of keys) notes[key] ??= why
  }
  const sharpe = dailySharpe(chosen)
  const little = tooLittle(chosen, sharpe, options)
  if (sharpe === null) none(['sharpe'], 'daily returns never differ')
  const effective = effectiveNumber(columns, stretches, options.trials)
  if (effective === null) none(['effectiveTrials'], 'no trial has daily returns')
  const spread = options.trials === 1 ? null : spreadOf(columns, chosen.days)
  if (spread === null)
    none(
      [
        'spread',
        'expectedMaximum',
        'expectedMaximumEffective',
        'deflated',
        'deflatedEffective',
        'minimumTrackRecordDeflated',
      ],
      options.trials === 1 ? unchosen(options) : 'fewer than two trials have a Sharpe ratio',
    )
  const maximum = spread === null ? null : expectedMaximumSharpe(options.trials, spread)
  const maximumEffective = spread === null || effective === null ? null : expectedMaximumSharpe(effective, spread)
  if (little !== null)
    none(['probabilistic', 'deflated', 'deflatedEffective', 'minimumTrackRecord', 'minimumTrackRecordDeflated'], little)
  const observed = little !== null || sharpe === null ? null : { ...chosen, sharpe, periods: chosen.days }
  const above = (benchmark: Figure) =>
    observed === null || benchmark === null ? null : probabilisticSharpe(observed, benchmark)
  const record = (key: 'minimumTrackRecord' | 'minimumTrackRecordDeflated', benchmark: Figure) => {
    if (observed === null || benchmark === null) return null
    const days = minimumTrackRecord(observed, benchmark)
    if (days === null)
      none(
        [key],
        `the Sharpe ratio is not above ${benchmark === 0 ? '0' : 'what luck alone would show'}: no record would do`,
      )
    return days
  }
  const yearly = (value: Figure) => (value === null ? null : value * YEAR)
  return {
    effectiveTrials: effective,
    sharpe: yearly(sharpe),
    probabilistic: above(0),
    spread: yearly(spread),
    expectedMaximum: yearly(maximum),
    expectedMaximumEffective: yearly(maximumEffective),
    deflated: above(maximum),
    deflatedEffective: above(maximumEffective),
    minimumTrackRecord: record('minimumTrackRecord', 0),
    minimumTrackRecordDeflated: record('minimumTrackRecordDeflated', maximum),
  }
}

/** Why nothing can be said of the chosen trial, `null` where something can. */
function tooLittle(chosen: Chosen, sharpe: Figure, { trades }: OverfittingOptions): string | null {
  if (sharpe === null) return 'daily returns never differ'
  if (chosen.days < LEAST_DAYS)
    return `${plural(chosen.days, 'day')}: too few to say, at least ${LEAST_DAYS} are needed`
  if (trades !== undefined && trades < LEAST_TRADES)
    return `${plural(trades, 'closed trade')}: too few to say, at least ${LEAST_TRADES} are needed`
  return null
}

/** Why nothing is taken off. */
function unchosen({ isOutOfSample }: OverfittingOptions): string {
  return isOutOfSample
    ? 'not chosen from others within this walk-forward'
    : 'only one trial was made: nothing was chosen'
}

function effectiveNumber(columns: ReturnsColumns, stretches: readonly Stretch[], trials: number): Figure {
  if (trials === 1) return 1
  return stretches.length === 0 ? null : effectiveOf(columns, stretches)
}

/** Deviation of daily Sharpe ratios; `null` of fewer than two. Of chance alone it goes with 1 ÷ √days. */
function spreadOf(columns: ReturnsColumns, days: number): Figure {
  let [count, mean, square] = [0, 0, 0]
  for (let k = 0; k < columns.length; k++) {
    const deviation = columns.deviation[k]!
    if (!(deviation > 0)) continue
    const sharpe = columns.mean[k]! / deviation
    const own = columns.days[k]!
    const scaled = own === days ? sharpe : sharpe * Math.sqrt(own / days)
    const step = scaled - mean
    mean += step / ++count
    square += step * (scaled - mean)
  }
  return count < 2 ? null : Math.sqrt(square / (count - 1))
}

function validated(
  chosen: Chosen,
  columns: ReturnsColumns,
  stretches: readonly Stretch[],
  options: OverfittingOptions,
  notes: Notes,
): CrossValidation | null {
  const none = (why: string) => {
    notes['crossValidation'] = why
    return null
  }
  if (options.crossValidate === false) return none('not asked for')
  if (options.trials === 1) return none(unchosen(options))
  if (chosen.days < LEAST_DAYS)
    return none(`${plural(chosen.days, 'day')}: too few to halve, at least ${LEAST_DAYS} are needed`)
  const own = stretches.find(({ from, days }) => from === chosen.from && days === chosen.days)
  return (
    (own && crossValidateDifferent(columns, own.trials)) ??
    none('fewer than two different trials over the same days can be compared')
  )
}

function plural(count: number, word: string): string {
  return `${count.toLocaleString('en-US')} ${word}${count === 1 ? '' : 's'}`
}

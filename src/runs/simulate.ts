import { type Bars, firstRowAt } from '../core/bar.ts'
import { type Execution, PLAIN_EXECUTION } from '../core/execution.ts'
import { higherBars } from '../core/higher.ts'
import type { Instrument } from '../core/instrument.ts'
import { type Interval, intervalMs } from '../core/interval.ts'
import type { Predictions } from '../core/predictor.ts'
import type { RiskLimits } from '../core/risk.ts'
import type { EngineResult, RunResult } from '../core/run.ts'
import { didYouMean } from '../core/suggest.ts'
import {
  type CostOptions,
  costsOf,
  Engine,
  type HigherColumns,
  type IndicatorColumns,
  type ParamValue,
  type ReferenceAt,
  resolveRisk,
  type SlotOptions,
  type Strategy,
  StrategyError,
} from '../engine/index.ts'
import { isIndicator, unlikeIndicator } from '../indicators/define.ts'
import { batchColumns, RingColumns } from '../indicators/index.ts'
import { isOf, timeline } from './timeline.ts'

export interface SimulateSlot {
  readonly instrument: Instrument
  /** With the warm-up bars before `from`. */
  readonly bars: Bars
  /** What the strategy's models say, by row of the bars. */
  readonly models?: Predictions
  readonly costs: CostOptions
  readonly referenceAt?: ReferenceAt | null
  /** Of a perpetual: its margin terms, and mark prices and funding where stored. */
  readonly margin?: SlotOptions['margin']
  readonly marks?: SlotOptions['marks']
  readonly funding?: SlotOptions['funding']
  readonly detail?: Bars | null
  /** What the declared indicators come to, row by row, where a search has computed it for many runs; else the run does. */
  readonly columns?: IndicatorColumns
  /** Bars and indicators of a higher interval, where a search keeps them for many runs; else the run makes its own. */
  readonly higher?: (interval: Interval, declared: Declared) => HigherColumns
}

export type Declared = ReturnType<Strategy['indicators']>

/** Memory that a search uses again for its next run: what a run has left in it holds until then. Such runs keep no events. */
export interface Memory {
  /** Close times of the instants, once known. */
  times: Float64Array | null
  equity: Float64Array | null
}

export interface SimulateOptions {
  readonly strategy: Strategy
  readonly params: Readonly<Record<string, ParamValue>>
  readonly slots: readonly SimulateSlot[]
  /** First open time of the run's range, UTC ms; earlier bars only feed the indicators. */
  readonly from: number
  readonly cash: number
  readonly limitTouch: boolean
  /** Which path is taken inside bars; the worse where absent. */
  readonly path?: 'worse' | 'better'
  /** Plain where absent. */
  readonly execution?: Execution
  /** Limits of the account; the strategy may have stricter ones. */
  readonly risk?: RiskLimits
  readonly closeAtEnd: boolean
  readonly memory?: Memory
  /** False where no figure that is wanted is made of fills (`needsFills`); kept where absent. */
  readonly keepsFills?: boolean
  /** False where nobody asks trades for `mae` and `mfe`; kept where absent. */
  readonly keepsExtremes?: boolean
  /** Told now and then how many instants of all are done. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Instants between two calls of `onProgress`: a fraction of a second, whatever the strategy does. */
const REPORT_EVERY = 1 << 13

export interface Simulation {
  readonly result: EngineResult
  /** Indicators and bar loop: columns in memory → finished event log. */
  readonly seconds: number
  /** Bars inside the range, all series together. */
  readonly bars: number
  /** Whether there was a bar on which the strategy could be asked: its indicators and models had values. */
  readonly isEverAsked: boolean
  /** Columns of what the strategy plots, computed anew: the run kept the newest rows only. */
  readonly plots: () => RunResult['plots']
}

/** Every time so much later. Written out: `map` would call a function a row. */
function later(times: Float64Array, step: number): Float64Array {
  const made = new Float64Array(times.length)
  for (let k = 0; k < made.length; k++) made[k] = times[k]! + step
  return made
}

/** A backtest: the columns of every indicator, then a loop around `engine.onBar`. */
export function simulate(options: SimulateOptions): Simulation {
  const start = performance.now()
  const slots = options.slots.map((slot) => slotOptions(slot, options))
  const { column, step } = timeline(slots)
  const instants = column.length
  const { strategy, params, cash, limitTouch, path = 'worse', execution = PLAIN_EXECUTION } = options
  const { memory } = options
  const times = () => {
    if (memory?.times && isOf(memory.times, column, step)) return memory.times
    const made = step === 0 ? column : later(column, step)
    if (memory !== undefined) memory.times = made
    return made
  }
  const risk = riskOf(options)
  const engine = new Engine({
    strategy,
    params,
    slots,
    cash,
    limitTouch,
    path,
    risk,
    execution,
    instants,
    times,
    equity: memory?.equity ?? null,
    keepsEvents: memory === undefined,
    keepsFills: options.keepsFills ?? true,
    keepsExtremes: options.keepsExtremes ?? true,
  })
  for (let from = 0; from < instants; from += REPORT_EVERY) {
    options.onProgress?.(from, instants)
    engine.onInstants(column, step, from, Math.min(instants, from + REPORT_EVERY))
  }
  const result = engine.finish({ closeAtEnd: options.closeAtEnd })
  if (memory !== undefined) memory.equity = widest(memory.equity, result.equity.equity)
  const seconds = (performance.now() - start) / 1000
  const bars = slots.reduce((sum, slot) => sum + slot.bars.length - slot.startRow, 0)
  const isEverAsked = slots.some(({ readyRow, bars: { length } }) => readyRow < length)
  return { result, seconds, bars, isEverAsked, plots: () => plotsOf(strategy, params, slots) }
}

/** The limits of the strategy and of the account together; `null` where there are none. */
export function riskOf({ strategy, params, risk = {} }: Pick<SimulateOptions, 'strategy' | 'params' | 'risk'>) {
  return resolveRisk([
    { source: `strategy ${strategy.name}`, limits: strategy.risk(params) },
    { source: 'the account', limits: risk },
  ])
}

function widest(memory: Float64Array | null, used: Float64Array): Float64Array {
  return memory !== null && memory.length >= used.length ? memory : used
}

/**
 * How many bars before the range a strategy's indicators want: four times the longest lookback, by when recursive
 * indicators have forgotten their seeds to the last digit that matters.
 */
export function defaultWarmup(
  strategy: Strategy,
  params: Readonly<Record<string, ParamValue>>,
  interval: Interval,
): number {
  let longest = longestLookback(strategy.indicators(params))
  for (const higher of Object.values(strategy.also)) {
    const ratio = Math.ceil(intervalMs(higher.interval) / intervalMs(interval))
    longest = Math.max(longest, longestLookback(higher.indicators(params)) * ratio)
  }
  return 4 * longest
}

/** @throws RangeError for what is no indicator: types are not looked at when a strategy is run */
export function longestLookback(indicators: Declared): number {
  if (typeof indicators !== 'object' || indicators === null || isIndicator(indicators))
    throw new RangeError(
      `what they return is ${isIndicator(indicators) ? 'one, without a name' : String(indicators)}: write an object such as { fast: sma(20) }`,
    )
  for (const [name, one] of Object.entries(indicators))
    if (!isIndicator(one)) throw new RangeError(`${name} is ${unlikeIndicator(one)}`)
  return Math.max(0, ...Object.values(indicators).map((indicator) => indicator.lookback))
}

function slotOptions(slot: SimulateSlot, options: SimulateOptions): SlotOptions {
  const { strategy, params, from } = options
  const { bars } = slot
  const declared = strategy.indicators(params)
  checkPlots(strategy, Object.keys(declared))
  const startRow = firstRowAt(bars.openTime, from)
  let readyRow = Math.max(startRow, longestLookback(declared) - 1)
  const also: Record<string, HigherColumns> = {}
  for (const [name, higher] of Object.entries(strategy.also)) {
    const wanted = higher.indicators(params)
    checkHigher(bars, name, higher.interval)
    const columns = slot.higher?.(higher.interval, wanted) ?? higherColumns(bars, higher.interval, wanted)
    also[name] = columns
    const enough = Math.max(1, longestLookback(wanted)) - 1
    const row = columns.rows.findIndex((higherRow) => higherRow >= enough)
    readyRow = Math.max(readyRow, row < 0 ? bars.length : row)
  }
  const models = predictionsOf(strategy, slot)
  for (const { p } of Object.values(models)) readyRow = firstKnown(p!, readyRow)
  const feed = slot.columns === undefined ? new RingColumns(declared, bars) : null
  return {
    instrument: slot.instrument,
    bars,
    indicators: slot.columns ?? feed!.columns,
    feed,
    also,
    models,
    startRow,
    readyRow,
    costs: costsOf(slot.costs),
    referenceAt: slot.referenceAt ?? null,
    margin: slot.margin ?? null,
    marks: slot.marks ?? null,
    funding: slot.funding ?? null,
    detail: slot.detail ?? null,
  }
}

export function checkHigher({ series }: Bars, name: string, interval: Interval): void {
  if (intervalMs(interval) <= intervalMs(series.interval))
    throw new RangeError(`also.${name} is ${interval}, which is not coarser than the series' own ${series.interval}`)
}

/** Bars of a coarser interval, and for every own bar the last of them that was closed by its close. */
function higherColumns(bars: Bars, interval: Interval, declared: Declared): HigherColumns {
  const { bars: higher, rows } = higherBars(bars, interval)
  return { bars: higher, indicators: batchColumns(declared, higher), rows }
}

/**
 * What the strategy's models say.
 * @throws RangeError where one of them is not foretold for every row: it would be read as of other bars
 */
function predictionsOf({ name, models }: Strategy, { bars, models: said = {} }: SimulateSlot): Predictions {
  for (const [model, { outputs }] of Object.entries(models))
    for (const output of outputs) {
      const rows = said[model]?.[output]?.length ?? 0
      if (rows !== bars.length)
        throw new RangeError(
          `strategy ${name}: models.${model}.${output} has ${rows} values for the ${bars.length} bars of ${bars.series.symbol}`,
        )
    }
  return said
}

/** First row from `from` on with a value; the number of rows where there is none. */
function firstKnown(values: Float64Array, from: number): number {
  let row = from
  while (row < values.length && Number.isNaN(values[row]!)) row++
  return row
}

/** A misspelt name would silently draw nothing. */
export function checkPlots(strategy: Strategy, declared: readonly string[]): void {
  const unknown = strategy.plots.find((name) => !declared.includes(name))
  if (unknown !== undefined)
    throw new StrategyError(
      `strategy ${strategy.name}: plots has "${unknown}"${didYouMean(unknown, declared)}, which is not declared; indicators: ${declared.join(', ') || 'none'}`,
    )
}

function plotsOf(
  strategy: Strategy,
  params: Readonly<Record<string, ParamValue>>,
  slots: readonly SlotOptions[],
): RunResult['plots'] {
  const declared = strategy.indicators(params)
  const plotted = Object.fromEntries(strategy.plots.map((name) => [name, declared[name]!]))
  const columns = slots.map(({ bars }) => batchColumns(plotted, bars))
  return strategy.plots.flatMap((name) =>
    columns.flatMap((ofSlot, slot) =>
      Object.entries(ofSlot[name]!).map(([output, values]) => ({
        slot,
        name: output === 'value' ? name : `${name}.${output}`,
        values,
      })),
    ),
  )
}

import { type Bars, firstRowAt } from '../../core/bar.ts'
import { GrowingBars, type NewBar } from '../../core/growing-bars.ts'
import { GrowingColumn, mostRows } from '../../core/growing-column.ts'
import { GrowingHigher } from '../../core/growing-higher.ts'
import type { Instrument } from '../../core/instrument.ts'
import { closeTimeOf, intervalMs } from '../../core/interval.ts'
import type { FundingColumns, MarginTerms, MarkColumns } from '../../core/leverage.ts'
import { timeName } from '../../core/time.ts'
import {
  type CostOptions,
  costsOf,
  type Engine,
  type HigherColumns,
  type ReferenceAt,
  type SlotOptions,
  type Strategy,
  scalesOf,
} from '../../engine/index.ts'
import { GrowingIndicators, RingColumns } from '../../indicators/index.ts'
import { LiveModel, type LiveModelOptions } from '../../models/live-model.ts'
import { averageOf } from '../average-price.ts'
import { checkHigher, checkPlots, type Declared, longestLookback, type SimulateOptions } from '../simulate.ts'

/** What a session is given for one instrument: what is known before its first bar. */
export interface LiveSlotOptions {
  readonly instrument: Instrument
  /** Warm-up bars, all before the session begins; may be none. */
  readonly bars: Bars
  readonly costs: CostOptions
  /** Of a perpetual. */
  readonly margin?: MarginTerms | null
  /** Mark prices of the warm-up bars; then every bar may bring its own. `null`: the bars' own prices are the marks. */
  readonly marks?: SlotOptions['marks']
  /** Funding before the session; `null`: none is charged, and none is told of. */
  readonly funding?: FundingColumns | null
  /** By name, each with its history before the session. */
  readonly models?: Readonly<Record<string, LiveModelOptions>>
  /** 1m bars for the average that PERCENT_PRICE compares with, whole or growing in the host's hands; of a session of 1m bars its own serve. */
  readonly minutes?: Bars | null
}

/** A bar that has closed, with the mark prices of its time where they are known. */
export interface LiveBar extends NewBar {
  readonly mark?: MarkPrices | null
}

type MarkPrices = Readonly<Record<keyof MarkColumns, number>>

const MARKS = ['open', 'high', 'low', 'close'] as const

const HOUR = 3_600_000

/** One instrument of a running session: everything that a backtest has as whole columns, growing bar by bar. */
export class LiveSlot {
  readonly options: SlotOptions
  readonly #bars: GrowingBars
  readonly #higher: readonly {
    readonly bars: GrowingHigher
    readonly indicators: GrowingIndicators<Declared>
    readonly enough: number
  }[]
  readonly #models: readonly { readonly model: LiveModel; readonly columns: readonly GrowingColumn[] }[]
  readonly #marks: Readonly<Record<keyof MarkColumns, GrowingColumn>> | null
  readonly #funding: Readonly<Record<keyof FundingColumns, GrowingColumn>> | null
  #fundings: number
  /** First row on which the bar's own indicators have values. */
  readonly #ownReady: number
  /** Models that have said something since everything before them in a backtest's reckoning was ready. */
  #speaking = 0
  #slot: Engine['slots'][number] | null = null

  constructor(
    given: LiveSlotOptions,
    { strategy, params, from }: Pick<SimulateOptions, 'strategy' | 'params' | 'from'>,
  ) {
    const { instrument, bars: warm } = given
    const { interval } = warm.series
    const last = warm.length > 0 ? warm.openTime[warm.length - 1]! : Number.NEGATIVE_INFINITY
    if (last >= from)
      throw new RangeError(
        `${instrument.symbol}: the warm-up has a bar of ${timeName(last)}, and the session begins at ${timeName(from)}: what is in it has to be told bar by bar`,
      )
    const declared = strategy.indicators(params)
    checkPlots(strategy, Object.keys(declared))
    // an exchange may state finer prices than those that happen to be stored
    const { priceDecimals } = scalesOf(instrument, warm.priceDecimals, false)
    const bars = new GrowingBars(warm, priceDecimals)
    this.#bars = bars
    this.#ownReady = Math.max(warm.length, longestLookback(declared) - 1)
    const also: Record<string, HigherColumns> = {}
    this.#higher = Object.entries(strategy.also).map(([name, higher]) => {
      const wanted = higher.indicators(params)
      checkHigher(bars, name, higher.interval)
      const grown = new GrowingHigher(bars, higher.interval)
      const indicators = new GrowingIndicators(wanted, grown.bars)
      also[name] = { bars: grown.bars, indicators: indicators.columns, rows: grown.rows }
      return { bars: grown, indicators, enough: Math.max(1, longestLookback(wanted)) - 1 }
    })
    this.#models = modelsOf(strategy, given, priceDecimals, mostRows(warm.length, intervalMs(interval)))
    this.#marks = given.marks == null ? null : growing(given.marks, MARKS, mostRows(warm.length, intervalMs(interval)))
    this.#funding = given.funding == null ? null : fundingOf(given.funding)
    this.#fundings = given.funding?.time.length ?? 0
    const feed = new RingColumns(declared, bars)
    const minutes = given.minutes ?? (interval === '1m' ? bars : null)
    this.options = {
      instrument,
      bars,
      indicators: feed.columns,
      feed,
      also,
      models: Object.fromEntries(
        Object.keys(strategy.models).map((name, k) => {
          const { model, columns } = this.#models[k]!
          return [name, Object.fromEntries(model.outputs.map((output, at) => [output, columns[at]!.values]))]
        }),
      ),
      startRow: warm.length,
      readyRow: Number.POSITIVE_INFINITY,
      costs: costsOf(given.costs),
      referenceAt: minutes === null ? null : referenceOf(instrument, bars, minutes),
      margin: given.margin ?? null,
      marks: this.#marks === null ? null : { ...valuesOf(this.#marks), decimals: given.marks!.decimals },
      funding: this.#funding === null ? null : valuesOf(this.#funding),
      detail: null,
    }
  }

  /** What each model sees of the newest bar, in the order of the strategy: the same arrays every time. */
  get features(): readonly Float64Array[] {
    return this.#models.map(({ model }) => model.features)
  }

  /** Open of the bar in which an instant lies; `null` where it is none of the bars. */
  openAt(time: number): number | null {
    const { openTime, open, length, series } = this.#bars
    const row = firstRowAt(openTime.subarray(0, length), time + 1) - 1
    return row >= 0 && time < closeTimeOf(openTime[row]!, series.interval) ? open[row]! : null
  }

  /** The engine's own, once there is an engine. */
  attach(slot: Engine['slots'][number]): void {
    this.#slot = slot
  }

  /** @throws RangeError for a bar that cannot be the next, or does not close at `at` */
  check(bar: LiveBar, at: number): void {
    this.#bars.check(bar)
    const { symbol, interval } = this.#bars.series
    const closes = closeTimeOf(bar.openTime, interval)
    if (closes !== at)
      throw new RangeError(
        `${symbol}: the ${interval} bar of ${timeName(bar.openTime)} closes at ${timeName(closes)}, and it is told of at ${timeName(at)}`,
      )
    const { mark = null } = bar
    const wrong = mark === null ? undefined : MARKS.find((name) => !(mark[name] > 0 && Number.isFinite(mark[name])))
    if (wrong !== undefined)
      throw new RangeError(
        `${symbol}: the bar of ${timeName(bar.openTime)} has a mark price of ${mark![wrong]} (${wrong})`,
      )
  }

  append(bar: LiveBar): void {
    const row = this.#bars.length
    this.#bars.append(bar)
    if (this.#marks !== null) for (const name of MARKS) this.#marks[name].set(row, (bar.mark ?? bar)[name])
    for (const { bars, indicators } of this.#higher) {
      bars.grow()
      indicators.grow()
    }
    for (const { model, columns } of this.#models) {
      const said = model.next(bar)
      for (const [k, column] of columns.entries()) column.set(row, said[k]!)
    }
    this.#slot!.grow()
    if (row < this.#slot!.readyRow && this.#isReadyAt(row)) this.#slot!.readyRow = row
  }

  /** As the reckoning of a backtest: its own indicators and higher ones, then one model after the other. */
  #isReadyAt(row: number): boolean {
    if (row < this.#ownReady || !this.#higher.every(({ bars, enough }) => bars.rows[row]! >= enough)) return false
    while (this.#speaking < this.#models.length) {
      if (Number.isNaN(this.#models[this.#speaking]!.columns[0]!.values[row]!)) return false
      this.#speaking++
    }
    return true
  }

  /**
   * A funding rate of the exchange. One that comes after the bar on which a backtest would have charged it is charged on the next, if what
   * is held now was held then.
   * @throws RangeError for one that is not after the last
   */
  fund(time: number, rate: number, mark: number | null): void {
    const { symbol } = this.#bars.series
    if (this.#funding === null) throw new RangeError(`${symbol}: funding is told of, and this session charges none`)
    const last = this.#fundings > 0 ? this.#funding.time.values[this.#fundings - 1]! : Number.NEGATIVE_INFINITY
    if (!(time > last))
      throw new RangeError(
        `${symbol}: funding of ${timeName(time)} after that of ${timeName(last)}: each is told once, in order`,
      )
    if (!Number.isFinite(rate)) throw new RangeError(`${symbol}: a funding rate of ${rate}`)
    if (this.#isPast(time)) return
    this.#funding.time.set(this.#fundings, time)
    this.#funding.rate.set(this.#fundings, rate)
    this.#funding.mark.set(this.#fundings, mark ?? Number.NaN)
    this.#fundings++
  }

  /** Whether nobody owes it: its bar is over, and what is held, if anything, was bought since. */
  #isPast(time: number): boolean {
    const slot = this.#slot!
    if (!slot.hasBegun || time >= slot.closeTime) return false
    return slot.position.held === 0 || time < closeTimeOf(slot.position.entryTime, slot.interval)
  }
}

function modelsOf(strategy: Strategy, { models = {}, bars }: LiveSlotOptions, priceDecimals: number, most: number) {
  return Object.entries(strategy.models).map(([name, { outputs }]) => {
    const given = models[name]
    if (given === undefined)
      throw new RangeError(`strategy ${strategy.name}: models.${name} is not given for ${bars.series.symbol}`)
    const model = new LiveModel(given, priceDecimals)
    const columns = outputs.map(() => {
      const column = new GrowingColumn(Float64Array, most, Number.NaN)
      // of the bars before the session nobody asks
      column.reserve(bars.length)
      return column
    })
    return { model, columns }
  })
}

function referenceOf({ kind, snapshots }: Instrument, bars: Bars, minutes: Bars): ReferenceAt | null {
  const isAveraged = snapshots.some(
    ({ filters }) => ((filters.percentPriceBySide ?? filters.percentPrice)?.avgPriceMins ?? 0) > 0,
  )
  return kind === 'spot' && isAveraged ? averageOf(bars, minutes) : null
}

function growing<Name extends string>(
  known: Readonly<Record<Name, Float64Array>>,
  names: readonly Name[],
  most: number,
  empty: (name: Name) => number = () => Number.NaN,
): Readonly<Record<Name, GrowingColumn>> {
  const columns = names.map((name) => {
    const column = new GrowingColumn(Float64Array, most, empty(name))
    column.reserve(known[name].length)
    column.values.set(known[name])
    return [name, column]
  })
  return Object.fromEntries(columns) as Readonly<Record<Name, GrowingColumn>>
}

function fundingOf(known: FundingColumns) {
  const empty = (name: keyof FundingColumns) => (name === 'time' ? Number.POSITIVE_INFINITY : Number.NaN)
  return growing(known, ['time', 'rate', 'mark'], mostRows(known.time.length, HOUR), empty)
}

function valuesOf<Name extends string>(columns: Readonly<Record<Name, GrowingColumn>>) {
  const entries = Object.entries<GrowingColumn>(columns).map(([name, { values }]) => [name, values])
  return Object.fromEntries(entries) as Record<Name, Float64Array>
}

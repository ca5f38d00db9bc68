import type { Figure } from '../core/findings.ts'
import { type HigherBars, higherBars } from '../core/higher.ts'
import { closeTimeOf, type Interval } from '../core/interval.ts'
import type { Metrics } from '../core/run.ts'
import type { Params, ReturnsSummary, TimeRange, Trial, TrialOutcome } from '../core/search.ts'
import { type HigherColumns, resolveParams, type Strategy } from '../engine/index.ts'
import { batchColumns } from '../indicators/index.ts'
import { computeMetrics, needsFills, someMetrics, summarise } from '../metrics/index.ts'
import type { JudgeTrial } from './objective.ts'
import { firstOpen, type Scene, slotsOf, tradedFrom } from './scene.ts'
import type { SharedIndicators } from './shared-indicators.ts'
import { type Memory, type SimulateSlot, simulate } from './simulate.ts'

/** How the trials of a search are judged. */
export interface Judging {
  /** Key of a figure. */
  readonly name: string
  readonly goal: 'max' | 'min'
  /** A function of one's own in its place. */
  readonly own: JudgeTrial | null
  /** Figures that each outcome has. */
  readonly figures: readonly string[]
}

/** What one run over a stretch came to. */
interface Tried {
  readonly objective: Figure
  readonly reason: string | null
  readonly metrics: Metrics
  readonly returns: ReturnsSummary | null
}

/**
 * Runs trials one after the other: the engine and the strategy of a backtest, on columns that all trials share. An outcome
 * hangs on scene and trial alone, never on what was run before, where or when.
 */
export class TrialRunner {
  readonly #strategy: Strategy
  readonly #fixed: Params
  readonly #scene: Scene
  readonly #slots: readonly SimulateSlot[]
  readonly #indicators: SharedIndicators
  readonly #judging: Judging
  readonly #memory: Memory = { times: null, equity: null }
  readonly #higher = new Map<string, HigherBars>()

  /** @param fixed parameters that are not searched */
  constructor(strategy: Strategy, fixed: Params, scene: Scene, indicators: SharedIndicators, judging: Judging) {
    this.#strategy = strategy
    this.#fixed = fixed
    this.#scene = scene
    this.#slots = slotsOf(scene)
    this.#indicators = indicators
    this.#judging = judging
  }

  /** What a trial comes to; one that throws has failed, and says why. */
  run(trial: Trial): TrialOutcome {
    const { number } = trial
    try {
      return this.#run(trial)
    } catch (error) {
      const reason = (error as Error).message ?? String(error)
      return { number, status: 'failed', objective: null, reason, metrics: {}, returns: null }
    }
  }

  #run({ number, params, range, prune }: Trial): TrialOutcome {
    const whole = range ?? this.#range()
    if (prune === undefined) return { number, ...this.#outcome(params, range) }
    const first = this.#try(params, { from: whole.from, to: whole.from + (whole.to - whole.from) * prune.share })
    const early = first.objective
    const { atLeast } = prune
    const isWorse = atLeast !== null && (early === null || this.#isWorse(early, atLeast))
    if (!isWorse) return { number, ...this.#outcome(params, range), early }
    const { metrics, returns } = first
    const reason = `pruned: ${early ?? 'nothing'} after ${Math.round(100 * prune.share)} % of the data, where the median of earlier trials was ${atLeast}`
    return { number, status: 'pruned', objective: early, early, reason, metrics, returns }
  }

  #outcome(params: Params, range?: TimeRange): Omit<TrialOutcome, 'number'> {
    const tried = this.#try(params, range)
    const isJudged = tried.objective !== null || this.#judging.own === null
    return { status: isJudged ? 'done' : 'failed', ...tried }
  }

  #isWorse(value: number, than: number): boolean {
    return this.#judging.goal === 'max' ? value < than : value > than
  }

  /** First open and last close of the scene. */
  #range(): TimeRange {
    const ends = this.#slots.map(({ bars }) => closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval))
    return { from: this.#scene.from, to: Math.max(...ends) }
  }

  /** One run, judged. */
  #try(searched: Params, range?: TimeRange): Tried {
    const params = resolveParams(this.#strategy, { ...this.#fixed, ...searched })
    const { riskFree, slots: _, ...common } = this.#scene
    const from = range?.from ?? common.from
    const declared = this.#strategy.indicators(params)
    const slots = (range === undefined ? this.#slots : slotsOf(this.#scene, range)).map((slot, k) => {
      const columns = this.#indicators.columnsOf(k, declared)
      const higher = (interval: Interval, wanted: typeof declared) => this.#higherColumns(k, interval, wanted)
      return { ...slot, higher, ...(columns !== null && { columns }) }
    })
    const traded = tradedFrom(slots, from)
    const { name, own, figures } = this.#judging
    const wanted = [...new Set([name, ...figures])]
    const { result } = simulate({
      ...common,
      from,
      strategy: this.#strategy,
      params,
      slots: traded.length > 0 ? traded : slots,
      memory: this.#memory,
      keepsFills: own !== null || needsFills(wanted),
      keepsExtremes: own !== null,
    })
    const first = firstOpen(traded, from)
    const input = { ...result, from: first, benchmark: null, riskFree }
    const returns = summarise(result.equity, first, result.startEquity)
    if (own === null) {
      const { metrics, notes } = someMetrics(input, wanted)
      const objective = metrics[name] ?? null
      return { objective, reason: objective === null ? (notes[name] ?? null) : null, metrics, returns }
    }
    const { metrics, notes } = computeMetrics(input)
    const { trades, fills, equity } = result
    // picked before: the function may write into what it is handed
    const picked = pick(metrics, figures)
    // its times too, which the next run would take for its own
    this.#memory.times = null
    return { ...own({ metrics, notes, params, trades, fills, equity }), metrics: picked, returns }
  }

  /**
   * Bars of a higher interval are made once, of all bars: which of them was closed at a row hangs on no row after it. Their
   * indicators, of which there are few rows, are computed by each run.
   */
  #higherColumns(slot: number, interval: Interval, declared: ReturnType<Strategy['indicators']>): HigherColumns {
    const key = `${slot} ${interval}`
    const made = this.#higher.get(key) ?? higherBars(this.#slots[slot]!.bars, interval)
    this.#higher.set(key, made)
    return { ...made, indicators: batchColumns(declared, made.bars) }
  }
}

function pick(metrics: Metrics, keys: readonly string[]): Metrics {
  return Object.fromEntries(keys.map((key) => [key, metrics[key] ?? null]))
}

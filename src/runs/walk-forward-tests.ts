import type { Fill } from '../core/fill.ts'
import type { Figure } from '../core/findings.ts'
import type { EngineResult, EquityColumns, Metrics } from '../core/run.ts'
import type { Params, TrialOutcome } from '../core/search.ts'
import { seriesName } from '../core/series.ts'
import type { Trade } from '../core/trade.ts'
import { defineStrategy, resolveParams, type Strategy } from '../engine/index.ts'
import { buyAndHoldEquity, computeMetrics } from '../metrics/index.ts'
import { firstOpen, slotsOf, tradedFrom } from './scene.ts'
import { simulate } from './simulate.ts'
import type { PlannedSearch } from './sweep.ts'
import { testWarmup } from './test-warmup.ts'
import type { Step } from './walk-forward-plan.ts'

/** What a window's trials came to; `null` where none can be traded. */
export interface Chosen {
  readonly params: Params | null
  readonly outcome: TrialOutcome | null
  readonly reason: string | null
}

/** One test stretch as it was traded. */
export interface PlayedTest {
  readonly objective: Figure
  readonly metrics: Metrics
  readonly startEquity: number
  readonly endEquity: number
  /** Bars before the stretch that its indicators were fed, of every series that has them. */
  readonly warmup: number
  /** Series with bars in the stretch: one that begins after it, or ended before it, cannot be traded there. */
  readonly data: readonly string[]
}

/** All test stretches, end to end. */
export interface PlayedTests {
  /** `null` where nothing was traded. */
  readonly tests: readonly (PlayedTest | null)[]
  /** Open of the first bar of them. */
  readonly from: number
  readonly equity: EquityColumns
  readonly benchmark: Float64Array
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
  readonly costs: { readonly fees: number; readonly slippage: number; readonly funding: number }
}

/** Holds nothing: what is traded where no trial can be. */
const NOTHING = defineStrategy({ name: 'nothing', onBar: () => undefined })

/**
 * Trades what was chosen, stretch by stretch, each with the money that the one before has left. What is open at the end of a
 * stretch is closed there, at its cost: the next one begins with other parameters.
 */
export async function playTests(
  steps: readonly Step[],
  chosen: readonly Chosen[],
  { ground, scene, judge: own, search }: PlannedSearch,
): Promise<PlayedTests> {
  const { strategy } = ground.facts
  const { fixed, figures } = ground.manifest
  const asked = ground.facts.settings.warmup ?? ground.prepared.defaultWarmup
  const parts: EngineResult[] = []
  const tests: (PlayedTest | null)[] = []
  let cash = scene.cash
  for (const [k, { test }] of steps.entries()) {
    const params = cash > 0 ? chosen[k]!.params : null
    const warmup = testWarmup(scene, test.from, asked)
    const within = slotsOf(scene, test, warmup)
    const traded = tradedFrom(within, test.from)
    const played = play(params === null ? NOTHING : strategy, params === null ? {} : { ...fixed, ...params })
    parts.push(played)
    if (params === null) tests.push(null)
    else {
      // as of a backtest, its time begins with its first bar
      const from = firstOpen(traded, test.from)
      const input = { ...played, from, benchmark: null, riskFree: scene.riskFree }
      const { metrics, notes } = computeMetrics(input)
      const { trades, fills, equity } = played
      const objective =
        own === null
          ? (metrics[search.objective.name] ?? null)
          : // a copy, which the function may sort or write into
            own(structuredClone({ metrics, notes, params: { ...fixed, ...params }, trades, fills, equity })).objective
      const shown = Object.fromEntries(figures.map((key) => [key, metrics[key] ?? null]))
      const { startEquity, endEquity } = played
      const data = traded.map(({ bars }) => seriesName(bars.series))
      tests.push({ objective, metrics: shown, startEquity, endEquity, warmup, data })
    }
    cash = played.endEquity

    function play(of: Strategy, given: Params): EngineResult {
      const { riskFree: _, slots: __, ...common } = scene
      const slots = (traded.length > 0 ? traded : within).map((slot) =>
        of === NOTHING ? { ...slot, models: {} } : slot,
      )
      // with nothing left nothing is traded, and the engine wants an amount to begin with
      const money = cash > 0 ? cash : scene.cash
      const options = { ...common, from: test.from, closeAtEnd: true, slots, cash: money }
      const { result } = simulate({ ...options, strategy: of, params: resolveParams(of, given) })
      return cash > 0 ? result : nothingLeft(result, cash)
    }
  }
  const first = steps[0]!.test.from
  const equity = endToEnd(parts)
  const held = ground.prepared.loaded.map(({ bars, costs }) => ({
    bars,
    feeTaker: costs.feeTaker,
    slippageBps: costs.slippageBps,
  }))
  const from = firstOpen(held, first)
  const sum = (of: (part: EngineResult) => number) => parts.reduce((total, part) => total + of(part), 0)
  return {
    tests,
    from,
    equity,
    benchmark: buyAndHoldEquity(held, from, scene.cash, equity),
    trades: parts.flatMap(({ trades }) => trades).map((trade, k) => ({ ...trade, n: k + 1 })),
    fills: parts.flatMap(({ fills }) => fills).map((fill, k) => ({ ...fill, n: k + 1 })),
    costs: {
      fees: sum(({ fees }) => fees),
      slippage: sum(({ slippage }) => slippage),
      funding: sum(({ funding }) => funding),
    },
  }
}

function nothingLeft(result: EngineResult, cash: number): EngineResult {
  const { equity } = result
  const flat = new Float64Array(equity.length).fill(cash)
  const { time, length } = equity
  return {
    ...result,
    startEquity: cash,
    endEquity: cash,
    equity: { length, time, equity: flat, cash: flat, exposure: new Float64Array(length) },
  }
}

function endToEnd(parts: readonly EngineResult[]): EquityColumns {
  const column = (of: (equity: EquityColumns) => Float64Array) => {
    const all = new Float64Array(parts.reduce((sum, { equity }) => sum + equity.length, 0))
    let at = 0
    for (const { equity } of parts) {
      all.set(of(equity), at)
      at += equity.length
    }
    return all
  }
  const time = column((one) => one.time)
  return {
    length: time.length,
    time,
    equity: column((one) => one.equity),
    cash: column((one) => one.cash),
    exposure: column((one) => one.exposure),
  }
}

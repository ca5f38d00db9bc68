import type { Figure } from '../core/findings.ts'
import type { Dimension, Params, TimeRange, WalkForwardDocument, WalkForwardWindow } from '../core/search.ts'
import { timeName } from '../core/time.ts'
import { computeMetrics, judgeOverfitting, summarise } from '../metrics/index.ts'
import { duration } from '../report/format.ts'
import { peerMetrics } from './peer.ts'
import type { StudyResult } from './run-trials.ts'
import type { SearchGround } from './search-manifest.ts'
import type { PlannedSearch } from './sweep.ts'
import { searchHead, searchRunName, trialCommand } from './sweep-document.ts'
import { unchosenRemark } from './unjudged-remark.ts'
import { leftOver, type Step, type WalkForwardPlan } from './walk-forward-plan.ts'
import type { Chosen, PlayedTest, PlayedTests } from './walk-forward-tests.ts'

/** Everything that a walk-forward has come to. */
export interface WalkForwardFacts {
  readonly planned: PlannedSearch
  readonly plan: WalkForwardPlan
  readonly steps: readonly Step[]
  readonly results: readonly StudyResult[]
  readonly chosen: readonly Chosen[]
  readonly played: PlayedTests
}

/** `run.json` of a walk-forward. */
export function walkForwardDocument(facts: WalkForwardFacts): WalkForwardDocument {
  const { planned, plan, steps, played } = facts
  const { ground, search, scene } = planned
  const head = searchHead(ground, search, plan)
  const { from, equity, benchmark, trades, fills, costs } = played
  const input = { equity, from, trades, openTrades: [], fills, ...costs, benchmark, riskFree: scene.riskFree }
  const { metrics, notes } = computeMetrics({ ...input, startEquity: scene.cash })
  const held = peerMetrics({ from, cash: scene.cash, equity, benchmark, riskFree: scene.riskFree })
  const returns = summarise(equity, from, scene.cash)
  const inSample = meanFigures(facts.chosen, ground.manifest.figures)
  const windows = windowsOf(facts)
  const outcomes = facts.results.flatMap((result) => result.outcomes)
  const traded = windows.flatMap(({ outOfSample }) => (outOfSample === null ? [] : [outOfSample]))
  const worked = traded.filter(({ startEquity, endEquity }) => endEquity > startEquity).length
  const efficiency = efficiencyOf(metrics['cagr'] ?? null, inSample['cagr'] ?? null)
  return {
    ...{ run: searchRunName(ground, search, plan, outcomes), kind: 'walk-forward' },
    ...head,
    remarks: [
      ...unchosenRemark(windows, search.objective.name),
      ...leftOverRemark(leftOver(steps, head.range.to), plan),
      ...head.remarks,
    ],
    plan,
    windows,
    metrics,
    notes: { ...notes, ...held.notes, ...(efficiency.reason !== null && { efficiency: efficiency.reason }) },
    inSample,
    efficiency: efficiency.value,
    profitable: traded.length > 0 ? worked / traded.length : null,
    stability: search.dimensions.map((one) => stabilityOf(one, facts.chosen)),
    peer: held.peer,
    overfitting:
      returns && judgeOverfitting(returns, [{ returns }], { trials: 1, trades: trades.length, isOutOfSample: true }),
  }
}

function leftOverRemark(left: TimeRange | null, { test }: WalkForwardPlan): string[] {
  if (left === null) return []
  const span = duration(left.to - left.from).replaceAll('\u202f', '')
  return [
    `The last ${span} of the data (${timeName(left.from)} to ${timeName(left.to)}) are in no test: they are less than half of --test ${test}. --from that much later moves all windows to the end of the data.`,
  ]
}

function windowsOf({ planned, steps, results, chosen, played }: WalkForwardFacts): WalkForwardWindow[] {
  return steps.map(({ train, test }, k) => {
    const { outcomes } = results[k]!
    const { params, outcome, reason } = chosen[k]!
    const tested = played.tests[k]!
    return {
      ...{ window: k + 1, train, test, trials: outcomes.length },
      failed: outcomes.filter(({ status }) => status === 'failed').length,
      chosen: params,
      reason: reason ?? (tested === null ? 'nothing was left to trade with' : null),
      inSample: outcome && { objective: outcome.objective, metrics: outcome.metrics },
      outOfSample: tested && outOfSampleOf(tested),
      command: params === null || tested === null ? null : testCommand(planned.ground, params, test, tested),
    }
  })
}

function outOfSampleOf({ warmup: _, data: __, ...shown }: PlayedTest): WalkForwardWindow['outOfSample'] {
  return shown
}

/** The backtest that is a window's test, to the last digit; `null` where no file has its strategy, or the stretch no bar. */
function testCommand(
  ground: SearchGround,
  params: Params,
  { from, to }: TimeRange,
  { warmup, startEquity: cash, data }: PlayedTest,
): string | null {
  if (ground.manifest.request === null || data.length === 0) return null
  return trialCommand(ground, params, { from, to, warmup, cash, closeAtEnd: true, data })
}

/** Of the windows that have the figure. */
function meanFigures(chosen: readonly Chosen[], keys: readonly string[]): Record<string, Figure> {
  return Object.fromEntries(
    keys.map((key) => {
      const values = chosen.flatMap(({ outcome }) => outcome?.metrics[key] ?? [])
      return [key, values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length]
    }),
  )
}

/** Pardo 2008: what a year brought out of sample ÷ what a year brought where it was chosen. */
function efficiencyOf(outside: Figure, inside: Figure): { readonly value: Figure; readonly reason: string | null } {
  if (outside === null || inside === null) return { value: null, reason: 'a yearly return is not known' }
  if (inside <= 0) return { value: null, reason: 'nothing was earned where the parameters were chosen' }
  return { value: outside / inside, reason: null }
}

/** How a parameter moves from window to window. */
function stabilityOf(dimension: Dimension, chosen: readonly Chosen[]): WalkForwardDocument['stability'][number] {
  const { name } = dimension
  const values = chosen.map(({ params }) => params?.[name] ?? null)
  const pairs = values.slice(1).flatMap((value, k): [Params[string], Params[string]][] => {
    const before = values[k]!
    return value === null || before === null ? [] : [[before, value]]
  })
  const width = widthOf(dimension)
  const moved = pairs.map(([a, b]) => Math.abs(Number(b) - Number(a)))
  return {
    name,
    values,
    kept: pairs.length === 0 ? null : pairs.filter(([a, b]) => a === b).length / pairs.length,
    movement:
      width === null || pairs.length === 0 ? null : moved.reduce((sum, step) => sum + step, 0) / pairs.length / width,
  }
}

/** From the least value to the greatest; `null` where there is no way from one to another, as between words. */
function widthOf(dimension: Dimension): number | null {
  if (dimension.kind !== 'list') return dimension.to > dimension.from ? dimension.to - dimension.from : null
  const numbers = dimension.values.filter((value) => typeof value === 'number')
  return numbers.length === dimension.values.length ? Math.max(...numbers) - Math.min(...numbers) : null
}

import { type Random, seededRandom } from '../../src/core/random.ts'
import type {
  CrossValidation,
  Dimension,
  HeatMap,
  Overfitting,
  Params,
  Plateau,
  SweepDocument,
  SweepResult,
  Trial,
  TrialOutcome,
  TrialRow,
} from '../../src/core/search.ts'

export interface MadeSweep {
  readonly dimensions?: readonly Dimension[]
  readonly subject?: 'strategy' | 'model'
  /** Trials drawn at random; without it, the whole grid. */
  readonly drawn?: number
  /** Every so-manieth trial fails, or is given up; 0: none. */
  readonly failEvery?: number
  readonly pruneEvery?: number
  /** Rows that the document's table holds. */
  readonly rows?: number
  readonly hasCosts?: boolean
  /** Without them nothing is said of luck. */
  readonly hasReturns?: boolean
  readonly overfitting?: Partial<Overfitting>
  readonly change?: (document: SweepDocument) => SweepDocument
}

type Value = Params[string]

export const HASH = '0123456789abcdef'.repeat(4)
export const FROM = Date.UTC(2021, 0, 1)
const TO = Date.UTC(2024, 0, 1)

export const TWO: readonly Dimension[] = [
  { name: 'fast', kind: 'int', from: 10, to: 100, step: 10, isLog: false },
  { name: 'slow', kind: 'int', from: 120, to: 500, step: 20, isLog: false },
]

/** Several of every kind: for drawing, not for a grid. */
export const MANY: readonly Dimension[] = [
  { name: 'fast', kind: 'int', from: 5, to: 200, step: null, isLog: true },
  { name: 'slow', kind: 'int', from: 120, to: 500, step: 20, isLog: false },
  { name: 'average', kind: 'list', values: ['sma', 'ema', 'hull', 'kama'] },
  { name: 'stop', kind: 'num', from: 0.005, to: 0.08, step: null, isLog: true },
  { name: 'isShort', kind: 'list', values: [true, false] },
]

/** What a search leaves behind, made up: a hill of objectives over the first parameters with noise on it. For sizes, shapes and words; luck is made up too. */
export function madeSweep({
  dimensions = TWO,
  subject = 'strategy',
  drawn = 0,
  failEvery = 0,
  pruneEvery = 0,
  rows = 1000,
  hasCosts = true,
  hasReturns = subject === 'strategy',
  overfitting,
  change = (document) => document,
}: MadeSweep = {}): SweepResult {
  const random = seededRandom(11)
  const sets = drawn > 0 ? Array.from({ length: drawn }, () => drawnFrom(dimensions, random)) : gridOf(dimensions)
  const trials: Trial[] = sets.map((params, k) => ({ number: k + 1, params }))
  const isModel = subject === 'model'
  const outcomes = trials.map(({ number, params }) =>
    outcomeOf(number, hill(dimensions, params) + 0.35 * (random() - 0.5), { failEvery, pruneEvery, isModel }),
  )
  const all = rowsOf(trials, outcomes)
  const known = all.filter(({ objective }) => objective !== null)
  const best =
    known[0] === undefined
      ? null
      : {
          ...known[0],
          command: isModel ? 'klinelab train models/direction.ts' : commandOf(known[0].params),
          edit: isModel ? linesOf(known[0].params) : null,
        }
  const sorted = known.map(({ objective }) => objective!).sort((a, b) => a - b)
  const document: SweepDocument = {
    kind: 'sweep',
    subject,
    run: 'sma-cross-sweep-1a2b3c4d',
    name: isModel ? 'direction' : 'sma-cross',
    search: {
      dimensions,
      where: dimensions.some(({ name }) => name === 'slow') ? 'fast < slow' : null,
      method: drawn > 0 ? 'random' : 'grid',
      trials: trials.length,
      objective: { name: isModel ? 'auc' : 'sharpe', goal: 'max' },
      seed: 7,
      prune: pruneEvery > 0 ? 0.3 : null,
      batch: 16,
    },
    fixed: { qty: 0.1, side: 'long' },
    data: [
      ...['BTCUSDT', 'ETHUSDT'].map((symbol) => ({
        series: `binance:${symbol}:1h`,
        rows: 26_280,
        from: FROM,
        to: TO,
        sha256: HASH,
        gaps: { count: 1, bars: 3 },
      })),
    ],
    range: { from: FROM, to: TO, warmup: 2000 },
    engine: { version: '0.1.0', bars: 52_560 },
    costs: {
      feeMaker: hasCosts ? 0.001 : 0,
      feeTaker: hasCosts ? 0.001 : 0,
      slippageBps: hasCosts ? 2 : 0,
      none: !hasCosts,
    },
    quote: 'USDT',
    cash: 10_000,
    remarks: ['BTCUSDT: 3 bars are missing'],
    notes: Object.fromEntries(
      all.flatMap((row) =>
        row.metrics['profitFactor'] === null ? [[`${row.trial}.profitFactor`, 'no trade lost']] : [],
      ),
    ),
    reproduce: {
      command:
        'klinelab sweep strategies/sma-cross.ts --data binance:BTCUSDT:1h --set fast=10..100:10 --set slow=120..500:20',
      request: null,
      code: HASH,
      inputs: { 'strategies/sma-cross.ts': HASH },
      versions: { node: '24.21.0' },
    },
    trials: {
      all: trials.length,
      done: count(outcomes, 'done'),
      pruned: count(outcomes, 'pruned'),
      failed: count(outcomes, 'failed'),
      excluded: 12,
    },
    best,
    heldOut: isModel && best !== null ? { from: TO - 90 * 86_400_000, to: TO, ...madeHeldOut(best.metrics) } : null,
    table:
      all.length <= rows
        ? all
        : [
            ...all.slice(0, rows / 2),
            ...Array.from(
              { length: rows / 2 },
              (_, k) => all[rows / 2 + Math.floor((k * (all.length - rows / 2)) / (rows / 2))]!,
            ),
          ],
    spread:
      sorted.length === 0
        ? null
        : {
            low: sorted[0]!,
            q1: share(sorted, 0.25),
            median: share(sorted, 0.5),
            q3: share(sorted, 0.75),
            high: sorted.at(-1)!,
          },
    plateau: best === null ? null : plateauOf(dimensions, all, best, drawn === 0),
    maps: mapsOf(dimensions, all),
    overfitting:
      hasReturns && best !== null ? madeOverfitting(trials.length, best.metrics['sharpe'] ?? null, overfitting) : null,
  }
  return { document: change(document), outcomes, trials }
}

function count(outcomes: readonly TrialOutcome[], status: TrialOutcome['status']): number {
  return outcomes.filter((one) => one.status === status).length
}

function share(sorted: readonly number[], at: number): number {
  return sorted[Math.round(at * (sorted.length - 1))]!
}

function commandOf(params: Params): string {
  const set = Object.entries(params).map(([name, value]) => `--set ${name}=${value}`)
  return `klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h ${set.join(' ')}`
}

/** Settings of a model, a line each. */
function linesOf(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')
}

/** A little worse than where it was chosen. */
function madeHeldOut({ auc, logLoss, accuracy }: TrialOutcome['metrics']) {
  const metrics = { auc: auc! - 0.01, logLoss: logLoss! + 0.002, accuracy: accuracy! - 0.01, rows: 2000 }
  return { objective: metrics.auc, reason: null, metrics, learnt: 12_000, purged: 14 }
}

function valuesOf(dimension: Dimension): readonly Value[] {
  if (dimension.kind === 'list') return dimension.values
  const { from, to, step } = dimension
  return Array.from({ length: Math.round((to - from) / step!) + 1 }, (_, k) => from + k * step!)
}

function gridOf(dimensions: readonly Dimension[]): Params[] {
  return dimensions.reduce<Params[]>(
    (sets, one) => sets.flatMap((set) => valuesOf(one).map((value) => ({ ...set, [one.name]: value }))),
    [{}],
  )
}

function drawnFrom(dimensions: readonly Dimension[], random: Random): Params {
  return Object.fromEntries(dimensions.map((one) => [one.name, drawnValue(one, random())]))
}

function drawnValue(dimension: Dimension, at: number): Value {
  if (dimension.kind === 'list') return dimension.values[Math.floor(at * dimension.values.length)]!
  const { from, to, step, isLog, kind } = dimension
  const value = isLog ? from * (to / from) ** at : from + at * (to - from)
  if (step !== null) return from + step * Math.floor((value - from) / step)
  return kind === 'int' ? Math.round(value) : value
}

/** Where a value stands between the ends of its dimension. */
function placeOf(dimension: Dimension, value: Value): number {
  if (dimension.kind === 'list') return dimension.values.indexOf(value) / Math.max(1, dimension.values.length - 1)
  const { from, to, isLog } = dimension
  if (from === to) return 0.5
  const at = Number(value)
  return isLog ? Math.log(at / from) / Math.log(to / from) : (at - from) / (to - from)
}

function hill(dimensions: readonly Dimension[], params: Params): number {
  const [first, second] = dimensions.map((one) => placeOf(one, params[one.name]!))
  return 1.2 - 4 * ((first ?? 0.4) - 0.35) ** 2 - 2.5 * ((second ?? 0.6) - 0.6) ** 2
}

function outcomeOf(
  number: number,
  value: number,
  { failEvery, pruneEvery, isModel }: { failEvery: number; pruneEvery: number; isModel: boolean },
): TrialOutcome {
  const nothing = { number, metrics: {}, returns: null }
  if (failEvery > 0 && number % failEvery === 0)
    return {
      ...nothing,
      status: 'failed',
      objective: null,
      reason:
        number % (2 * failEvery) === 0
          ? 'strategies/sma-cross.ts:12: fast must be below slow'
          : 'strategies/sma-cross.ts:30: “close” was read of nothing',
    }
  const isPruned = pruneEvery > 0 && number % pruneEvery === 0
  if (isModel) {
    const auc = 0.5 + value / 40
    return {
      ...nothing,
      status: 'done',
      objective: auc,
      reason: null,
      metrics: { auc, logLoss: 0.69 - value / 100, accuracy: 0.5 + value / 60, rows: 12_000 },
    }
  }
  // as a trial that never traded: done, and nothing to say
  if (number % 97 === 0)
    return {
      ...nothing,
      status: 'done',
      objective: null,
      reason: 'no daily return differs from 0',
      metrics: { trades: 0, totalReturn: 0 },
    }
  return {
    number,
    status: isPruned ? 'pruned' : 'done',
    objective: isPruned ? value - 0.6 : value,
    reason: isPruned ? 'below the median of earlier trials after 30 % of the data' : null,
    metrics: {
      sharpe: isPruned ? value - 0.6 : value,
      totalReturn: value * 0.4,
      cagr: value * 0.12,
      maxDrawdown: 0.3 - value * 0.08,
      trades: 40 + ((number * 7) % 60),
      profitFactor: number % 13 === 0 ? null : 1 + value / 4,
      avgTradeDuration: 36 * 3_600_000 + number * 1000,
      fees: 120 + number,
    },
    returns: null,
  }
}

function rowsOf(trials: readonly Trial[], outcomes: readonly TrialOutcome[]): TrialRow[] {
  const order = outcomes
    .map((_, k) => k)
    .sort((a, b) => (outcomes[b]!.objective ?? -1e9) - (outcomes[a]!.objective ?? -1e9) || a - b)
  return order.map((k, at) => {
    const { number, status, objective, reason, metrics } = outcomes[k]!
    return {
      rank: objective === null ? null : at + 1,
      trial: number,
      params: trials[k]!.params,
      status,
      objective,
      reason,
      metrics,
    }
  })
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function plateauOf(
  dimensions: readonly Dimension[],
  rows: readonly TrialRow[],
  best: TrialRow,
  isGrid: boolean,
): Plateau {
  const steps = (row: TrialRow, { name, ...rest }: Dimension) => {
    const dimension = { name, ...rest } as Dimension
    if (!isGrid) return 4 * Math.abs(placeOf(dimension, row.params[name]!) - placeOf(dimension, best.params[name]!))
    const values = valuesOf(dimension)
    return Math.abs(values.indexOf(row.params[name]!) - values.indexOf(best.params[name]!))
  }
  const near = rows.filter(
    (row) =>
      row !== best &&
      row.trial !== best.trial &&
      row.objective !== null &&
      dimensions.every((one) => steps(row, one) <= 1 + 1e-9),
  )
  const values = near.map(({ objective }) => objective!)
  const middle = medianOf(rows.flatMap(({ objective }) => (objective === null ? [] : [objective])))
  return {
    kind: isGrid ? 'grid' : 'nearest',
    trial: best.trial,
    peak: best.objective,
    neighbours: near.map(({ trial }) => trial),
    finished: near.length,
    ties: { trials: 0, neighbours: 0 },
    median: values.length === 0 ? null : medianOf(values),
    worst: values.length === 0 ? null : Math.min(...values),
    kept:
      values.length === 0 || best.objective === middle
        ? null
        : (medianOf(values) - middle) / (best.objective! - middle),
    along: dimensions.map((one) => ({
      name: one.name,
      points: rows
        .filter((row) =>
          dimensions.every((other) => other === one || row.params[other.name] === best.params[other.name]),
        )
        .sort((a, b) => placeOf(one, a.params[one.name]!) - placeOf(one, b.params[one.name]!))
        .map(({ params, trial, objective }) => ({ value: params[one.name]!, trial, objective })),
    })),
  }
}

/** Cells of an axis: its values, or tenths of it. */
function axisOf(dimension: Dimension): { labels: string[]; at: (value: Value) => number } {
  if (dimension.kind === 'list' || (dimension.step !== null && (dimension.to - dimension.from) / dimension.step < 24)) {
    const values = valuesOf(dimension)
    return { labels: values.map(String), at: (value) => values.indexOf(value) }
  }
  const edge = (k: number) =>
    dimension.isLog
      ? dimension.from * (dimension.to / dimension.from) ** (k / 10)
      : dimension.from + ((dimension.to - dimension.from) * k) / 10
  return {
    labels: Array.from(
      { length: 10 },
      (_, k) => `${Number(edge(k).toPrecision(3))} to ${Number(edge(k + 1).toPrecision(3))}`,
    ),
    at: (value) => Math.min(9, Math.floor(10 * placeOf(dimension, value))),
  }
}

function mapsOf(dimensions: readonly Dimension[], rows: readonly TrialRow[]): HeatMap[] {
  return dimensions.flatMap((x, k) =>
    dimensions.slice(k + 1).map((y) => {
      const [across, down] = [axisOf(x), axisOf(y)]
      const cells = new Map<string, number[]>()
      for (const { params, objective } of rows) {
        const key = `${across.at(params[x.name]!)} ${down.at(params[y.name]!)}`
        const values = cells.get(key) ?? []
        cells.set(key, values)
        if (objective !== null) values.push(objective)
      }
      return {
        x: x.name,
        y: y.name,
        columns: across.labels,
        rows: down.labels,
        cells: [...cells].map(([key, values]) => ({
          column: Number(key.split(' ')[0]),
          row: Number(key.split(' ')[1]),
          trials: Math.max(1, values.length),
          best: values.length === 0 ? null : Math.max(...values),
          median: values.length === 0 ? null : medianOf(values),
        })),
      }
    }),
  )
}

export function madeOverfitting(trials: number, sharpe: number | null, change: Partial<Overfitting> = {}): Overfitting {
  return {
    trials,
    effectiveTrials: 14.2,
    days: 1095,
    sharpe,
    probabilistic: 0.9873,
    spread: 0.46,
    expectedMaximum: 1.31,
    expectedMaximumEffective: 0.87,
    deflated: 0.431,
    deflatedEffective: 0.712,
    minimumTrackRecord: 611.3,
    minimumTrackRecordDeflated: null,
    crossValidation: MADE_VALIDATION,
    notes: { minimumTrackRecordDeflated: 'its Sharpe ratio is not above what luck would show' },
    verdict: `After ${trials} trials nothing is left: the best of so many without skill would be expected to show as much.`,
    tone: 'bad',
    ...change,
  }
}

const SPLITS = [2, 9, 31, 88, 190, 402, 815, 1330, 1702, 2055, 2302, 1740, 1100, 640, 300, 120, 44]
const ALL = SPLITS.reduce((sum, n) => sum + n, 0)

const MADE_VALIDATION: CrossValidation = {
  probability: SPLITS.slice(0, 8).reduce((sum, n) => sum + n, 0) / ALL,
  blocks: 16,
  splits: ALL,
  trials: 200,
  probabilityOfLoss: 0.312,
  slope: -0.62,
  meanInSample: 1.64,
  meanOutOfSample: 0.29,
  logits: SPLITS.map((splits, k) => ({ low: (k - 8) / 2, high: (k - 7) / 2, splits })),
}

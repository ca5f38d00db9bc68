import { seededRandom } from '../../src/core/random.ts'
import type {
  Dimension,
  Overfitting,
  Params,
  WalkForwardDocument,
  WalkForwardResult,
  WalkForwardWindow,
} from '../../src/core/search.ts'
import { FROM, HASH, madeOverfitting, TWO } from './made-sweep.ts'

export interface MadeWalkForward {
  readonly windows?: number
  readonly kind?: 'rolling' | 'anchored'
  readonly dimensions?: readonly Dimension[]
  /** Window in which no trial can be chosen, from 1; 0: none. */
  readonly idleWindow?: number
  readonly hasCosts?: boolean
  readonly hasBenchmark?: boolean
  readonly overfitting?: Partial<Overfitting> | null
  readonly change?: (document: WalkForwardDocument) => WalkForwardDocument
}

const DAY = 86_400_000
const TRAIN = 180
const TEST = 60
const EMBARGO = 5
const CASH = 10_000

const UNCHOSEN = 'not chosen from others within this walk-forward'
const NOT_REACHED = [
  ...['spread', 'expectedMaximum', 'expectedMaximumEffective', 'deflated', 'deflatedEffective'],
  ...['minimumTrackRecordDeflated', 'crossValidation'],
]

/** Of a stitched curve nothing is deflated. */
const ALONE: Partial<Overfitting> = {
  ...Object.fromEntries(NOT_REACHED.map((key) => [key, null])),
  effectiveTrials: 1,
  notes: Object.fromEntries(NOT_REACHED.map((key) => [key, UNCHOSEN])),
  verdict: 'Not chosen from others within this walk-forward: nobody knows.',
  tone: 'unclear',
}

/** What a walk-forward leaves behind, made up: a seeded walk of money, parameters that move. For sizes, shapes and words. */
export function madeWalkForward({
  windows = 9,
  kind = 'rolling',
  dimensions = TWO,
  idleWindow = 0,
  hasCosts = true,
  hasBenchmark = true,
  overfitting = {},
  change = (document) => document,
}: MadeWalkForward = {}): WalkForwardResult {
  const random = seededRandom(5)
  const rows = windows * TEST
  const column = () => new Float64Array(rows)
  const equity = { length: rows, time: column(), equity: column(), cash: column(), exposure: column() }
  const held = column()
  let [money, price] = [CASH, CASH]
  const all: WalkForwardWindow[] = []
  for (let k = 0; k < windows; k++) {
    const from = FROM + (TRAIN + EMBARGO + k * TEST) * DAY
    const start = money
    for (let day = 0; day < TEST; day++) {
      const row = k * TEST + day
      if (k + 1 !== idleWindow) money *= 1 + (random() - 0.485) * 0.03
      price *= 1 + (random() - 0.49) * 0.05
      equity.time[row] = from + (day + 1) * DAY
      equity.equity[row] = money
      held[row] = price
    }
    const isIdle = k + 1 === idleWindow
    const gained = money / start - 1
    all.push({
      window: k + 1,
      train: { from: kind === 'anchored' ? FROM : FROM + k * TEST * DAY, to: from - EMBARGO * DAY },
      test: { from, to: from + TEST * DAY },
      trials: 200,
      failed: k % 4 === 3 ? 3 : 0,
      chosen: isIdle ? null : chosenOf(dimensions, k, random),
      reason: isIdle ? 'no trial traded on this stretch' : null,
      inSample: isIdle
        ? null
        : { objective: 1.4 + random(), metrics: { totalReturn: 0.2 + random() * 0.2, sharpe: 1.4 } },
      outOfSample: isIdle
        ? null
        : { objective: gained * 8, metrics: { totalReturn: gained }, startEquity: start, endEquity: money },
      command: isIdle
        ? null
        : `klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h --set fast=${10 * (k + 1)} --cash ${start} --close-at-end`,
    })
  }
  const traded = all.filter(({ outOfSample }) => outOfSample !== null)
  const years = (windows * TEST) / 365
  const cagr = (money / CASH) ** (1 / years) - 1
  const inSample = { cagr: 0.61, sharpe: 1.93, maxDrawdown: 0.121, volatility: 0.27, totalReturn: 0.284 }
  const document: WalkForwardDocument = {
    kind: 'walk-forward',
    run: 'sma-cross-walk-forward-1a2b3c4d',
    name: 'sma-cross',
    search: {
      dimensions,
      where: 'fast < slow',
      method: 'grid',
      trials: 200,
      objective: { name: 'sharpe', goal: 'max' },
      seed: 7,
      prune: null,
      batch: 16,
    },
    fixed: { qty: 0.1 },
    data: [
      {
        series: 'binance:BTCUSDT:1h',
        rows: 26_280,
        from: FROM,
        to: FROM + 1095 * DAY,
        sha256: HASH,
        gaps: { count: 0, bars: 0 },
      },
    ],
    range: { from: FROM, to: FROM + 1095 * DAY, warmup: 2000 },
    engine: { version: '0.1.0', bars: 26_280 },
    costs: {
      feeMaker: hasCosts ? 0.001 : 0,
      feeTaker: hasCosts ? 0.001 : 0,
      slippageBps: hasCosts ? 2 : 0,
      none: !hasCosts,
    },
    quote: 'USDT',
    cash: CASH,
    remarks: ['positions are closed at the end of every stretch', 'BTCUSDT: 3 bars are missing'],
    notes: { sortino: 'no day lost' },
    reproduce: {
      command: 'klinelab walk-forward strategies/sma-cross.ts --data binance:BTCUSDT:1h --train 180d --test 60d',
      request: null,
      code: HASH,
      inputs: { 'strategies/sma-cross.ts': HASH },
      versions: { node: '24.21.0' },
    },
    plan: { kind, train: `${TRAIN}d`, test: `${TEST}d`, embargo: `${EMBARGO}d` },
    windows: all,
    metrics: {
      startEquity: CASH,
      endEquity: money,
      totalReturn: money / CASH - 1,
      cagr,
      volatility: 0.21,
      sharpe: 0.81,
      sortino: null,
      maxDrawdown: fallOf(equity.equity),
      maxDrawdownDuration: 71 * DAY,
      trades: 143,
      winRate: 0.41,
      exposure: 0.52,
    },
    inSample,
    efficiency: traded.length === 0 ? null : cagr / inSample.cagr,
    profitable:
      traded.length === 0
        ? null
        : traded.filter(({ outOfSample }) => outOfSample!.endEquity > outOfSample!.startEquity).length / traded.length,
    stability: dimensions.map(({ name, kind: of }, k) => ({
      name,
      values: all.map(({ chosen }) => chosen?.[name] ?? null),
      kept: 0.25 + 0.5 * (k % 2),
      movement: of === 'list' ? null : 0.31 - 0.24 * (k % 2),
    })),
    peer: {
      totalReturn: price / CASH - 1,
      cagr: (price / CASH) ** (1 / years) - 1,
      sharpe: 0.7,
      maxDrawdown: fallOf(held),
      volatility: 0.6,
      maxDrawdownDuration: 190 * DAY,
    },
    overfitting: overfitting === null ? null : madeOverfitting(1, 0.81, { ...ALONE, ...overfitting }),
  }
  return { document: change(document), equity, benchmark: hasBenchmark ? held : null }
}

function fallOf(values: Float64Array): number {
  let [peak, most] = [CASH, 0]
  for (const value of values) {
    peak = Math.max(peak, value)
    most = Math.max(most, 1 - value / peak)
  }
  return most
}

/** The first parameter jumps about, the others stay where they are for three windows. */
function chosenOf(dimensions: readonly Dimension[], window: number, random: () => number): Params {
  return Object.fromEntries(
    dimensions.map((one, k) => {
      const at = k === 0 ? random() : (Math.floor(window / 3) % 3) / 3
      if (one.kind === 'list') return [one.name, one.values[Math.floor(at * one.values.length)]!]
      const steps = one.step === null ? null : Math.floor((at * (one.to - one.from)) / one.step)
      return [one.name, steps === null ? one.from * (one.to / one.from) ** at : one.from + steps * one.step!]
    }),
  )
}

import { DAY } from '../../core/interval.ts'
import type { EngineResult } from '../../core/run.ts'
import { daily } from '../../metrics/daily.ts'
import { UNSEEN } from '../../metrics/feature-baseline.ts'
import { type HitBand, hitBand } from '../../metrics/hit-band.ts'
import { compounded, type ReturnBand, returnBand } from '../../metrics/return-band.ts'
import { meanInterval } from '../../metrics/student.ts'
import type { DriftBaseline } from './drift-baseline.ts'
import { RECENT_DAYS, ROWS_NEEDED, TrainedFeatures } from './drift-features.ts'
import type { DriftItem, DriftKind, DriftReport } from './drift-report.ts'
import { slippageBeyondModel } from './drift-slippage.ts'
import type { PreparedSession } from './paper-request.ts'
import type { SessionFile } from './session-file.ts'
import type { SessionState } from './session-state.ts'

/** Of a hundred days that are what they were expected to be one looks otherwise. */
const LEVEL = 0.99
const SEED = 9
/** Newest trades, and newest fills, that count: what was so longer ago would hide what is. */
const [TRADES, FILLS] = [50, 200]
/** Of the session: fewer say nothing. */
const [TRADES_NEEDED, FILLS_NEEDED, DAYS_NEEDED] = [10, 10, 10]
/** Of the backtest. */
const [KNOWN_TRADES_NEEDED, KNOWN_DAYS_NEEDED] = [10, 30]
/** Basis points beyond the model that nobody minds. */
const TOLERANCE = 1

/** Holds a session against its backtest and its models' training. Hangs on what was taken and on nothing else. */
export class Drift {
  readonly #file: SessionFile
  readonly #baseline: DriftBaseline
  readonly #trained: readonly {
    readonly slot: number
    readonly model: number
    readonly name: string
    readonly features: TrainedFeatures
  }[]
  readonly #hits = new Map<number, HitBand>()
  readonly #returns = new Map<number, ReturnBand>()

  /** @param beside of the session: what its models are */
  constructor(file: SessionFile, baseline: DriftBaseline, beside: PreparedSession['beside']) {
    this.#file = file
    this.#baseline = baseline
    this.#trained = beside.flatMap(({ models = {} }, slot) =>
      Object.entries(models).map(([name, options], model) => ({
        ...{ slot, model, name: `${file.slots[slot]!.series} ${name}` },
        features: new TrainedFeatures(options),
      })),
    )
  }

  judge(state: SessionState): DriftReport {
    const result = state.result()
    return {
      at: state.run.at,
      run: this.#baseline.run,
      items: [
        this.#hitRate(result),
        this.#return(result, state.run.at),
        this.#slippage(result, state),
        ...this.#features(state),
      ],
    }
  }

  #hitRate({ trades }: EngineResult): DriftItem {
    const of = (more: Partial<DriftItem> & Pick<DriftItem, 'words'>) => item('hit-rate', 'hit rate', more)
    const baseline = this.#baseline
    if (baseline.run === null) return of({ words: baseline.reason })
    const last = trades.slice(-TRADES)
    const n = last.length
    if (n < TRADES_NEEDED)
      return of({ words: `${counted(n, 'trade was', 'trades were')} closed, ${TRADES_NEEDED} are needed` })
    if (baseline.trades < KNOWN_TRADES_NEEDED)
      return of({
        words: `${baseline.run} has ${counted(baseline.trades, 'trade')}, ${KNOWN_TRADES_NEEDED} are needed`,
      })
    const wins = last.filter(({ pnl }) => pnl > 0).length
    const { low, high } = known(this.#hits, n, () => hitBand(baseline, n, LEVEL))
    return of({
      ...{ figure: wins / n, low: low / n, high: high / n, verdict: wins < low || wins > high ? 'drifted' : 'steady' },
      words: `${wins} of the newest ${n} trades won, where ${low} to ${high} were expected: ${baseline.wins} of ${baseline.trades} did in ${baseline.run}`,
    })
  }

  #return({ equity, startEquity }: EngineResult, at: number): DriftItem {
    const of = (more: Partial<DriftItem> & Pick<DriftItem, 'words'>) => item('return', 'return', more)
    const baseline = this.#baseline
    if (baseline.run === null) return of({ words: baseline.reason })
    const { from } = this.#file
    // days that the session has not seen whole say nothing of one
    const all = daily(equity, equity.equity, from, startEquity).returns
    const whole = all.slice(from % DAY === 0 ? 0 : 1, at % DAY === 0 ? all.length : all.length - 1).slice(-RECENT_DAYS)
    const n = whole.length
    if (n < DAYS_NEEDED)
      return of({ words: `${counted(n, 'whole day is', 'whole days are')} over, ${DAYS_NEEDED} are needed` })
    const { returns, run } = baseline
    if (returns.length < KNOWN_DAYS_NEEDED)
      return of({ words: `${run} has ${counted(returns.length, 'day')}, ${KNOWN_DAYS_NEEDED} are needed` })
    const moved = returns.filter((value) => value !== 0).length
    if (moved < KNOWN_DAYS_NEEDED)
      return of({
        words: `equity of ${run} moved on ${moved} of its ${returns.length} days, ${KNOWN_DAYS_NEEDED} are needed`,
      })
    if (returns.some((value) => value <= -1))
      return of({ words: `equity of ${run} fell to 0: nothing compounds from there` })
    const figure = compounded(whole)
    const { low, high, blockLength } = known(this.#returns, n, () =>
      returnBand(returns, n, { level: LEVEL, seed: SEED }),
    )
    return of({
      ...{ figure, low, high, verdict: figure < low || figure > high ? 'drifted' : 'steady' },
      words: `the newest ${n} days made ${share(figure)}, where ${share(low)} to ${share(high)} were expected: as many of the ${returns.length} days of ${run}, drawn in blocks of ${blockLength.toFixed(1)}`,
    })
  }

  #slippage({ fills, events }: EngineResult, { run }: SessionState): DriftItem {
    const of = (more: Partial<DriftItem> & Pick<DriftItem, 'words'>) => item('slippage', 'slippage', more)
    if (this.#file.execution.slippage.model === 'impact')
      return of({
        words: 'the model goes by the volume of each bar: what it would have taken of a fill elsewhere is not known',
      })
    const beyond = slippageBeyondModel(this.#file, run, fills.slice(-FILLS), events)
    const n = beyond.length
    if (n < FILLS_NEEDED)
      return of({ words: `${counted(n, 'fill', 'fills')} of market or stop orders so far, ${FILLS_NEEDED} are needed` })
    const { mean, low, high } = meanInterval(beyond, LEVEL)
    return of({
      ...{ figure: mean, high: TOLERANCE, verdict: low > TOLERANCE ? 'drifted' : 'steady' },
      words: `${n} fills cost ${points(mean)} basis points more than the model's in the mean, ${points(low)} to ${points(high)} by what they differ; above ${TOLERANCE} the model is too cheap`,
    })
  }

  #features({ features }: SessionState): readonly DriftItem[] {
    if (this.#trained.length === 0)
      return [
        item('feature', 'features', {
          words: 'the strategy asks no model: there is no training that its inputs could differ from',
        }),
      ]
    return this.#trained.flatMap(({ slot, model, name, features: trained }) => {
      const seen = features.of(slot, model, ROWS_NEEDED)[0]!.length
      if (seen < ROWS_NEEDED)
        return [item('feature', name, { words: `${counted(seen, 'bar')} so far, ${ROWS_NEEDED} are needed` })]
      if (trained.most < ROWS_NEEDED)
        return [
          item('feature', name, {
            words: `a quarter of the training part is ${trained.most} bars, ${ROWS_NEEDED} are needed`,
          }),
        ]
      const columns = features.of(slot, model, trained.most)
      const n = columns[0]!.length
      return trained.judge(columns).map(({ feature, psi, threshold, beyond }) =>
        item('feature', `${name}.${feature}`, {
          ...{
            figure: psi,
            high: threshold,
            verdict: psi === null ? 'unknown' : psi > threshold ? 'drifted' : 'steady',
          },
          words: `the newest ${n} bars have a stability index of ${psi?.toFixed(2)} to the training part, and may have ${threshold.toFixed(2)}${beyond > UNSEEN ? `: ${Math.floor(100 * beyond)} % of them lie beyond all that it has` : ' by what as many of its own have'}`,
        }),
      )
    })
  }
}

function item(kind: DriftKind, name: string, more: Partial<DriftItem> & Pick<DriftItem, 'words'>): DriftItem {
  return { kind, name, figure: null, low: null, high: null, verdict: 'unknown', ...more }
}

/** A band hangs on how many are counted only. */
function known<T>(bands: Map<number, T>, n: number, make: () => T): T {
  const found = bands.get(n) ?? make()
  bands.set(n, found)
  return found
}

function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

function share(value: number): string {
  return `${points(100 * value)} %`
}

/** Two digits, and no minus before a nought. */
function points(value: number): string {
  return value.toFixed(2).replace(/^-(?=0\.00$)/, '')
}

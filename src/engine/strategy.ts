import type { Bar } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Indicator, IndicatorValue } from '../core/indicator.ts'
import type { Interval } from '../core/interval.ts'
import { isInterval } from '../core/interval.ts'
import type { Decision, OrderView } from '../core/order.ts'
import type { Predictor, PredictorValues } from '../core/predictor.ts'
import type { RiskLimits } from '../core/risk.ts'
import { didYouMean } from '../core/suggest.ts'
import { checkParamSpecs, type ParamSpecs, type ParamValues } from './params.ts'
import { AT_ONCE } from './request.ts'

export type Indicators = Readonly<Record<string, Indicator>>

/** Models by the name that the strategy has for them. */
export type Models = Readonly<Record<string, Predictor>>

/** What `ind` and `prev` are: every declared indicator's value; NaN before it has its lookback. */
type IndicatorValues<I> = { readonly [K in keyof I]: IndicatorValue<I[K]> }

/** What is held of one instrument. Amounts in the quote asset, `qty` in the base asset, signed. */
export interface PositionView {
  readonly qty: number
  /** Quantity-weighted average of what is held, 0 when flat: a part that is sold leaves it as it is. */
  readonly entryPrice: number
  /** Open time of the bar of the first entry, NaN when flat. */
  readonly entryTime: number
  /** At the last close, before exit costs. */
  readonly unrealised: number
  /** Bars since the entry's bar, 0 on it. */
  readonly bars: number
  /** Highest and lowest price it has lived through, NaN when flat. */
  readonly high: number
  readonly low: number
}

/** The one account of a run, in the quote asset. */
export interface AccountView {
  readonly cash: number
  /** Cash that no resting order has locked. */
  readonly free: number
  /** Cash and positions at the last closes. */
  readonly equity: number
  readonly fees: number
  /** Closed trades, how many of them won, and what winners and losers came to. */
  readonly trades: number
  readonly wins: number
  readonly grossProfit: number
  readonly grossLoss: number
}

/** One higher interval: its last closed bar, and its indicators there and on the bar before. */
interface HigherView<I> {
  readonly bar: Bar
  readonly ind: IndicatorValues<I>
  readonly prev: IndicatorValues<I>
}

/** What `onBar` is handed: one reused object per instrument; keep values, not the object. */
export interface BarContext<P, I, A, S, M = unknown> {
  readonly bar: Bar
  readonly ind: IndicatorValues<I>
  readonly prev: IndicatorValues<I>
  readonly also: { readonly [K in keyof A]: HigherView<A[K]> }
  /** What each model says at this close; NaN where it says nothing. */
  readonly models: PredictorValues<M>
  readonly position: PositionView
  readonly account: AccountView
  readonly params: P
  /** Close time of this bar, UTC ms: the strategy's "now". */
  readonly at: number
  readonly symbol: string
  /** Open orders of this instrument. */
  readonly orders: readonly OrderView[]
  /** Of this instrument since the last call. */
  readonly events: readonly RunEvent[]
  readonly state: S
}

/** What `onBars` is handed, once per instant after every `onBar`. Keys are symbols; only instruments that have begun. */
export interface BarsContext<P, I, S, M = unknown> {
  readonly at: number
  readonly symbols: readonly string[]
  readonly bars: Readonly<Record<string, Bar>>
  readonly inds: Readonly<Record<string, IndicatorValues<I>>>
  readonly prevs: Readonly<Record<string, IndicatorValues<I>>>
  readonly models: Readonly<Record<string, PredictorValues<M>>>
  readonly positions: Readonly<Record<string, PositionView>>
  /** Open orders; `cancel(id, { symbol })` and `amend(id, { … }, { symbol })` change them. */
  readonly orders: Readonly<Record<string, readonly OrderView[]>>
  /** Since the last call of `onBars`, whatever `onBar` has seen of them. */
  readonly events: Readonly<Record<string, readonly RunEvent[]>>
  readonly account: AccountView
  readonly params: P
  readonly state: S
}

export interface StrategyOptions<
  P extends ParamSpecs,
  I extends Indicators,
  A extends Readonly<Record<string, Indicators>>,
  S,
  M extends Models,
> {
  /** Names the run folder: letters, digits, dashes. */
  name: string
  params?: P
  indicators?: (params: ParamValues<P>) => I
  /** Higher intervals, seen through their last closed bar. */
  also?: {
    [K in keyof A]: { interval: Interval; indicators?: (params: ParamValues<P>) => A[K] }
  }
  /** Models that are asked at every close: `models: { direction }` gives `models.direction.p`. */
  models?: M
  /** The strategy's own memory, created per run: plain data, so that a paper session can save it. */
  state?: (params: ParamValues<P>) => S
  onBar?: (context: BarContext<ParamValues<P>, I, A, S, M>) => Decision
  onBars?: (context: BarsContext<ParamValues<P>, I, S, M>) => Decision
  onStart?: (context: {
    readonly params: ParamValues<P>
    readonly symbols: readonly string[]
    readonly state: S
  }) => void
  onFill?: (fill: Fill, context: { readonly params: ParamValues<P>; readonly state: S }) => void
  onStop?: (context: { readonly account: AccountView; readonly params: ParamValues<P>; readonly state: S }) => void
  /** Limits that hold for this strategy wherever it runs; the account may set stricter ones. */
  risk?: RiskLimits | ((params: ParamValues<P>) => RiskLimits)
  /** Names of indicators to draw on the price in the report; one that is not declared is an error before the first bar. */
  plots?: readonly (keyof I & string)[]
}

/** A strategy as the engine runs it. */
export interface Strategy {
  readonly isStrategy: true
  readonly name: string
  readonly params: ParamSpecs
  readonly indicators: (params: Readonly<Record<string, unknown>>) => Indicators
  readonly also: Readonly<
    Record<
      string,
      { readonly interval: Interval; readonly indicators: (params: Readonly<Record<string, unknown>>) => Indicators }
    >
  >
  readonly models: Models
  readonly state: (params: Readonly<Record<string, unknown>>) => unknown
  readonly onBar: ((context: never) => Decision) | null
  readonly onBars: ((context: never) => Decision) | null
  readonly onStart: ((context: never) => void) | null
  readonly onFill: ((fill: Fill, context: never) => void) | null
  readonly onStop: ((context: never) => void) | null
  readonly risk: (params: Readonly<Record<string, unknown>>) => RiskLimits
  readonly plots: readonly string[]
}

const KEYS = [
  'name',
  'params',
  'indicators',
  'also',
  'models',
  'state',
  'onBar',
  'onBars',
  'onStart',
  'onFill',
  'onStop',
  'risk',
  'plots',
]

/**
 * Declares a strategy; the default export of a strategy module.
 * @throws TypeError that names the key at fault
 */
export function defineStrategy<
  const P extends ParamSpecs = Record<never, never>,
  I extends Indicators = Record<never, never>,
  A extends Readonly<Record<string, Indicators>> = Record<never, never>,
  S = undefined,
  M extends Models = Record<never, never>,
>(options: StrategyOptions<P, I, A, S, M>): Strategy {
  const who = `strategy ${typeof options.name === 'string' ? options.name : '(unnamed)'}`
  for (const key of Object.keys(options))
    if (!KEYS.includes(key))
      throw new TypeError(`${who} has an unknown key "${key}"${didYouMean(key, KEYS)}; known: ${KEYS.join(', ')}`)
  if (typeof options.name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(options.name))
    throw new TypeError(`${who} needs a name of letters, digits, - and _; it is ${JSON.stringify(options.name)}`)
  if (options.onBar === undefined && options.onBars === undefined)
    throw new TypeError(`${who} has neither onBar nor onBars: it could never decide anything`)
  for (const key of ['indicators', 'state', 'onBar', 'onBars', 'onStart', 'onFill', 'onStop'] as const) {
    if (options[key] !== undefined && typeof options[key] !== 'function')
      throw new TypeError(`${who}: ${key} must be a function, it is ${typeof options[key]}`)
    checkAnswersAtOnce(`${who}: ${key}`, options[key])
  }
  checkParamSpecs(who, options.params ?? {})
  checkAnswersAtOnce(`${who}: risk`, options.risk)
  const { risk = {} } = options
  if (typeof risk !== 'function' && (typeof risk !== 'object' || risk === null || Array.isArray(risk)))
    throw new TypeError(
      `${who}: risk must be limits such as { maxDrawdown: 0.2 }, or a function of the parameters, it is ${JSON.stringify(risk)}`,
    )
  const plots: unknown = options.plots ?? []
  if (!Array.isArray(plots) || !plots.every((name) => typeof name === 'string'))
    throw new TypeError(`${who}: plots must be a list of names of indicators, it is ${JSON.stringify(plots)}`)
  const { models = {} }: { readonly models?: unknown } = options
  if (typeof models !== 'object' || models === null || Array.isArray(models))
    throw new TypeError(`${who}: models must be an object such as { direction }, it is ${JSON.stringify(models)}`)
  for (const [name, model] of Object.entries(models))
    if ((model as Partial<Predictor> | null)?.isModel !== true)
      throw new TypeError(`${who}: models.${name} is no model; write defineModel({ … })`)
  const given: unknown = options.also ?? {}
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(
      `${who}: also must be an object such as { h4: { interval: '4h', indicators: (p) => ({ … }) } }, it is ${typeof given === 'function' ? 'a function; its indicators are one' : JSON.stringify(given)}`,
    )
  const also: Record<string, { interval: Interval; indicators: (p: never) => Indicators }> = {}
  for (const [name, higher] of Object.entries(options.also ?? {}) as [
    string,
    { interval: Interval; indicators?: (p: never) => Indicators },
  ][]) {
    if (!isInterval(higher.interval))
      throw new TypeError(
        `${who}: also.${name}.interval is "${String(higher.interval)}", which is no interval such as 1h`,
      )
    checkAnswersAtOnce(`${who}: also.${name}.indicators`, higher.indicators)
    also[name] = { interval: higher.interval, indicators: higher.indicators ?? (() => ({})) }
  }
  return Object.freeze({
    isStrategy: true,
    name: options.name,
    params: options.params ?? {},
    indicators: (options.indicators ?? (() => ({}))) as Strategy['indicators'],
    also: also as Strategy['also'],
    models: models as Models,
    state: (options.state ?? (() => undefined)) as Strategy['state'],
    onBar: (options.onBar ?? null) as Strategy['onBar'],
    onBars: (options.onBars ?? null) as Strategy['onBars'],
    onStart: (options.onStart ?? null) as Strategy['onStart'],
    onFill: (options.onFill ?? null) as Strategy['onFill'],
    onStop: (options.onStop ?? null) as Strategy['onStop'],
    risk: (typeof risk === 'function' ? risk : () => risk) as Strategy['risk'],
    plots: options.plots ?? [],
  })
}

/** An async hook would answer after its bar, and a generator never: told by the kind of the function, before the first bar. */
function checkAnswersAtOnce(what: string, hook: unknown): void {
  const kind = typeof hook === 'function' ? hook.constructor.name : ''
  if (kind.startsWith('Async')) throw new TypeError(`${what} is async, and ${AT_ONCE}`)
  if (kind === 'GeneratorFunction') throw new TypeError(`${what} is a generator (function*); write a plain function`)
}

export function isStrategy(value: unknown): value is Strategy {
  return typeof value === 'object' && value !== null && (value as { isStrategy?: unknown }).isStrategy === true
}

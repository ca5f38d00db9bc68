import type { Bars } from '../../src/core/bar.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type { Filters, Instrument } from '../../src/core/instrument.ts'
import { closeTimeOf, type Interval, intervalMs } from '../../src/core/interval.ts'
import type { Decision } from '../../src/core/order.ts'
import type { EngineResult } from '../../src/core/run.ts'
import type { Venue } from '../../src/core/series.ts'
import {
  type BarContext,
  type CostOptions,
  costsOf,
  defineStrategy,
  Engine,
  type ParamValue,
  type ParamValues,
  resolveParams,
  type Strategy,
} from '../../src/engine/index.ts'
import { simulate } from '../../src/runs/simulate.ts'

export const HOUR = 3_600_000

/** open, high, low, close, volume (default 10); `null` is a missing bar. */
export type Row = readonly [number, number, number, number, number?] | null

export interface Scene {
  readonly rows: readonly Row[]
  /** Bar number (gaps counted) → what the strategy returns at that bar's close. */
  readonly decide: Readonly<
    Record<number, (context: BarContext<ParamValues<object>, object, object, undefined>) => Decision>
  >
  readonly cash?: number
  readonly filters?: Partial<Filters>
  readonly interval?: Interval
  readonly kind?: 'spot' | 'perpetual'
  readonly feeMaker?: number
  readonly feeTaker?: number
  readonly slippageBps?: number
  readonly feeAsset?: 'quote' | 'received'
  readonly limitTouch?: boolean
  readonly closeAtEnd?: boolean
  readonly symbol?: string
  readonly orderTypes?: readonly string[]
}

export const FILTERS: Filters = {
  price: { min: '0.01', max: '1000000', tick: '0.01' },
  lot: { min: '0.001', max: '9000', step: '0.001' },
  notSimulated: [],
}

export function instrumentOf(
  filters: Partial<Filters> = {},
  symbol = 'BTCUSDT',
  kind: Instrument['kind'] = 'spot',
  orderTypes: readonly string[] = [],
): Instrument {
  const venue: Venue = kind === 'spot' ? 'binance' : 'binance-usdm'
  return {
    venue,
    symbol,
    base: symbol.replace(/USDT$/, ''),
    quote: 'USDT',
    kind,
    gridFrom: kind === 'spot' ? 'zero' : 'minimum',
    snapshots: [{ validFrom: 0, filters: { ...FILTERS, ...filters }, source: 'made by hand', orderTypes }],
  }
}

export function barsOf(rows: readonly Row[], interval: Interval = '1h', symbol = 'BTCUSDT'): Bars {
  const kept = rows.map((row, k) => ({ row, at: k * intervalMs(interval) })).filter((x) => x.row !== null)
  const column = (field: number, missing = 10) => Float64Array.from(kept, (x) => x.row![field] ?? missing)
  return {
    series: { venue: 'binance', symbol, interval },
    length: kept.length,
    priceDecimals: 2,
    openTime: Float64Array.from(kept, (x) => x.at),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: column(4),
  }
}

/** Runs a few hand-made bars through the engine; no costs unless the scene has some. */
export function play(scene: Scene): EngineResult & { readonly engine: Engine } {
  const interval = scene.interval ?? '1h'
  const bars = barsOf(scene.rows, interval, scene.symbol)
  const strategy = defineStrategy({
    name: 'scene',
    onBar: (context) => scene.decide[Math.round(context.bar.openTime / intervalMs(interval))]?.(context as never),
  })
  const { feeMaker = 0, feeTaker = 0, slippageBps = 0, feeAsset = 'quote' } = scene
  const engine = new Engine({
    strategy,
    params: {},
    cash: scene.cash ?? 10_000,
    instants: bars.length,
    limitTouch: scene.limitTouch ?? false,
    slots: [
      {
        instrument: instrumentOf(scene.filters, scene.symbol, scene.kind, scene.orderTypes),
        bars,
        indicators: {},
        also: {},
        startRow: 0,
        readyRow: 0,
        costs: costsOf({ feeMaker, feeTaker, slippageBps, feeAsset }),
      },
    ],
  })
  for (const open of bars.openTime) engine.onBar(closeTimeOf(open, interval))
  return { ...engine.finish({ closeAtEnd: scene.closeAtEnd ?? false }), engine }
}

export interface Stage {
  readonly strategy: Strategy
  readonly set?: Readonly<Record<string, ParamValue>>
  /** In declared order. */
  readonly series: readonly {
    readonly symbol: string
    readonly rows: readonly Row[]
    readonly interval?: Interval
    readonly kind?: Instrument['kind']
    readonly filters?: Partial<Filters>
  }[]
  /** Open time from which the strategy runs; bars before it feed the indicators. */
  readonly from?: number
  readonly cash?: number
  readonly costs?: Partial<CostOptions>
  readonly closeAtEnd?: boolean
}

/** Runs a whole strategy, its indicators included, over hand-made bars of one or more instruments. */
export function stage(scene: Stage): EngineResult {
  const { strategy, series, set = {}, from = 0, cash = 10_000, closeAtEnd = false } = scene
  const costs = { feeMaker: 0, feeTaker: 0, slippageBps: 0, ...scene.costs }
  return simulate({
    strategy,
    params: resolveParams(strategy, set),
    slots: series.map(({ symbol, rows, interval, kind, filters }) => ({
      instrument: instrumentOf(filters, symbol, kind),
      bars: barsOf(rows, interval, symbol),
      costs,
    })),
    from,
    cash,
    limitTouch: false,
    closeAtEnd,
  }).result
}

/** Runs a whole strategy over one instrument's ready-made bars, without costs. */
export function runOn(strategy: Strategy, bars: Bars, from = 0, set: Stage['set'] = {}): EngineResult {
  return simulate({
    strategy,
    params: resolveParams(strategy, set),
    slots: [{ instrument: instrumentOf(), bars, costs: { feeMaker: 0, feeTaker: 0, slippageBps: 0 } }],
    from,
    cash: 1_000_000,
    limitTouch: false,
    closeAtEnd: false,
  }).result
}

/** Fills of 1h bars, a line each: the bar's number, where on the bar, side, quantity, price, liquidity. */
export function fillLines(run: EngineResult): string[] {
  return run.fills.map(({ time, phase, side, qty, price, liquidity }) => {
    const bar = time / HOUR - (phase === 'close' ? 1 : 0)
    return `${bar} ${phase} ${side} ${qty} @ ${price} ${liquidity}`
  })
}

/** How orders ended without a fill: order, and the reason of the cancel or the refusal. */
export function endLines(run: EngineResult): string[] {
  return run.events.flatMap((event) =>
    event.type === 'cancelled' || event.type === 'rejected' ? [`${event.id} ${event.type} ${event.reason}`] : [],
  )
}

/** Events of one type. */
export function eventsOf<T extends RunEvent['type']>(run: EngineResult, type: T): Extract<RunEvent, { type: T }>[] {
  return run.events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type)
}

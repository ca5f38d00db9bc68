import type { Bars } from '../../src/core/bar.ts'
import type { RunEvent } from '../../src/core/event.ts'
import { type Execution, PLAIN_EXECUTION } from '../../src/core/execution.ts'
import type { Filters, Instrument } from '../../src/core/instrument.ts'
import { closeTimeOf, type Interval, intervalMs } from '../../src/core/interval.ts'
import type { LeverageTiers, MarginTerms } from '../../src/core/leverage.ts'
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
  type SlotOptions,
  type Strategy,
} from '../../src/engine/index.ts'
import type { Risk } from '../../src/engine/risk-limits.ts'
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
  readonly keepsExtremes?: boolean
  readonly symbol?: string
  readonly orderTypes?: readonly string[]
  /** Of a perpetual; its default leaves room enough for orders of any size. */
  readonly margin?: Partial<MarginTerms>
  /** Mark open, high, low, close row by row; the bars' own where absent. */
  readonly marks?: readonly (readonly [number, number, number, number])[]
  /** Hour → rate and mark price. */
  readonly funding?: readonly (readonly [hour: number, rate: number, mark?: number])[]
  readonly risk?: Risk | null
  readonly path?: 'worse' | 'better'
  readonly execution?: Partial<Execution>
  /** Quarters of the bars, four a bar. */
  readonly detail?: readonly Row[]
  /** After each bar; `at` is its close. */
  readonly onInstant?: (engine: Engine, at: number) => void
}

/** BTCUSDT's first three brackets, as recorded on 2024-10. */
export const TIERS: LeverageTiers = {
  symbol: 'BTCUSDT',
  asOf: 0,
  source: 'recorded 2024-10',
  brackets: [
    { floor: '0', cap: '50000', ratio: '0.004', cum: '0', leverage: 125 },
    { floor: '50000', cap: '600000', ratio: '0.005', cum: '50', leverage: 100 },
    { floor: '600000', cap: '3000000', ratio: '0.0065', cum: '950', leverage: 75 },
  ],
}

/** Room for orders of any size: for tests of what has nothing to do with margin. */
const BOUNDLESS: MarginTerms = {
  mode: 'cross',
  leverage: 1_000_000,
  liquidationFee: 0,
  tiers: {
    symbol: 'any',
    asOf: 0,
    source: 'made by hand',
    brackets: [{ floor: '0', cap: '90000000000000', ratio: '0.00000001', cum: '0', leverage: 1_000_000 }],
  },
}

export function marginOf(terms?: Partial<MarginTerms>): MarginTerms {
  if (terms === undefined) return BOUNDLESS
  return { mode: 'cross', leverage: 50, tiers: TIERS, liquidationFee: 0.0125, ...terms }
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
    path: scene.path ?? 'worse',
    risk: scene.risk ?? null,
    execution: { ...PLAIN_EXECUTION, ...scene.execution },
    slots: [
      {
        instrument: instrumentOf(scene.filters, scene.symbol, scene.kind, scene.orderTypes),
        bars,
        indicators: {},
        also: {},
        startRow: 0,
        readyRow: 0,
        costs: costsOf({ feeMaker, feeTaker, slippageBps, feeAsset }),
        detail: scene.detail === undefined ? null : barsOf(scene.detail, '15m', scene.symbol),
        ...(scene.kind === 'perpetual' && { margin: marginOf(scene.margin), ...columnsOf(scene) }),
      },
    ],
  })
  for (const open of bars.openTime) {
    engine.onBar(closeTimeOf(open, interval))
    scene.onInstant?.(engine, closeTimeOf(open, interval))
  }
  return { ...engine.finish({ closeAtEnd: scene.closeAtEnd ?? false }), engine }
}

function columnsOf({ marks, funding }: Pick<Scene, 'marks' | 'funding'>): Pick<SlotOptions, 'marks' | 'funding'> {
  const mark = (k: number) => Float64Array.from(marks ?? [], (row) => row[k]!)
  const rate = (pick: (row: readonly [number, number, number?]) => number) => Float64Array.from(funding ?? [], pick)
  return {
    marks: marks === undefined ? null : { open: mark(0), high: mark(1), low: mark(2), close: mark(3), decimals: 8 },
    funding:
      funding === undefined
        ? null
        : {
            time: rate((row) => row[0] * HOUR),
            rate: rate((row) => row[1]),
            mark: rate((row) => row[2] ?? Number.NaN),
          },
  }
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
    readonly margin?: Partial<MarginTerms>
    readonly filters?: Partial<Filters>
    readonly funding?: Scene['funding']
  }[]
  /** Open time from which the strategy runs; bars before it feed the indicators. */
  readonly from?: number
  readonly cash?: number
  readonly costs?: Partial<CostOptions>
  readonly closeAtEnd?: boolean
  readonly keepsExtremes?: boolean
  readonly execution?: Partial<Execution>
}

/** Runs a whole strategy, its indicators included, over hand-made bars of one or more instruments. */
export function stage(scene: Stage): EngineResult {
  const { strategy, series, set = {}, from = 0, cash = 10_000, closeAtEnd = false, keepsExtremes = true } = scene
  const costs = { feeMaker: 0, feeTaker: 0, slippageBps: 0, ...scene.costs }
  return simulate({
    strategy,
    params: resolveParams(strategy, set),
    slots: series.map(({ symbol, rows, interval, kind, filters, margin, funding }) => ({
      instrument: instrumentOf(filters, symbol, kind),
      bars: barsOf(rows, interval, symbol),
      costs,
      margin: kind === 'perpetual' ? marginOf(margin) : null,
      funding: columnsOf({ funding }).funding ?? null,
    })),
    from,
    cash,
    limitTouch: false,
    execution: { ...PLAIN_EXECUTION, ...scene.execution },
    closeAtEnd,
    keepsExtremes,
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

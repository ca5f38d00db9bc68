import type { Bars } from '../../src/core/bar.ts'
import type { Filters, Instrument } from '../../src/core/instrument.ts'
import { closeTimeOf, type Interval, intervalMs } from '../../src/core/interval.ts'
import type { Decision } from '../../src/core/order.ts'
import type { EngineResult } from '../../src/core/run.ts'
import type { Venue } from '../../src/core/series.ts'
import { type BarContext, costsOf, defineStrategy, Engine, type ParamValues } from '../../src/engine/index.ts'

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
): Instrument {
  const venue: Venue = kind === 'spot' ? 'binance' : 'binance-usdm'
  return {
    venue,
    symbol,
    base: symbol.replace(/USDT$/, ''),
    quote: 'USDT',
    kind,
    gridFrom: kind === 'spot' ? 'zero' : 'minimum',
    snapshots: [{ validFrom: 0, filters: { ...FILTERS, ...filters }, source: 'made by hand', orderTypes: [] }],
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
        instrument: instrumentOf(scene.filters, scene.symbol, scene.kind),
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

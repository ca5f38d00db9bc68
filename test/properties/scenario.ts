import fc from 'fast-check'
import type { Bars } from '../../src/core/bar.ts'
import type { Execution } from '../../src/core/execution.ts'
import type { Filters } from '../../src/core/instrument.ts'
import { closeTimeOf } from '../../src/core/interval.ts'
import { plainText } from '../core/exact.ts'
import { type Move, move } from './moves.ts'

/**
 * Random markets for the real engine: bars on a grid (or, as under older filters, off it) with gaps, silent hours and flat
 * bars, filters that bind, and a plan of moves whose prices are taken from the very bars that their orders will meet.
 */

export const HOUR = 3_600_000

/** Whole units of 10^-decimals. */
interface Row {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface Market {
  readonly symbol: string
  readonly decimals: number
  readonly tick: number
  readonly filters: Filters
  /** Filters that come into force with some later hour; `null` where the first stay. */
  readonly later: { readonly hour: number; readonly filters: Filters } | null
  /** One an hour; `null` where the bar is missing. */
  readonly rows: readonly (Row | null)[]
}

interface Step {
  readonly hour: number
  readonly market: number
  /** Returned by `onBars` instead of `onBar`. */
  readonly isTogether: boolean
  readonly move: Move
}

export interface Scenario {
  readonly kind: 'spot' | 'perpetual'
  /** Of a perpetual; cross where absent. */
  readonly mode?: 'cross' | 'isolated'
  readonly cash: number
  readonly feeMaker: number
  readonly feeTaker: number
  readonly slippageBps: number
  readonly feeAsset: 'quote' | 'received'
  readonly limitTouch: boolean
  readonly closeAtEnd: boolean
  /** Plain where absent. */
  readonly execution?: Partial<Execution>
  readonly markets: readonly Market[]
  readonly plan: readonly Step[]
}

/** tick and, where the venue counts from it, minimum, in units of 10^-decimals. */
const GRIDS = [
  { decimals: 2, tick: 1, minimum: 1 },
  { decimals: 2, tick: 5, minimum: 5 },
  { decimals: 3, tick: 25, minimum: 15 },
  { decimals: 0, tick: 1, minimum: 1 },
] as const

const sometimes = (weight: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(true) }, { weight: 100 - weight, arbitrary: fc.constant(false) })

interface Swing {
  readonly isMissing: boolean
  readonly isSilent: boolean
  readonly isFlat: boolean
  readonly gap: number
  readonly body: number
  readonly up: number
  readonly down: number
  /** Units by which the whole bar is off the tick, where a market's bars are. */
  readonly off: number
}

const swing: fc.Arbitrary<Swing> = fc.record({
  isMissing: sometimes(8),
  isSilent: sometimes(10),
  isFlat: sometimes(8),
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -9, max: 9 })),
  body: fc.integer({ min: -9, max: 9 }),
  up: fc.nat(6),
  down: fc.nat(6),
  off: fc.nat(24),
})

/** A walk in ticks that never falls below `floor` of them. */
function rowsOf(
  swings: readonly Swing[],
  start: number,
  floor: number,
  at: (ticks: number, off: number) => number,
): (Row | null)[] {
  let last = start
  return swings.map((one) => {
    const open = Math.max(floor, last + one.gap)
    const close = one.isFlat ? open : Math.max(floor, open + one.body)
    last = close
    if (one.isMissing) return null
    const [top, bottom] = [Math.max(open, close), Math.min(open, close)]
    const high = one.isFlat ? top : top + one.up
    const low = one.isFlat ? bottom : Math.max(floor, bottom - one.down)
    const price = (ticks: number) => at(ticks, one.off)
    return {
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: one.isSilent ? 0 : 10,
    }
  })
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const multipliers = fc.constantFrom(['1.05', '0.95'], ['1.5', '0.5'], ['5', '0.2'])

function filtersOn(kind: Scenario['kind'], grid: (typeof GRIDS)[number]): fc.Arbitrary<Filters> {
  const price = (units: number) => plainText(BigInt(units), grid.decimals)
  const steps = fc.constantFrom(['0.001', '0.001'], ['0.005', '0.015'], ['0.01', '0.03'], ['1', '1'])
  return fc
    .record({
      step: steps,
      isSmall: sometimes(15),
      market: maybe(fc.constantFrom('none', 'coarse', 'small')),
      notional: maybe(fc.constantFrom('0.5', '5', '20')),
      isNotional: fc.boolean(),
      bindsMarket: fc.boolean(),
      percent: maybe(multipliers),
      bySide: maybe(multipliers),
      maxNumOrders: maybe(fc.integer({ min: 1, max: 4 })),
      maxNumAlgoOrders: maybe(fc.integer({ min: 1, max: 3 })),
      maxPosition: maybe(fc.constantFrom('2', '25')),
    })
    .map(({ step: [step = '', min = ''], percent, bySide, notional, maxNumOrders, maxNumAlgoOrders, ...more }) => {
      const isSpot = kind === 'spot'
      const max = more.isSmall ? '9' : '9000'
      const coarse = String(Number(step) * 2)
      return {
        price: { min: price(grid.minimum), max: '0', tick: price(grid.tick) },
        lot: { min, max, step },
        ...(more.market === 'none' && { marketLot: { min: '0.00000000', max: '0', step: '0.00000000' } }),
        ...(more.market === 'coarse' && { marketLot: { min: coarse, max, step: coarse } }),
        ...(more.market === 'small' && { marketLot: { min, max: '3', step } }),
        ...(notional !== undefined && {
          notional: {
            filter: isSpot && more.isNotional ? ('NOTIONAL' as const) : ('MIN_NOTIONAL' as const),
            min: notional,
            applyMinToMarket: !isSpot || more.bindsMarket,
            ...(isSpot && more.isNotional && { max: '5000', applyMaxToMarket: more.bindsMarket }),
            avgPriceMins: isSpot ? 5 : 0,
            reduceOnlyExempt: !isSpot,
          },
        }),
        ...(percent && {
          percentPrice: { up: percent[0]!, down: percent[1]!, avgPriceMins: isSpot ? 5 : 0, oneSided: !isSpot },
        }),
        ...(isSpot &&
          bySide && {
            percentPriceBySide: {
              bidUp: bySide[0]!,
              bidDown: '0.2',
              askUp: '5',
              askDown: bySide[1]!,
              avgPriceMins: 1,
            },
          }),
        ...(maxNumOrders !== undefined && { maxNumOrders }),
        ...(maxNumAlgoOrders !== undefined && { maxNumAlgoOrders }),
        ...(isSpot && more.maxPosition !== undefined && { maxPosition: more.maxPosition }),
        notSimulated: [],
      }
    })
}

function market(kind: Scenario['kind'], symbol: string, hours: number, isChanging: boolean): fc.Arbitrary<Market> {
  return fc.constantFrom(...GRIDS).chain((grid) =>
    fc
      .record({
        start: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 40, max: 400 })),
        swings: fc.array(swing, { minLength: hours, maxLength: hours }),
        isOffGrid: sometimes(15),
        silentUntil: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(hours) }),
        filters: filtersOn(kind, grid),
        later: isChanging
          ? fc.record({ hour: fc.integer({ min: 1, max: hours }), filters: filtersOn(kind, grid) })
          : fc.constant(null),
      })
      .map(({ start, swings, isOffGrid, silentUntil, filters, later }) => {
        const origin = kind === 'perpetual' ? grid.minimum - grid.tick : 0
        const at = (ticks: number, off: number) => origin + ticks * grid.tick + (isOffGrid ? off % grid.tick : 0)
        const rows = rowsOf(swings, start, 1, at)
        // until a bar with volume nobody knows whether volumes are told at all (fills.md 3)
        const heard = rows.map((row, hour) => (row === null || hour >= silentUntil ? row : { ...row, volume: 0 }))
        return { symbol, decimals: grid.decimals, tick: grid.tick, filters, later, rows: heard }
      }),
  )
}

/** @param isChanging whether other filters come into force on the way (spot) */
export function scenario(isChanging = false): fc.Arbitrary<Scenario> {
  return fc
    .record({
      kind: fc.constantFrom('spot' as const, 'spot' as const, 'perpetual' as const),
      hours: fc.integer({ min: 2, max: 20 }),
      count: fc.constantFrom(1, 1, 2),
    })
    .chain(({ kind, hours, count }) =>
      fc.record({
        kind: fc.constant(kind),
        cash: fc.constantFrom(10_000, 250.00000001, 30, 10 ** 12),
        feeMaker: fc.constantFrom(0, 0.0002, 0.001, -0.000050007, -0.00123),
        feeTaker: fc.constantFrom(0, 0.00075, 0.001, 0.012300007),
        slippageBps: fc.constantFrom(0, 5, 100),
        feeAsset: fc.constantFrom('quote' as const, 'received' as const),
        limitTouch: sometimes(30),
        closeAtEnd: sometimes(30),
        markets: fc
          .tuple(
            ...['AAAUSDT', 'BBBUSDT']
              .slice(0, count)
              .map((symbol) => market(kind, symbol, hours, isChanging && kind === 'spot')),
          )
          .filter((markets) => markets.every(({ rows }) => rows.some((row) => row !== null))),
        plan: fc.array(
          fc.record({
            hour: fc.nat(hours - 1),
            market: fc.nat(count - 1),
            isTogether: sometimes(25),
            move,
          }),
          { maxLength: 60, size: 'max' },
        ),
      }),
    )
}

/** The columns of a market's first `hours` hours. */
export function barsOf(market: Market, hours: number): Bars {
  const kept = market.rows.slice(0, hours).flatMap((row, hour) => (row === null ? [] : [{ row, hour }]))
  const column = (of: (row: Row, hour: number) => number) => Float64Array.from(kept, ({ row, hour }) => of(row, hour))
  const price = (field: 'open' | 'high' | 'low' | 'close') => column((row) => row[field] / 10 ** market.decimals)
  return {
    series: { venue: 'binance', symbol: market.symbol, interval: '1h' },
    length: kept.length,
    priceDecimals: market.decimals,
    openTime: column((_, hour) => hour * HOUR),
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    volume: column((row) => row.volume),
  }
}

/** Close times of all bars of a scenario's first `hours` hours. */
export function instantsOf(of: Scenario, hours: number): number[] {
  const all = Array.from({ length: hours }, (_, hour) => hour)
  return all.filter((hour) => of.markets.some(({ rows }) => rows[hour])).map((hour) => closeTimeOf(hour * HOUR, '1h'))
}

/** A share of the volume, a model of slippage and latencies, all of them or some. */
const execution: fc.Arbitrary<Execution> = fc.record({
  participation: fc.constantFrom(0.001, 0.05, 0.3, 1, null),
  slippage: fc.oneof(
    fc.constant({ model: 'bps' as const }),
    fc.constantFrom(0, 1, 7).map((ticks) => ({ model: 'ticks' as const, ticks })),
    fc.record({
      model: fc.constant('impact' as const),
      spreadBps: fc.constantFrom(0, 2, 50),
      impact: fc.constantFrom(0, 0.5, 1),
    }),
  ),
  latency: fc.constantFrom(0, 0, 250, HOUR + 1, 3 * HOUR),
  cancelLatency: fc.constantFrom(0, 250, 2 * HOUR),
})

/** A scenario whose orders do not fill at once, whole or at the price that was seen. */
export function hindered(isChanging = false): fc.Arbitrary<Scenario> {
  return fc.record({ of: scenario(isChanging), execution }).map(({ of, execution: how }) => ({ ...of, execution: how }))
}

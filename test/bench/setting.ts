import { join } from 'node:path'
import type { Bars } from '../../src/core/bar.ts'
import type { Fill } from '../../src/core/fill.ts'
import { loadInstrument, openStore } from '../../src/data/index.ts'
import { resolveParams, type Strategy } from '../../src/engine/index.ts'
import { loadStrategy } from '../../src/runs/load-strategy.ts'
import { EMBEDDED, HOME } from '../../src/runs/package-info.ts'
import { type SimulateSlot, type Simulation, simulate } from '../../src/runs/simulate.ts'
import { VENUE_COSTS } from '../../src/runs/venue-costs.ts'
import { CACHE } from './real-bars.ts'

/** Bars with the filters of their symbol and the fees of their venue: an instrument of a run, ready in memory. */
export async function slotOf(bars: Bars): Promise<SimulateSlot> {
  const store = await openStore(CACHE, { behind: EMBEDDED })
  return { bars, instrument: await loadInstrument(store, bars.series), costs: VENUE_COSTS[bars.series.venue] }
}

/** A module of `strategies/`, loaded as the command line does, so that what it imports is this copy. */
export async function exampleStrategy(name: string): Promise<Strategy> {
  return (await loadStrategy(join(HOME, 'strategies', `${name}.ts`))).strategy
}

/** What `klinelab backtest` does between the store and the report, with parameters as they are declared. */
export function runOf(strategy: Strategy, slots: readonly SimulateSlot[], cash: number): () => Simulation {
  const params = resolveParams(strategy, {})
  const from = Math.min(...slots.map(({ bars }) => bars.openTime[0]!))
  return () => simulate({ strategy, params, slots, from, cash, limitTouch: false, closeAtEnd: false })
}

/** Fills as flat columns: what the plain loops produce. */
export interface PlainFills {
  count: number
  readonly time: Float64Array
  readonly price: Float64Array
  /** Signed: bought or sold. */
  readonly qty: Float64Array
  readonly fee: Float64Array
}

/** @throws Error that shows the first fill in which the engine and the plain loop differ, in the last digit of anything */
export function assertSameFills(fills: readonly Fill[], plain: PlainFills): void {
  for (let k = 0; k < Math.max(fills.length, plain.count); k++) {
    const fill = fills[k]
    const ours = fill && [fill.time, fill.price, fill.side === 'buy' ? fill.qty : -fill.qty, fill.fee]
    const theirs = k < plain.count ? [plain.time[k], plain.price[k], plain.qty[k], plain.fee[k]] : undefined
    if (ours === undefined || theirs === undefined || ours.some((value, at) => value !== theirs[at]))
      throw new Error(
        `fill ${k} (time, price, qty, fee) is ${ours ?? 'none'} in the engine, ${theirs ?? 'none'} in the plain loop`,
      )
  }
}

/** @throws Error that shows the first bar on which the two equity columns differ */
export function assertSameEquity(ours: Float64Array, theirs: Float64Array): void {
  const row = ours.findIndex((value, k) => value !== theirs[k])
  if (ours.length !== theirs.length || row >= 0)
    throw new Error(`equity differs at bar ${row}: ${ours[row]} in the engine, ${theirs[row]} in the plain loop`)
}

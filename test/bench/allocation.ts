import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Bars } from '../../src/core/bar.ts'
import { costsOf, Engine, type Strategy } from '../../src/engine/index.ts'
import { atr, buy, type Decision, defineStrategy, sma } from '../../src/index.ts'
import { RingColumns } from '../../src/indicators/index.ts'
import { realMinuteBars } from './real-bars.ts'
import { slotOf } from './setting.ts'

const BARS = 1_000_000
const CASH = 1_000_000
const PIECE = 1 << 13

/** What an account may be in while nothing happens. */
export const STATES = {
  flat: 'no position',
  holding: 'a position held',
  resting: 'a position and its bracket resting',
} as const

/** Reads everything a strategy reads, and answers only once, with `first`. */
function watcher(name: string, first: () => Decision): Strategy {
  return defineStrategy({
    name,
    indicators: () => ({ fast: sma(60), slow: sma(240), atr: atr(14) }),
    state: () => ({ asked: false, seen: 0 }),
    onBar({ bar, ind, prev, position, account, at, state }) {
      if (!state.asked) {
        state.asked = true
        return first()
      }
      if (ind.fast > ind.slow && prev.fast <= prev.slow && bar.close + position.qty + account.equity + at + ind.atr < 0)
        state.seen++
    },
  })
}

const FIRST: Record<keyof typeof STATES, () => Decision> = {
  flat: () => undefined,
  holding: () => buy({ qty: 0.1 }),
  resting: () => buy({ qty: 0.1, stopLoss: { percent: 0.99 }, takeProfit: { distance: 60_000 } }),
}

/**
 * Bytes a bar allocates while nothing happens. To be called in a process whose young generation is so large that nothing
 * is collected: what a bar allocates, kept or not, is then the growth of the used heap.
 */
export async function bytesPerBar(state: keyof typeof STATES): Promise<number> {
  const strategy = watcher(state, FIRST[state])
  const bars = await realMinuteBars()
  const slot = await slotOf(bars)
  const create = () => {
    const feed = new RingColumns(strategy.indicators({}), bars)
    const slots = [
      {
        instrument: slot.instrument,
        bars,
        indicators: feed.columns,
        feed,
        also: {},
        startRow: 0,
        readyRow: 239,
        costs: costsOf(slot.costs),
      },
    ]
    return new Engine({ strategy, params: {}, slots, cash: CASH, limitTouch: false, instants: bars.length })
  }
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  const measured: number[] = []
  // the first passes are V8's: compiling allocates too
  for (let pass = 0; pass < 12 && measured.length < 3; pass++) {
    const engine = create()
    run(engine, bars, 0, bars.length - BARS)
    await settled()
    const seen = collections
    const before = getHeapStatistics().used_heap_size
    run(engine, bars, bars.length - BARS, bars.length)
    const grown = getHeapStatistics().used_heap_size - before
    await settled()
    if (pass >= 3 && collections === seen) measured.push(grown / BARS)
  }
  observer.disconnect()
  if (measured.length === 0) throw new Error('collections ran whenever allocation was measured')
  return Math.min(...measured)
}

/** As a backtest does it: a piece at a time. */
function run(engine: Engine, { openTime }: Bars, from: number, to: number): void {
  const step = openTime[1]! - openTime[0]!
  for (let row = from; row < to; row += PIECE) engine.onInstants(openTime, step, row, Math.min(to, row + PIECE))
}

/** Entries of the observer arrive on a later turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}

/**
 * Started by engine.bench.ts with a young generation so large that nothing is collected: whatever a bar allocates, kept or
 * not, is then the growth of the used heap. Prints one JSON line.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { costsOf, Engine, type Strategy } from '../../src/engine/index.ts'
import { atr, buy, type Decision, defineStrategy, sma } from '../../src/index.ts'
import { batchColumns } from '../../src/indicators/index.ts'
import { realMinuteBars } from './real-bars.ts'
import { slotOf } from './setting.ts'

const BARS = 1_000_000
const CASH = 1_000_000

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

const watchers = {
  flat: watcher('flat', () => undefined),
  holding: watcher('holding', () => buy({ qty: 0.1 })),
  resting: watcher('resting', () => buy({ qty: 0.1, stopLoss: { percent: 0.99 }, takeProfit: { distance: 60_000 } })),
}

let collections = 0
new PerformanceObserver((list) => {
  collections += list.getEntries().length
}).observe({ entryTypes: ['gc'] })

const bars = await realMinuteBars()
const slot = await slotOf(bars)
const indicators = batchColumns(watchers.flat.indicators({}), bars)
const result: Record<string, number> = {}
for (const [name, strategy] of Object.entries(watchers)) result[name] = await measured(strategy)
console.log(JSON.stringify(result))

/** Bytes a bar once V8 has compiled what it will, which allocates too, and nothing was collected meanwhile. */
async function measured(strategy: Strategy): Promise<number> {
  for (let pass = 0; pass < 3; pass++) await measure(strategy)
  for (let pass = 0; pass < 10; pass++) {
    const bytes = await measure(strategy)
    if (bytes !== null) return bytes
  }
  throw new Error('collections ran whenever allocation was measured')
}

/** Bytes a bar over 10^6 bars, after those in which the one order is sent and filled; `null` where something was collected. */
async function measure(strategy: Strategy): Promise<number | null> {
  const engine = new Engine({
    strategy,
    params: {},
    slots: [
      {
        instrument: slot.instrument,
        bars,
        indicators,
        also: {},
        startRow: 0,
        readyRow: 239,
        costs: costsOf(slot.costs),
      },
    ],
    cash: CASH,
    limitTouch: false,
    instants: bars.length,
  })
  const step = bars.openTime[1]! - bars.openTime[0]!
  const skipped = bars.length - BARS
  run(engine, 0, skipped, step)
  await settled()
  const seen = collections
  const before = getHeapStatistics().used_heap_size
  run(engine, skipped, bars.length, step)
  const grown = getHeapStatistics().used_heap_size - before
  await settled()
  return collections === seen ? grown / BARS : null
}

function run(engine: Engine, from: number, to: number, step: number): void {
  for (let row = from; row < to; row++) engine.onBar(bars.openTime[row]! + step)
}

/** Entries of the observer arrive on a later turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}

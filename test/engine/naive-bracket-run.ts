import { parentPort } from 'node:worker_threads'
import type { Bars } from '../../src/core/bar.ts'
import { buy, close } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, HOUR, instrumentOf } from './scene.ts'

interface NaiveFill {
  readonly time: number
  readonly side: 'buy' | 'sell'
  readonly ticks: number
}

/** A price in whole cents. */
export function ticksOf(price: number): number {
  return Math.round(price * 100)
}

/**
 * SMA 10 over 50, a stop 2 % below and a target 4 % above, out at the cross back, written apart from the engine as one
 * loop over whole cents. `legsFrom: 'close'` is the rival's error.
 */
export function naiveBracketRun(bars: Bars, legsFrom: 'fill' | 'close') {
  const column = (values: Float64Array) => Array.from(values, ticksOf)
  const [open, high, low, last] = [bars.open, bars.high, bars.low, bars.close].map(column) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const fills: NaiveFill[] = []
  let exitsThatHadToComeFirst = 0
  let pending: 'buy' | 'close' | null = null
  let isIn = false
  let stop = 0
  let target = 0
  const sum = (row: number, period: number) => {
    let total = 0
    for (let k = row - period + 1; k <= row; k++) total += last[k]!
    return total
  }
  /** Fast minus slow, times 500 cents: exact. */
  const spread = (row: number) => sum(row, 10) * 5 - sum(row, 50)
  const exit = (row: number, ticks: number) => {
    fills.push({ time: bars.openTime[row]!, side: 'sell', ticks })
    isIn = false
  }
  for (let row = 0; row < bars.length; row++) {
    const [o, h, l, c] = [open[row]!, high[row]!, low[row]!, last[row]!]
    if (bars.volume[row] !== 0) {
      // the bracket is older than the exit: beyond a leg at the open both would give O
      if (isIn && (pending === 'close' || o <= stop || o > target)) {
        if (pending === 'close' && o > stop && o <= target && (l <= stop || h > target)) exitsThatHadToComeFirst++
        exit(row, o)
        if (pending === 'close') pending = null
      } else if (!isIn && pending === 'buy') {
        fills.push({ time: bars.openTime[row]!, side: 'buy', ticks: o })
        const base = legsFrom === 'fill' ? o : c
        isIn = true
        // sell stops and sell limits round up to the cent
        stop = Math.ceil((base * 98) / 100)
        target = Math.ceil((base * 104) / 100)
        pending = null
      }
      if (isIn && l <= stop) exit(row, stop)
      else if (isIn && h > target) exit(row, target)
      if (!isIn && pending === 'close') pending = null
    }
    if (row < 49) continue
    if (!isIn && spread(row) > 0 && row >= 50 && spread(row - 1) <= 0) pending = 'buy'
    if (isIn && spread(row) < 0) pending = 'close'
  }
  return { fills, exitsThatHadToComeFirst }
}

/** A run on a thread of its own: what it filled, as text, to the thread that asked. */
export function fillsInThread(): void {
  const closes = Array.from({ length: 2000 }, (_, k) => Number((100 + 10 * Math.sin(k / 9) + (k % 7) / 10).toFixed(2)))
  const bars = barsOf(closes.map((c) => [c, c + 1, c - 1, c]))
  const strategy = defineStrategy({
    name: 'thread',
    onBar: ({ bar, position }) => {
      if (position.qty === 0 && bar.close < 95) return buy({ fraction: 0.9, trailingStop: { percent: 0.02 } })
      return position.qty > 0 && bar.close > 105 ? close() : undefined
    },
  })
  const costs = costsOf({ feeMaker: 0.0002, feeTaker: 0.001, slippageBps: 2 })
  const slot = { instrument: instrumentOf(), bars, indicators: {}, also: {}, startRow: 0, readyRow: 0, costs }
  const engine = new Engine({
    strategy,
    params: {},
    cash: 10_000,
    instants: bars.length,
    limitTouch: false,
    slots: [slot],
  })
  for (const openTime of bars.openTime) engine.onBar(openTime + HOUR)
  parentPort?.postMessage(JSON.stringify(engine.finish().fills))
}

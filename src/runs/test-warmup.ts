import { firstRowAt } from '../core/bar.ts'
import { intervalMs } from '../core/interval.ts'
import type { Scene } from './scene.ts'

/**
 * Bars before a test stretch that its indicators are fed: all since the begin of the search, so that recursive ones have forgotten
 * where they began, and as many of every series, so that `backtest --warmup` can ask for the same. A series that begins with its
 * store has what there is.
 * @param from first open time of the stretch, UTC ms
 * @param asked bars that the search wanted before its range
 */
export function testWarmup({ slots, from: start }: Pick<Scene, 'slots' | 'from'>, from: number, asked: number): number {
  const before = (at: number) => slots.map(({ bars }) => firstRowAt(bars.openTime, at))
  const rows = before(from)
  // where none were asked for, a series is whole that begins with the range
  const begins = slots.map(
    ({ bars }) => bars.length > 0 && bars.openTime[0]! < start + intervalMs(bars.series.interval),
  )
  const isWhole = before(start).map((n, k) => (asked === 0 ? begins[k]! : n >= asked))
  const enough = rows.filter((_, k) => isWhole[k])
  return enough.length > 0 ? Math.min(...enough) : Math.max(...rows)
}

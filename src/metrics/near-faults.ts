import type { Bars } from '../core/bar.ts'
import type { NearFaults } from '../core/findings.ts'
import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { Certificate } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'

/** Bars between a trade's entry or exit and a fault of the data within which the one may be the other's doing. */
const WITHIN = 3

/** UTC ms, `to` exclusive. */
interface Stretch {
  readonly from: number
  readonly to: number
}

/**
 * Trades that began or ended within a few bars of a gap, an outage, a flat run or bars without volume: what they made,
 * and what the result would be without them.
 * @param bars and their certificates, in one order
 */
export function nearFaults(
  bars: readonly Bars[],
  certificates: readonly Certificate[],
  trades: readonly Trade[],
  netProfit: number,
): NearFaults {
  const faults = new Map(
    bars.map((one, k) => [one.series.symbol, { bars: one, stretches: faultsOf(one, certificates[k]!) }]),
  )
  const near = trades.filter(({ symbol, entryTime, exitTime }) => {
    const { bars: of, stretches } = faults.get(symbol)!
    const margin = WITHIN * intervalMs(of.series.interval)
    const isNear = (time: number) => isTouched(stretches, time - margin, time + margin)
    return isNear(entryTime) || isNear(exitTime)
  })
  const pnl = near.reduce((sum, trade) => sum + trade.pnl, 0)
  return { within: WITHIN, trades: near.length, pnl, netProfitWithout: netProfit - pnl }
}

/** Whether one of the stretches, ascending and apart, has an instant of [from, to]. */
function isTouched(stretches: readonly Stretch[], from: number, to: number): boolean {
  let [low, high] = [0, stretches.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (stretches[middle]!.to > from) high = middle
    else low = middle + 1
  }
  return low < stretches.length && stretches[low]!.from <= to
}

/** Ascending, and apart from one another. */
function faultsOf(bars: Bars, { gaps, flatRuns, outages }: Certificate): Stretch[] {
  const { interval } = bars.series
  const length = intervalMs(interval)
  const bar = (open: number): Stretch => ({ from: open, to: closeTimeOf(open, interval) })
  const all = [
    ...gaps.map(({ start, end }) => ({ from: start, to: end })),
    ...flatRuns.map(({ start, bars: count }) => ({ from: start, to: start + count * length })),
    ...outages.map(bar),
    ...emptyBars(bars).map(bar),
  ].sort((a, b) => a.from - b.from)
  const apart: { from: number; to: number }[] = []
  for (const { from, to } of all) {
    const last = apart.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else apart.push({ from, to })
  }
  return apart
}

/** Open times of bars on which nobody traded; none where the series has no volumes at all. */
function emptyBars({ openTime, volume }: Bars): number[] {
  const found: number[] = []
  let hasVolume = false
  for (let row = 0; row < volume.length; row++)
    if (volume[row] !== 0) hasVolume = true
    else found.push(openTime[row]!)
  return hasVolume ? found : []
}

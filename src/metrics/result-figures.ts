import { DAY } from '../core/interval.ts'
import type { Figures } from './figures.ts'
import { endTimeOf, type PerformanceInput } from './performance-input.ts'

const NO_BARS = 'the range has no bars'

/** The figures of the groups Time, Result and Costs; those that need the whole curve only where asked for. */
export function resultFigures(figures: Figures, input: PerformanceInput, hasCurve = true): void {
  const { equity, startEquity, from, benchmark } = input
  const n = equity.length
  const end = n > 0 ? equity.equity[n - 1]! : startEquity
  const duration = endTimeOf(input) - from
  figures.set('start', n > 0 ? from : null, NO_BARS)
  figures.set('end', n > 0 ? endTimeOf(input) : null, NO_BARS)
  figures.set('duration', duration)
  figures.set('startEquity', startEquity)
  figures.set('endEquity', end)
  figures.set('netProfit', end - startEquity)
  figures.set('totalReturn', end / startEquity - 1)
  const held = benchmark !== null && n > 0 ? benchmark[n - 1]! / startEquity - 1 : null
  figures.set('buyAndHold', held, 'there is no benchmark')
  const ratio = end / startEquity
  if (duration < DAY) figures.set('cagr', null, 'the run is shorter than a day')
  else if (ratio <= 0) figures.set('cagr', null, 'nothing is left to grow')
  else figures.set('cagr', ratio ** ((365 * DAY) / duration) - 1, 'the run is too short to be annualised')
  if (hasCurve) curveFigures(figures, input)
  costFigures(figures, input, end - startEquity)
}

/** Those of the group Result that need the whole curve, exposure among it. */
function curveFigures(figures: Figures, { equity: curve, startEquity, fills }: PerformanceInput): void {
  const { length: n, exposure: exposures, equity } = curve
  let [held, most, peak, sum] = [0, 0, startEquity, 0]
  for (let row = 0; row < n; row++) {
    const exposure = exposures[row]!
    if (exposure !== 0) held++
    if (exposure > most) most = exposure
    const value = equity[row]!
    if (value > peak) peak = value
    sum += value
  }
  figures.set('equityPeak', peak)
  figures.set('exposure', n > 0 ? held / n : null, NO_BARS)
  figures.set('maxGrossExposure', n > 0 ? most : null, NO_BARS)
  const traded = fills.reduce((total, fill) => total + fill.price * fill.qty, 0)
  if (n > 0 && sum > 0) figures.set('turnover', traded / (sum / n))
  else figures.set('turnover', null, n > 0 ? 'mean equity is not above 0' : NO_BARS)
}

function costFigures(figures: Figures, input: PerformanceInput, netProfit: number): void {
  const costs = input.fees + input.slippage + input.funding
  figures.set('fees', input.fees)
  figures.set('slippage', input.slippage)
  figures.set('funding', input.funding)
  const gross = netProfit + costs
  figures.set('costShare', gross > 0 ? costs / gross : null, 'there is no profit before costs to share')
}

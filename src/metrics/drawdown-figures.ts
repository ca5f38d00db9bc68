import { type Drawdown, findDrawdowns } from './drawdown.ts'
import type { Figures } from './figures.ts'
import type { PerformanceInput } from './performance-input.ts'
import { largest, mean } from './statistics.ts'

/** The figures of the group Drawdown, and `calmar`; the start is the first peak. Returns what they are of. */
export function drawdownFigures(figures: Figures, input: PerformanceInput): readonly Drawdown[] {
  const { equity, from, startEquity } = input
  const all = findDrawdowns(equity.equity, startEquity)
  const last = equity.length - 1
  const timeOf = (row: number) => (row < 0 ? from : equity.time[row]!)
  const endOf = (drawdown: Drawdown) => (drawdown.endRow < 0 ? last : drawdown.endRow)
  const depths = all.map(({ peak, valley }) => (peak - valley) / peak)
  const rows = all.map((drawdown) => endOf(drawdown) - drawdown.peakRow)
  const lasted = all.map((drawdown) => timeOf(endOf(drawdown)) - timeOf(drawdown.peakRow))
  const has = all.length > 0
  const never = 'equity never fell'
  figures.set('maxDrawdown', has ? largest(depths) : 0)
  figures.set('maxDrawdownBars', has ? largest(rows) : 0)
  figures.set('maxDrawdownDuration', has ? largest(lasted) : 0)
  figures.set('avgDrawdown', has ? mean(depths) : null, never)
  figures.set('avgDrawdownDuration', has ? mean(lasted) : null, never)
  figures.set('drawdowns', all.length)
  // the row of a recovery is not under water, the last row of an unfinished drawdown is
  const under = all.reduce((sum, d) => sum + (d.endRow < 0 ? last - d.peakRow : d.endRow - d.peakRow - 1), 0)
  figures.set('drawdownCoverage', last >= 0 ? under / (last + 1) : null, 'the range has no bars')
  recoveryFigures(figures, all, equity.equity, timeOf)
  activeFigures(figures, all, startEquity, input)
  const cagr = figures.metrics['cagr'] ?? null
  if (cagr === null) figures.set('calmar', null, figures.notes['cagr'])
  else figures.set('calmar', has ? cagr / largest(depths) : null, never)
  return all
}

function recoveryFigures(
  figures: Figures,
  all: readonly Drawdown[],
  values: Float64Array,
  timeOf: (row: number) => number,
): void {
  const recovered = all.filter((drawdown) => drawdown.endRow >= 0)
  figures.set('recoveredDrawdowns', recovered.length)
  if (recovered.length === 0)
    return figures.none(
      ['maxRecoveryReturn', 'avgRecoveryReturn', 'maxRecoveryDuration', 'avgRecoveryDuration', 'avgRecoveryRatio'],
      'no drawdown recovered',
    )
  const took = recovered.map((drawdown) => timeOf(drawdown.endRow) - timeOf(drawdown.valleyRow))
  const fell = recovered.map((drawdown) => timeOf(drawdown.valleyRow) - timeOf(drawdown.peakRow))
  figures.set('maxRecoveryDuration', largest(took))
  figures.set('avgRecoveryDuration', mean(took))
  figures.set('avgRecoveryRatio', mean(took.map((time, k) => time / fell[k]!)))
  if (recovered.some(({ valley }) => valley <= 0))
    return figures.none(
      ['maxRecoveryReturn', 'avgRecoveryReturn'],
      'equity fell to 0 or below: nothing grows from there',
    )
  const rises = recovered.map(({ endRow, valley }) => values[endRow]! / valley - 1)
  figures.set('maxRecoveryReturn', largest(rises))
  figures.set('avgRecoveryReturn', mean(rises))
}

function activeFigures(
  figures: Figures,
  all: readonly Drawdown[],
  startEquity: number,
  { equity, from }: PerformanceInput,
): void {
  const last = equity.length - 1
  const active = all.find((drawdown) => drawdown.endRow < 0)
  figures.set('activeDrawdowns', active === undefined ? 0 : 1)
  if (active === undefined) {
    figures.set('activeDrawdown', 0)
    figures.set('activeDrawdownDuration', 0)
    return figures.none(['activeRecovery', 'activeRecoveryReturn', 'activeRecoveryDuration'], 'equity ends at its peak')
  }
  const { peak, valley, peakRow, valleyRow } = active
  const end = equity.equity[last] ?? startEquity
  figures.set('activeDrawdown', (peak - end) / peak)
  figures.set('activeDrawdownDuration', equity.time[last]! - (peakRow < 0 ? from : equity.time[peakRow]!))
  figures.set('activeRecovery', (end - valley) / (peak - valley))
  const grown = valley > 0 ? end / valley - 1 : null
  figures.set('activeRecoveryReturn', grown, 'equity fell to 0 or below: nothing grows from there')
  figures.set('activeRecoveryDuration', equity.time[last]! - equity.time[valleyRow]!)
}

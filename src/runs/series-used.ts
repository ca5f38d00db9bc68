import type { Bars, Gap } from '../core/bar.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { SeriesUsed } from '../core/run.ts'
import { seriesName } from '../core/series.ts'
import { barsSha256 } from '../data/index.ts'

/** A series as run.json tells of it. */
export function seriesUsed(bars: Bars, gaps: readonly Gap[]): SeriesUsed {
  return {
    series: seriesName(bars.series),
    rows: bars.length,
    from: bars.openTime[0]!,
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
    sha256: barsSha256(bars),
    gaps: { count: gaps.length, bars: gaps.reduce((sum, gap) => sum + gap.bars, 0) },
  }
}

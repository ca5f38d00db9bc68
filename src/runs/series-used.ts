import type { Bars } from '../core/bar.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { Certificate, SeriesUsed } from '../core/run.ts'
import { seriesName } from '../core/series.ts'
import { barsSha256 } from '../data/hash.ts'

/** A series as run.json tells of it. */
export function seriesUsed(bars: Bars, { gaps, made, holes }: Certificate): SeriesUsed {
  return {
    series: seriesName(bars.series),
    rows: bars.length,
    from: bars.openTime[0]!,
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
    sha256: barsSha256(bars),
    gaps: counted(gaps),
    ...(made !== undefined && { made: counted(made).bars }),
    ...(holes !== undefined && { holes: byCause(holes) }),
  }
}

function counted(stretches: readonly { readonly bars: number }[]): { count: number; bars: number } {
  return { count: stretches.length, bars: stretches.reduce((sum, one) => sum + one.bars, 0) }
}

function byCause(holes: NonNullable<Certificate['holes']>): NonNullable<SeriesUsed['holes']> {
  const causes = [...new Set(holes.map(({ cause }) => cause))].sort()
  return Object.fromEntries(causes.map((cause) => [cause, counted(holes.filter((hole) => hole.cause === cause))]))
}

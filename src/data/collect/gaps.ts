import { barsBetween } from '../../core/interval.ts'
import type { Series, Venue } from '../../core/series.ts'
import { parseTime, timeName } from '../../core/time.ts'
import knownGaps from '../venues/known-gaps.json' with { type: 'json' }
import type { Hole, HoleCause, Stretch } from './batch.ts'
import { firstOpen } from './fetch-bars.ts'

/** A line of known-gaps.json. */
interface KnownGap {
  /** ISO, UTC; the end exclusive. */
  readonly from: string
  readonly to: string
  readonly what: string
  readonly source: string
  /** The one market it concerns; all of the venue where absent. */
  readonly symbol?: string
}

type Outage = Stretch & Pick<KnownGap, 'what' | 'source'>

/** What is known of a market when its missing bars are judged. */
export interface Evidence {
  /** Whether the venue leaves buckets without a trade out. */
  readonly omitsEmpty: boolean
  /** Where nobody traded, by what coarser bars say; in order. */
  readonly quiet: readonly Stretch[]
  /** Open time of the oldest bar that the venue hands out; -Infinity where it hands out all. */
  readonly horizon: number
  /** Before this the market did not exist, and what says so; `null` where it is not known to have begun in the stretch. */
  readonly listed: Since | null
  /** From here on it exists no more. */
  readonly delisted: Since | null
}

export interface Since {
  readonly at: number
  readonly because: string
}

/** The list of outages was made of 5m bars: of finer ones a few more are missing on either side. */
const COARSENESS = 5 * 60_000

/**
 * Why the bars of a stretch are missing, which was asked for twice; one hole where one cause explains all, else several. Whatever is
 * not certain is unexplained: that a venue leaves out quiet buckets does not say that those it left out were quiet.
 */
export function classifyHole(missing: Stretch, series: Series, evidence: Evidence): readonly Hole[] {
  const { horizon, listed, delisted, omitsEmpty, quiet } = evidence
  const { interval } = series
  const holes: Hole[] = []
  const add = ({ from, to }: Stretch, cause: HoleCause, because: string) => {
    const bars = barsBetween(from, to, interval)
    if (bars > 0) holes.push({ start: from, end: to, bars, cause, because })
  }
  const first = firstOpen(Math.max(missing.from, Math.min(missing.to, horizon)), interval)
  add({ from: missing.from, to: first }, 'horizon', `${series.venue} hands out bars from ${timeName(first)} on only`)
  const begins = firstOpen(Math.max(first, Math.min(missing.to, listed?.at ?? first)), interval)
  add({ from: first, to: begins }, 'not-listed', listed?.because ?? '')
  const ends = firstOpen(Math.max(begins, Math.min(missing.to, delisted?.at ?? missing.to)), interval)
  let at = begins
  const unexplained = omitsEmpty
    ? `asked for twice; ${series.venue} leaves out buckets without a trade, but no coarser bar of it says that these had none`
    : `asked for twice; ${series.venue} states buckets without a trade, but not these`
  const rest = (to: number) => {
    for (const one of quiet) {
      const from = Math.max(at, one.from)
      const end = Math.min(to, one.to)
      if (from >= end) continue
      add({ from: at, to: from }, 'unexplained', unexplained)
      add({ from, to: end }, 'no-trades', `${series.venue} leaves them out, and its coarser bars hold no trade more`)
      at = end
    }
    add({ from: at, to }, 'unexplained', unexplained)
  }
  for (const outage of outagesOf(series)) {
    const from = Math.max(at, outage.from - COARSENESS)
    const to = Math.min(missing.to, outage.to + COARSENESS)
    // the margin belongs to an outage, and is none by itself; one behind the end of a market does not concern it
    if (from >= to || at >= outage.to || missing.to <= outage.from || ends < from) continue
    rest(firstOpen(from, interval))
    at = Math.max(at, firstOpen(from, interval))
    add({ from: at, to: firstOpen(to, interval) }, 'outage', `known-gaps.json: ${outage.what}, ${outage.source}`)
    at = Math.max(at, firstOpen(to, interval))
  }
  rest(ends)
  add({ from: Math.max(at, ends), to: missing.to }, 'delisted', delisted?.because ?? '')
  return holes
}

/** Outages of a venue that concern a market, oldest first. */
function outagesOf({ venue, symbol }: Series): readonly Outage[] {
  const all: Partial<Record<Venue, readonly KnownGap[]>> = knownGaps
  return (all[venue] ?? [])
    .filter((gap) => gap.symbol === undefined || gap.symbol === symbol)
    .map(({ from, to, what, source }) => ({ from: parseTime(from), to: parseTime(to), what, source }))
}

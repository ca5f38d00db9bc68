import { firstRowAt } from '../core/bar.ts'
import { timeName } from '../core/time.ts'
import type { Artifact } from '../models/artifact.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import type { Ground } from '../models/ground.ts'
import type { BarSpan, FoldBorders } from '../preprocess/split.ts'

/** Share of the bars that is the window unless it is told how long. */
const WINDOW_SHARE = 0.1
/** Rows with a label, of all series: fewer decide nothing. */
const ROWS_NEEDED = 100

/** The newest stretch of each series, which neither champion nor challenger learns from. */
export interface Window {
  readonly spans: readonly BarSpan[]
  /** Bars of all series in it that have a label. */
  readonly rows: number
  /** Why it cannot decide; `null`: it can. */
  readonly short: string | null
}

/**
 * The newest bars, one stretch of time for all series: as long as asked for, and never from before the newest fold of the champion
 * may first be asked.
 */
export function windowOf(
  definition: ModelDefinition,
  grounds: readonly Ground[],
  champion: Artifact | null,
  wanted: number | null,
): Window {
  const lasts = grounds.map(({ bars }) => bars.openTime[bars.length - 1]!)
  const tenth = ({ bars }: Ground) => bars.openTime[Math.floor(bars.length * (1 - WINDOW_SHARE))]!
  const asked = wanted === null ? Math.min(...grounds.map(tenth)) : Math.min(...lasts) - wanted
  const unseen = Math.max(Number.NEGATIVE_INFINITY, ...(champion?.series.map(unseenFrom) ?? []))
  const from = Math.max(asked, unseen)
  const starts = grounds.map(({ bars }) => firstRowAt(bars.openTime, from))
  const rows = grounds.reduce((sum, { labels, bars }, s) => {
    let count = 0
    for (let row = starts[s]!; row < bars.length; row++) if (labels.y[row]! >= 0) count++
    return sum + count
  }, 0)
  const spans = grounds.map(({ bars }, s) => ({ first: bars.openTime[starts[s]!] ?? lasts[s]!, last: lasts[s]! }))
  const since = from === unseen ? 'that the champion has not learnt from' : 'of the window'
  const short =
    rows < ROWS_NEEDED
      ? `${rows} bars ${since}, from ${timeName(from)} on, have a label, and ${ROWS_NEEDED} are needed: ${definition.label.kind} labels look ahead; wait, or take a longer --window`
      : null
  return { spans, rows, short }
}

/** Open time of the first bar that the newest fold has not learnt from. */
function unseenFrom({ folds }: Artifact['series'][number]): number {
  return folds.at(-1)!.borders.test[0]!.first
}

/** One fold a series: all that lies before the window, or as much of it as the definition's newest fold learns from where it rolls. */
export function challengerFolds(
  definition: ModelDefinition,
  grounds: readonly Ground[],
  { spans }: Pick<Window, 'spans'>,
): { readonly series: readonly { readonly folds: readonly { readonly borders: FoldBorders }[] }[] } {
  const { split, missing } = definition
  return {
    series: grounds.map(({ matrix, labels }, s) => {
      const { openTime } = matrix
      const start = firstRowAt(openTime, spans[s]!.first)
      let first = openTime[0]!
      if (split.settings['mode'] === 'rolling') {
        const { train } = split.borders(matrix, labels, { missing }).at(-1)!
        const rows = firstRowAt(openTime, train.last) - firstRowAt(openTime, train.first)
        first = openTime[Math.max(0, start - 1 - rows)]!
      }
      const train = { first, last: openTime[Math.max(0, start - 1)]! }
      return { folds: [{ borders: { train, test: [spans[s]!] } }] }
    }),
  }
}

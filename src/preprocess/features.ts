import type { Bars } from '../core/bar.ts'
import { higherBars } from '../core/higher.ts'
import type { Indicator } from '../core/indicator.ts'
import { type Interval, intervalMs } from '../core/interval.ts'
import { RingColumns } from '../indicators/index.ts'
import type { FeatureMatrix } from './matrix.ts'

/**
 * Features by name: the engine's own indicators, so that a running strategy computes them with the same code. One with
 * several outputs gives a feature for each, `macd.macd`, `macd.signal`, `macd.histogram`; `macd(12, 26, 9).histogram` only that.
 */
export type Features = Readonly<Record<string, Indicator>>

/** Features of higher intervals, as `also` of a strategy: a row sees the last of their bars that is closed by its close. */
export type HigherFeatures = Readonly<Record<string, { readonly interval: Interval; readonly features: Features }>>

/**
 * One column a feature, one row a bar. A row has what is known at the close of its bar, from that bar and those before it;
 * NaN where a feature has not had its lookback yet. Features of higher intervals come last, as `h4.rsi`. Missing bars are
 * no bars: indicators go on over a gap, as they do in a run.
 * @throws RangeError where there are no features, two have one name, or a higher interval is not coarser
 */
export function featureMatrix(bars: Bars, features: Features, also: HigherFeatures = {}): FeatureMatrix {
  const names = featureNames(features, also)
  const columns = columnsOf(features, bars)
  for (const [name, { interval, features: wanted }] of Object.entries(also)) {
    const own = bars.series.interval
    if (intervalMs(interval) <= intervalMs(own))
      throw new RangeError(`also.${name} is ${interval}, which is not coarser than the series' own ${own}`)
    const { bars: higher, rows } = higherBars(bars, interval)
    columns.push(...columnsOf(wanted, higher).map((column) => stretched(column, rows)))
  }
  return { names, rows: bars.length, columns, openTime: bars.openTime }
}

/**
 * Names of the columns that `featureMatrix` makes, in their order.
 * @throws RangeError where there are none, or two have one name
 */
export function featureNames(features: Features, also: HigherFeatures = {}): string[] {
  const names = [
    ...namesOf(features),
    ...Object.entries(also).flatMap(([name, higher]) =>
      namesOf(higher.features).map((feature) => `${name}.${feature}`),
    ),
  ]
  if (names.length === 0) throw new RangeError('there are no features: declare at least one, e.g. { r1: logReturn(1) }')
  const twice = names.find((name, k) => names.indexOf(name) !== k)
  if (twice !== undefined) throw new RangeError(`two features are named "${twice}": rename one of them`)
  return names
}

function namesOf(features: Features): string[] {
  return Object.entries(features).flatMap(([name, { outputs }]) =>
    outputs.length === 1 ? [name] : outputs.map((output) => `${name}.${output}`),
  )
}

/** Sources that are no features themselves are kept only as long as they are needed, as in a run. */
function columnsOf(features: Features, bars: Bars): Float64Array[] {
  const ring = new RingColumns(features, bars)
  const sources = Object.entries(features).flatMap(([name, { outputs }]) =>
    outputs.map((output) => ring.columns[name]![output]!),
  )
  const columns = sources.map(() => new Float64Array(bars.length))
  for (let from = 0; from < bars.length; ) {
    const to = Math.min(bars.length, ring.fillTo(from))
    const at = from & ring.mask
    for (const [k, source] of sources.entries()) columns[k]!.set(source.subarray(at, at + to - from), from)
    from = to
  }
  return columns
}

/** For each own row the value of the higher one, NaN before the first. */
function stretched(column: Float64Array, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length)
  for (let row = 0; row < out.length; row++) out[row] = rows[row]! < 0 ? Number.NaN : column[rows[row]!]!
  return out
}

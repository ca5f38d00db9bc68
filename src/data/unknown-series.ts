import { isFiner } from '../core/resample.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { NotFoundError } from './data-error.ts'
import type { SeriesManifest } from './manifest.ts'

/** Of a series that is asked for and not there: what is, and how it comes there. */
export function unknownSeries(series: Series, known: readonly SeriesManifest[], dir: string): NotFoundError {
  const name = seriesName(series)
  const names = known.map((manifest) => manifest.series)
  const { interval: to } = series
  const finer = known.find(({ series: one }) => {
    const { interval, ...rest } = parseSeries(one)
    return seriesName({ ...rest, interval: to }) === name && isFiner(interval, to)
  })
  const make =
    finer === undefined ? 'Fetch' : `Make it of finer bars: klinelab data resample ${finer.series} --to ${to}. Or fetch`
  const stored = names.length > 0 ? `stored are ${names.join(', ')}` : 'the store is empty'
  return new NotFoundError(
    `${name} is not in the store ${dir}${didYouMean(name, names)}; ${stored}. ${make} it with: klinelab data get ${name} --from DATE, or import it with: klinelab data import PATH --as ${name}`,
  )
}

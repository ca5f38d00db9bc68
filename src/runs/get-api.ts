import { type GetResult, getSeries as get } from '../data/collect/get.ts'
import { openStore } from '../data/index.ts'
import { checkKeys, checkNumber, checkWord, rangeOf, seriesOf, settingsOf, type Time, warn } from './api-checks.ts'
import { pausesFile } from './connect-settings.ts'
import { originsFor } from './origins-for.ts'

export interface GetSeriesOptions {
  /** Open time of the first bar; where absent a series goes on where it is stored from. */
  readonly from?: Time
  /** Exclusive; the last bar that has ended where absent. */
  readonly to?: Time
  /** Makes bars for what is missing between others: flat at the last close, without volume, marked. */
  readonly fill?: 'flat'
  /** Leaves out the rules, funding and mark prices that belong to the series. */
  readonly barsOnly?: boolean
  /** ms that it may take, waits included. */
  readonly patience?: number
  readonly signal?: AbortSignal
  /** Buckets of all series that have been asked for, of those missing. */
  readonly onProgress?: (done: number, total: number) => void
  /** Folder of the store; else as the command line finds it. */
  readonly store?: string
}

const KEYS = ['from', 'to', 'fill', 'barsOnly', 'patience', 'signal', 'onProgress', 'store'] as const

/**
 * `klinelab data get`: what a range lacks, from the venues into the store. Leverage tiers, for which Binance wants a key, are left out.
 * One series that fails does not stop the others: look at `error` of each.
 * @throws UsageError for a wrong name or time, NotFoundError for an interval that a venue does not have
 */
export async function getSeries(
  series: string | readonly string[],
  options: GetSeriesOptions = {},
): Promise<GetResult> {
  checkKeys('getSeries', options, [...KEYS])
  const { fill, barsOnly = false, patience, signal, onProgress } = options
  if (patience !== undefined) checkNumber('patience', patience, { min: 0, text: 'milliseconds, at least 0' })
  checkWord('fill', fill, ['flat'])
  const parsed = [series].flat().map((name) => seriesOf('getSeries', name))
  const range = rangeOf(options)
  const { store } = await settingsOf(options.store === undefined ? {} : { store: options.store })
  return get(await openStore(store), parsed, range, {
    ...{
      origins: originsFor(process.env, { rest: parsed.map(({ venue }) => venue) }),
      isBarsOnly: barsOnly,
      onWait: ({ venue, why }) => warn(`${venue}: ${why}`),
    },
    pauses: pausesFile(process.env),
    ...(fill !== undefined && { fill }),
    ...(patience !== undefined && { patience }),
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
  })
}

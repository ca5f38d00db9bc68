import { parseSeries, type Series, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { getSeries } from '../../data/collect/get.ts'
import type { SeriesGot } from '../../data/collect/get-options.ts'
import { NotFoundError } from '../../data/data-error.ts'
import { PATIENCE } from '../../data/http/venue-http.ts'
import { openStore, type Store } from '../../data/index.ts'
import { venueApi } from '../../data/venues/all-venues.ts'
import { pausesFile } from '../../runs/connect-settings.ts'
import { originsFor } from '../../runs/origins-for.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import { parseDelay } from '../../runs/parse-delay.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { keyOf, waitText } from '../asking-venues.ts'
import type { Command } from '../command.ts'
import { type Behind, hiddenBy, seenBehind } from '../embedded-text.ts'
import { oneOf, RANGE, STORE, settingsOf } from '../flags.ts'
import { getText } from '../get-text.ts'
import { interruptible } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { shown } from '../run-text.ts'
import { seriesWord } from './data-check.ts'

interface Flags {
  readonly from?: number
  readonly to?: number
  readonly update?: boolean
  readonly fill?: 'flat'
  readonly noArchive?: boolean
  readonly barsOnly?: boolean
  readonly patience?: number
}

export default {
  words: '[series...]',
  flags: {
    from: { ...RANGE['from']!, help: 'first bar, inclusive (built in: where the series is stored from)' },
    to: { ...RANGE['to']!, help: 'end, exclusive (built in: the last bar that has ended)' },
    update: { help: 'up to the last bar that has ended; without series: everything in the store' },
    fill: oneOf('makes bars for what is missing, flat at the last close, and marks them (built in: none)', 'flat'),
    'no-archive': { help: 'asks for all bars one page at a time, and not Binance’s archive of files first' },
    'bars-only': { help: 'leaves out the rules, funding rates, leverage tiers and mark prices of the markets' },
    patience: {
      help: 'how long it may take, waits included: 30m, 2h (built in: 6h)',
      value: 'TIME',
      parse: parseDelay,
    },
    ...STORE,
  },
  example: 'klinelab data get binance:BTCUSDT:1h kraken:XBTUSD:1h --from 2024-01-01',
  async run(args, io) {
    const {
      from,
      to,
      update = false,
      fill,
      noArchive = false,
      barsOnly = false,
      patience = PATIENCE,
    } = args.flags as Flags
    const { store: dir } = await settingsOf(args, io)
    const store = await openStore(dir)
    const words = args.words.map(seriesWord)
    if (words.length === 0 && !update)
      throw new UsageError('name the series, e.g. binance:BTCUSDT:1h, or say --update for everything in the store')
    if (update && from !== undefined) throw new UsageError('--update goes on from what is stored: leave out --from')
    if (words.length === 0 && dir === EMBEDDED)
      throw new UsageError(
        `${shown(dir, io.cwd)} holds what comes with klinelab, which is not updated as a whole: name the series, or a store of your own with --store`,
      )
    const { series, damaged } = words.length > 0 ? { series: words, damaged: [] } : await storedSeries(store, io)
    const behind = await seenBehind(store)
    if (from === undefined) refuseEmbedded(series, behind, shown(dir, io.cwd))
    const result = await interruptible((signal) =>
      getSeries(
        store,
        series,
        { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
        {
          origins: originsFor(io.env, { rest: series.map(({ venue }) => venue) }),
          ...{ signal, patience, isBarsOnly: barsOnly, isUpdate: update, key: keyOf(io), pauses: pausesFile(io.env) },
          ...(noArchive && { archive: false }),
          ...(fill !== undefined && { fill }),
          onProgress: io.progress('bars'),
          onWait: (wait) => io.warn(waitText(wait)),
        },
      ),
    )
    const isHad = [...result.series, ...result.rules].every(({ error }) => error === null)
    const hasTiers = result.rules.every(({ markets }) => markets.every(({ tiersError }) => tiersError === null))
    const hidden = hiddenBy(result.series, behind)
    return {
      json: { ...result, series: [...result.series, ...damaged], hidden, store: dir },
      text: [
        ...(series.length > 0 ? [getText(result, shown(dir, io.cwd), { hidden, patience })] : []),
        ...damaged.map((one) => `${one.series}: NOT up to date: ${one.error}`),
        ...(series.length + damaged.length === 0
          ? [`nothing is stored in ${shown(dir, io.cwd)} that a venue could bring up to date`]
          : []),
      ].join('\n'),
      ok: isHad && hasTiers && damaged.length === 0,
      ...(result.isStopped && { code: 130 }),
    }
  },
} satisfies Command

/** What is only behind the store is read and not added to: it has no end there from which one could go on. */
function refuseEmbedded(series: readonly Series[], behind: Behind, dir: string): void {
  const early = series.map((one) => behind.get(seriesName(one))).find((one) => one !== undefined)
  if (early !== undefined)
    throw new NotFoundError(
      `${early.series} comes with klinelab and is not stored in ${dir} yet: say from when on it is wanted there, with --from; those bars too: --from ${timeName(early.from)}`,
    )
}

/** All that the venues can be asked for: what was made of finer bars stays as it is. */
async function storedSeries(
  store: Store,
  io: Io,
): Promise<{ series: readonly Series[]; damaged: readonly SeriesGot[] }> {
  const damaged: SeriesGot[] = []
  const list = await store.list(({ message }, name) => {
    damaged.push(damagedGot(name, message))
  })
  const stored = list.map(({ series }) => parseSeries(series))
  const isHad = ({ venue, interval }: Series) => venueApi(venue).bars.intervals.includes(interval)
  for (const { venue, symbol, interval } of stored.filter((one) => !isHad(one)))
    io.warn(`${venue}:${symbol}:${interval} is left out: ${venue} has no bars of ${interval}`)
  return { series: stored.filter(isHad), damaged }
}

/** Of a series about which nothing is known but that it is there. */
function damagedGot(series: string, error: string): SeriesGot {
  return {
    ...{ series, from: 0, to: 0, added: 0, made: 0, revised: [], holes: [], stored: null, requests: 0, waited: 0 },
    ...{ archive: { files: 0, error: null }, error, isStopped: false, isImpatient: false },
  }
}

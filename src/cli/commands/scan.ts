import type { Interval } from '../../core/interval.ts'
import { type Series, seriesName, VENUES, type Venue } from '../../core/series.ts'
import { didYouMean } from '../../core/suggest.ts'
import { parseTime, timeName } from '../../core/time.ts'
import { type GetResult, getSeries } from '../../data/collect/get.ts'
import { isForPatience, VenueError } from '../../data/http/venue-error.ts'
import { openVenueHttp } from '../../data/http/venue-http.ts'
import { openStore } from '../../data/index.ts'
import { LOOKBACK } from '../../data/scan/as-of.ts'
import { MEASURES, type Mix, parseMix } from '../../data/scan/rank.ts'
import { type Scan, type ScanAsked, scanStored, scanTickers } from '../../data/scan/scan.ts'
import { venueApi } from '../../data/venues/all-venues.ts'
import { pausesFile } from '../../runs/connect-settings.ts'
import { originsFor } from '../../runs/origins-for.ts'
import { EMBEDDED } from '../../runs/package-info.ts'
import { parseDelay } from '../../runs/parse-delay.ts'
import { UsageError } from '../../runs/usage-error.ts'
import { waitText } from '../asking-venues.ts'
import type { Command } from '../command.ts'
import { number, parsedInterval, RANGE, STORE, settingsOf } from '../flags.ts'
import { getText } from '../get-text.ts'
import { interruptible } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { shown } from '../run-text.ts'
import { biasText, leftOut, scanText } from '../scan-text.ts'

interface Flags {
  readonly venue: Venue
  readonly top?: number
  readonly by?: Mix
  readonly quote?: string
  readonly minVolume?: number
  readonly exclude?: readonly string[]
  readonly asOf?: number
  readonly interval?: Interval
  readonly lookback?: number
  readonly get?: boolean
  readonly from?: number
  readonly patience?: number
}

/** Of a ranking that nobody says more of: who looks at it waits for it. */
const PATIENCE = 2 * 60_000

function venueWord(text: string): Venue {
  if (!(VENUES as readonly string[]).includes(text))
    throw new RangeError(`unknown venue "${text}"${didYouMean(text, VENUES)}; known: ${VENUES.join(', ')}`)
  return text as Venue
}

export default {
  words: '',
  flags: {
    venue: { help: 'whose markets', value: VENUES.join('|'), isRequired: true, parse: venueWord },
    top: number('how many (built in: 10)', 'N', { min: 1, isWhole: true }),
    by: {
      help: `${MEASURES.join(', ')}, or a mix such as volume=0.5,change=0.5; a weight below 0 turns one round (built in: volume)`,
      value: 'MEASURE',
      parse: parseMix,
    },
    quote: {
      help: 'only markets quoted in this asset (built in: USDT, or USD on coinbase and kraken)',
      value: 'ASSET',
    },
    'min-volume': number(
      'least volume of 24 hours, or of one bar that is longer, in the quote asset (built in: 1000000 dollars)',
      'AMOUNT',
      {
        min: 0,
      },
    ),
    exclude: {
      help: 'symbols to leave out; * stands for any letters (built in: none)',
      value: 'PATTERN',
      isList: true,
    },
    'as-of': {
      help: 'rank as it was then, from stored bars that had closed (built in: now)',
      value: 'TIME',
      parse: parseTime,
    },
    interval: {
      help: 'of the stored bars for momentum and --as-of (built in: 1d)',
      value: 'INTERVAL',
      parse: parsedInterval,
    },
    lookback: number(`bars that momentum looks back over (built in: ${LOOKBACK})`, 'BARS', { min: 2, isWhole: true }),
    get: { help: 'fetch the bars of the markets shown, of --interval, from --from on' },
    from: { ...RANGE['from']!, help: 'with --get: first bar (built in: where a series is stored from)' },
    patience: {
      help: 'how long it may take, waits included: 30s, 1h (built in: 2m, and 6h for the bars of --get)',
      value: 'TIME',
      parse: parseDelay,
    },
    ...STORE,
  },
  example: 'klinelab scan --venue binance --as-of 2024-01-01 --interval 1h --lookback 720 --by momentum',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const flags = args.flags as unknown as Flags
    const asked: ScanAsked = {
      venue: flags.venue,
      mix: flags.by ?? { volume: 1 },
      top: flags.top ?? 10,
      exclude: flags.exclude ?? [],
      interval: flags.interval ?? '1d',
      lookback: flags.lookback ?? LOOKBACK,
      ...(flags.quote !== undefined && { quote: flags.quote.toUpperCase() }),
      ...(flags.minVolume !== undefined && { minVolume: flags.minVolume }),
    }
    if (flags.from !== undefined && flags.get !== true)
      throw new UsageError('--from is the first bar of --get: say both')
    const start = performance.now()
    const scan = await scanned(asked, flags, dir, io)
    const { markets, venue } = scan
    const series = markets.map(({ symbol }) => ({ venue, symbol, interval: asked.interval }))
    const { excluded, unknown } = leftOut(scan, asked)
    const json = {
      ...scan,
      excluded,
      ...(unknown.symbols.length > 0 && { unknownWhy: unknown.why }),
      markets: markets.map((market, k) => ({ ...market, series: seriesName(series[k]!) })),
      bias: biasText(scan),
    }
    const text = scanText(scan, asked)
    const isAny = markets.length > 0
    if (flags.get !== true || !isAny) return { json, text, ok: isAny }
    const left = flags.patience === undefined ? undefined : Math.max(1, flags.patience - (performance.now() - start))
    const got = await gotten(
      series,
      { ...(flags.from !== undefined && { from: flags.from }), ...(left !== undefined && { patience: left }) },
      dir,
      io,
    )
    return {
      json: { ...json, got },
      text: `${text}\n\n${getText(got, shown(dir, io.cwd))}`,
      ok: got.series.every(({ error }) => error === null),
      ...(got.isStopped && { code: 130 }),
    }
  },
} satisfies Command

async function scanned(asked: ScanAsked, { asOf, patience = PATIENCE }: Flags, dir: string, io: Io): Promise<Scan> {
  const store = await openStore(dir, { behind: EMBEDDED })
  if (asOf !== undefined && asOf > io.now)
    throw new UsageError(`--as-of ${timeName(asOf)} is still to come; leave it out for the last 24 hours`)
  try {
    if (asOf !== undefined) return await scanStored(asked, store, asOf)
    const { venue } = asked
    const origin = originsFor(io.env, { rest: [venue] }).rest?.[venue]
    const http = openVenueHttp(venueApi(venue), {
      patience,
      ...(origin !== undefined && { origin }),
      pauses: pausesFile(io.env),
      onWait: (wait) => io.warn(waitText(wait)),
    })
    return await scanTickers(asked, http, store)
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    if (isForPatience(error))
      throw new VenueError(`${error.message}; to wait longer: --patience (now ${patience / 1000} s)`, error.facts)
    throw error
  }
}

async function gotten(
  series: readonly Series[],
  { from, patience }: Pick<Flags, 'from' | 'patience'>,
  dir: string,
  io: Io,
): Promise<GetResult> {
  const store = await openStore(dir)
  return interruptible((signal) =>
    getSeries(store, series, from === undefined ? {} : { from }, {
      ...{
        origins: originsFor(io.env, { rest: series.map(({ venue }) => venue) }),
        signal,
        pauses: pausesFile(io.env),
      },
      ...(patience !== undefined && { patience }),
      onProgress: io.progress('bars'),
      onWait: (wait) => io.warn(waitText(wait)),
    }),
  )
}

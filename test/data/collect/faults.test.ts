import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { getSeries } from '../../../src/data/collect/get.ts'
import type { GetOptions, GetRange } from '../../../src/data/collect/get-options.ts'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { openStore, type Store } from '../../../src/data/store.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { scratch } from '../../cli/klinelab.ts'
import { NO_SUCH_HOST, startUntrustedServer } from '../../servers/broken-servers.ts'
import type { Fault } from '../../servers/faults.ts'
import { Truth } from '../../servers/truth.ts'
import { type Asked, NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'
import { ALL_WELL, heldToTruth } from './held-to-truth.ts'

const MINUTE = 60_000
/** `npm run soak` takes its time. */
const isSoak = process.env['KLINELAB_SEED'] === 'random'
const END = Math.floor(NOW_THERE / MINUTE) * MINUTE

/** A page of each venue and a part of the next; Kraken has no more than one. */
const MARKETS = [
  { name: 'binance:BTCUSDT:1m', rows: 1060 },
  { name: 'binance-usdm:BTCUSDT:1m', rows: 545 },
  { name: 'coinbase:BTC-USD:1m', rows: 345 },
  { name: 'kraken:XBTUSD:1m', rows: 300 },
  { name: 'kucoin:BTC-USDT:1m', rows: 1550 },
].map(({ name, rows }) => ({ name, series: parseSeries(name), stretch: { from: END - rows * MINUTE, to: END } }))

const ONCE: readonly { readonly title: string; readonly fault: Fault }[] = [
  { title: '429', fault: { kind: 'status', status: 429, retryAfter: 20 } },
  { title: '418', fault: { kind: 'status', status: 418, retryAfter: 120 } },
  { title: '408', fault: { kind: 'status', status: 408 } },
  { title: '500', fault: { kind: 'status', status: 500 } },
  { title: '503 in HTML', fault: { kind: 'status', status: 503, body: '<html>Service Unavailable</html>' } },
  { title: 'truncated JSON', fault: { kind: 'truncated' } },
  { title: 'HTML instead of JSON', fault: { kind: 'html' } },
  { title: 'a page repeated', fault: { kind: 'repeated' } },
  { title: 'a page skipped', fault: { kind: 'skipped' } },
  { title: 'a clock an hour ahead', fault: { kind: 'skew', ms: 3_600_000 } },
  { title: 'a connection reset in mid-page', fault: { kind: 'reset' } },
  { title: 'no answer', fault: { kind: 'silent' } },
  { title: 'a slow drip', fault: { kind: 'drip', ms: 2 } },
  { title: 'microseconds for milliseconds', fault: { kind: 'microseconds' } },
  { title: 'an empty page', fault: { kind: 'empty' } },
  { title: 'the other order', fault: { kind: 'newest-first' } },
]

let server: VenueServer
let truth: Truth
let store: Store

beforeEach(async () => {
  // an outage of a quarter of an hour, and buckets in which nobody trades
  truth = new Truth({ seed: 3, quietEvery: 11, holes: [{ from: END - 130 * MINUTE, to: END - 115 * MINUTE }] })
  server = await startVenueServer({ truth })
  store = await openStore(join(scratch(), 'store'))
})

afterEach(() => server.close())

/** Waits are over at once; the time between them is the time of the venue. */
function quickClock(waited = 0, patience = 250): HttpClock {
  return {
    now: () => NOW_THERE + waited,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      waited += Math.max(0, ms)
    },
    patienceFor: () => patience,
  }
}

function get(series: Series, range: GetRange, options: Partial<GetOptions> = {}) {
  const rest = { [series.venue]: server.origin }
  return getSeries(store, [series], range, {
    origins: { rest },
    isBarsOnly: true,
    isUnlimited: true,
    clock: quickClock(),
    ...options,
  })
}

/** Where venues tell the time. */
const CLOCK = /(time|Time|timestamp)$/

/** The second page that is asked for, the only one where there is only one; and those asked after it, up to so many times. */
function onPage(fault: Fault, times: number, first = 2): (asked: Asked) => Fault | null {
  let pages = 0
  let hit = 0
  return ({ path }) => {
    if (fault.kind === 'skew') return CLOCK.test(path) || hit++ < times ? fault : null
    if (!/klines|candles|OHLC/.test(path)) return null
    pages++
    // the second page of those that come first; the only one where there is only one
    if (pages < (path.includes('OHLC') ? 1 : first) || hit >= times) return null
    hit++
    return fault
  }
}

describe.each(MARKETS)('$name', ({ series, stretch }) => {
  test('without a fault is the truth, and what is missing has a name', async () => {
    const result = await get(series, stretch)
    expect(result.series[0]!.error).toBeNull()
    expect(await heldToTruth(store, series, truth, stretch)).toEqual(ALL_WELL)
    expect((await store.manifest(series))!.holes!.length).toBeGreaterThan(0)
  })

  test.each(ONCE)('$title, once: the store is the truth', async ({ fault }) => {
    server.fault = onPage(fault, 1)
    // up to the last bar that has ended, whatever the venue says of the one that has not
    const [told] = (await get(series, { from: stretch.from })).series
    expect(told!.error).toBeNull()
    expect(told!.stored!.to).toBe(END)
    expect(await heldToTruth(store, series, truth, stretch)).toEqual(ALL_WELL)
  })

  test.each<Fault>([{ kind: 'microseconds' }, { kind: 'newest-first' }])(
    '$kind in every answer: the store is the truth',
    async (fault) => {
      server.fault = onPage(fault, Number.POSITIVE_INFINITY, 1)
      const [told] = (await get(series, { from: stretch.from })).series
      expect(told!.error).toBeNull()
      expect(await heldToTruth(store, series, truth, stretch)).toEqual(ALL_WELL)
    },
  )

  test('a candle that changes between two reads: the later word is stored, and the change is told', async () => {
    const early = { from: stretch.from, to: stretch.to - 10 * MINUTE }
    await get(series, early)
    expect(await heldToTruth(store, series, truth, early)).toEqual(ALL_WELL)
    const isTraded = ({ volume }: BarText) => Number(volume) > 0
    const before = truth.texts(series, early.to - 15 * MINUTE, early.to).find(isTraded)!
    truth.revise(series, before.openTime, 2)
    const [after] = truth.texts(series, before.openTime, before.openTime + MINUTE)
    expect(Number(after!.high)).toBeGreaterThan(Number(before.high))
    const [told] = (await get(series, stretch)).series
    expect(told!.revised.map(({ openTime, field, was, is }) => [openTime, field, Number(was), Number(is)])).toEqual([
      [before.openTime, 'high', Number(before.high), Number(after!.high)],
    ])
    expect(await heldToTruth(store, series, truth, stretch)).toEqual(ALL_WELL)
  })
})

/** Faults that last: what cannot be had is said, what is stored is true, and the next time brings the rest. */
const LASTING: readonly { readonly title: string; readonly fault: Fault; readonly says: RegExp | null }[] = [
  { title: '403', fault: { kind: 'status', status: 403 }, says: /403 Forbidden.*turns this address away/ },
  { title: '451', fault: { kind: 'status', status: 451 }, says: /451 .*does not serve the place/ },
  {
    title: '418 for three days',
    fault: { kind: 'status', status: 418, retryAfter: 259_200 },
    says: /418 .*has banned/,
  },
  { title: '503', fault: { kind: 'status', status: 503 }, says: /503 .*is out of order/ },
  { title: 'truncated JSON', fault: { kind: 'truncated' }, says: /JSON.*not what its documentation promises/ },
  { title: 'HTML', fault: { kind: 'html' }, says: /<!DOCTYPE html>.*not what its documentation promises/ },
  { title: 'resets', fault: { kind: 'reset' }, says: /check the connection/ },
  { title: 'a drip', fault: { kind: 'drip', ms: 5 }, says: /no whole answer within 30 s/ },
  {
    title: 'a redirect',
    fault: { kind: 'redirect', to: 'http://127.0.0.1:9/x' },
    says: /sends on to http:\/\/127\.0\.0\.1:9\/x/,
  },
  { title: 'another page', fault: { kind: 'skipped' }, says: /lie elsewhere/ },
  { title: 'an empty page', fault: { kind: 'empty' }, says: null },
]

/** Each of them at two venues, and at all that keep their bars for longer where there is time. */
const PAIRS = LASTING.flatMap((lasting, k) =>
  MARKETS.filter(({ series }, at) => (isSoak && series.venue !== 'kraken') || at === k % 5 || at === (k + 2) % 5).map(
    (market) => ({ ...lasting, ...market }),
  ),
)

test.each(PAIRS)('$title, for as long as it lasts, at $name', async ({ fault, says, series, stretch }) => {
  server.fault = onPage(fault, Number.POSITIVE_INFINITY)
  // eight times an answer that never ends is waited for
  const clock = fault.kind === 'drip' ? quickClock(0, 100) : quickClock()
  const [first] = (await get(series, stretch, { clock })).series
  const then = await heldToTruth(store, series, truth, stretch)
  expect(then.wrong).toEqual([])
  const mayBeQuiet = series.venue === 'coinbase' || series.venue === 'kucoin'
  if (says !== null && !(mayBeQuiet && fault.kind === 'skipped')) {
    expect(first!.error).toMatch(says)
    expect(first!.error).toContain(`${series.venue}: GET /`)
    // none of what was not answered passes for what is not there
    expect(then.named).toEqual([])
  } else {
    expect(first!.error ?? '').toMatch(/^$|has no bars/)
    expect(then.lost).toEqual([])
    expect(then.named.length).toBeGreaterThan(30)
  }
  server.fault = null
  // a ban is over when it is over
  const later = fault.kind === 'status' ? quickClock((fault.retryAfter ?? 0) * 1000) : quickClock()
  const [second] = (await get(series, stretch, { clock: later })).series
  expect(second!.error).toBeNull()
  const now = await heldToTruth(store, series, truth, stretch)
  // where venues leave out quiet buckets, an empty page that was said twice is not taken for hours without a trade
  expect(now).toEqual(ALL_WELL)
})

describe('a venue that cannot be reached', () => {
  const { series, stretch } = MARKETS[1]!

  test.each([
    ['a certificate that nobody trusts', async () => startUntrustedServer(), /SELF_SIGNED/],
    [
      'a name that does not resolve',
      async () => ({ origin: NO_SUCH_HOST, close: async () => {} }),
      /ENOTFOUND|EAI_AGAIN/,
    ],
  ])('%s: nothing is stored, what was stored stays, and it is said', async (_, start, says) => {
    const early = { from: stretch.from, to: stretch.from + 60 * MINUTE }
    await get(series, early)
    const other = await start()
    const result = await get(series, stretch, { origins: { rest: { [series.venue]: other.origin } } })
    await other.close()
    expect(result.series[0]!.error).toMatch(says)
    expect(await heldToTruth(store, series, truth, early)).toEqual(ALL_WELL)
    await get(series, stretch)
    expect(await heldToTruth(store, series, truth, stretch)).toEqual(ALL_WELL)
  })
})

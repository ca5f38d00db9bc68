import { describe, expect, test } from 'vitest'
import { closeTimeOf, type Interval, intervalMs } from '../../../src/core/interval.ts'
import { parseSeries } from '../../../src/core/series.ts'
import { type BarBatch, PORTION_ROWS, type Stretch } from '../../../src/data/collect/batch.ts'
import { getPiece } from '../../../src/data/collect/get-piece.ts'
import type { SeriesManifest } from '../../../src/data/manifest.ts'
import { BINANCE } from '../../../src/data/venues/binance.ts'
import type { Answer, Ask, BarText, VenueApi, VenueHttp } from '../../../src/data/venues/venue.ts'

const FROM = Date.UTC(2024, 0, 15)
const NOW = Date.UTC(2024, 11, 1)

function bar(openTime: number, interval: Interval): BarText {
  const closeTime = closeTimeOf(openTime, interval)
  const rest = { quoteVolume: null, trades: null, takerBase: null, takerQuote: null }
  return { openTime, closeTime, open: '1', high: '1', low: '1', close: '1', volume: '1', ...rest }
}

/** Hands out bars without any text in between; `isMissing` says which are not had, at the how manieth time of asking. */
function bareHttp(
  isMissing: (openTime: number, ask: number) => boolean,
  fail: (ask: number) => Error | null = () => null,
) {
  const asked: Stretch[] = []
  let page: readonly BarText[] = []
  const bars: VenueApi['bars'] = {
    ...BINANCE.bars,
    ask: ({ interval }, from, to) => ({ path: interval, query: { from: String(from), to: String(to) }, weight: 1 }),
    read: () => page,
  }
  const answer: Answer = { body: '', at: NOW, headers: {} }
  const http: VenueHttp = {
    // a market that is listed no more
    api: { ...BINANCE, bars, rules: { ask: () => ({ path: 'rules', query: {}, weight: 1 }), read: () => [] } },
    async get({ path, query }: Ask, check) {
      if (path === 'rules') return check(answer)
      const interval = path as Interval
      const window = { from: Number(query['from']), to: Number(query['to']) }
      if (interval === '1d') page = [bar(window.from, '1d'), bar(window.to - intervalMs('1d'), '1d')]
      else {
        asked.push(window)
        const problem = fail(asked.length)
        if (problem !== null) throw problem
        const all: BarText[] = []
        for (let at = window.from; at < window.to; at = closeTimeOf(at, interval))
          if (!isMissing(at, asked.length)) all.push(bar(at, interval))
        page = all
      }
      return check(answer)
    },
  }
  return { http, asked }
}

async function collected(http: VenueHttp, name: string, stretch: Stretch) {
  const batches: BarBatch[] = []
  let storing = 0
  let manifest: Pick<SeriesManifest, 'rows' | 'from' | 'to'> | null = null
  const progress: number[] = []
  const work = getPiece({ series: parseSeries(name), http, origin: 'here', clock: () => NOW }, stretch, {
    put: async (batch) => {
      expect(++storing).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      storing--
      batches.push(batch)
      if (batch.rows.length > 0)
        manifest = { rows: 1, from: stretch.from, to: batch.rows.openTime[batch.rows.length - 1]! }
    },
    onProgress: (rows) => progress.push(rows),
    stored: () => manifest as SeriesManifest | null,
  })
  const error = await work.then(
    () => null,
    (problem: Error) => problem,
  )
  const times = batches.map(({ rows }) => Array.from(rows.openTime.subarray(0, rows.length)))
  return { batches, times, error, progress }
}

describe('a long stretch', () => {
  test('comes in portions that end with months, each bar once, and each portion asked for next to the one before', async () => {
    const { http, asked } = bareHttp(() => false)
    const to = Date.UTC(2024, 4, 3)
    const { batches, times, error, progress } = await collected(http, 'binance:BTCUSDT:1m', { from: FROM, to })
    expect(error).toBe(null)
    const minutes = (to - FROM) / 60_000
    const all = times.flat()
    expect(all.length).toBe(minutes)
    expect(all.findIndex((time, k) => time !== FROM + k * 60_000)).toBe(-1)
    // the rest of January and February do not fit into one portion together: 24,480 and 41,760
    const ends = [Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1), Date.UTC(2024, 3, 1), to]
    expect(batches.map(({ asked: told }) => told)).toEqual(
      ends.map((end, k) => ({ from: k === 0 ? FROM : ends[k - 1], to: end, holes: [] })),
    )
    expect(times.map((part) => part.at(-1)! + 60_000)).toEqual(ends)
    for (const part of times) expect(part.length).toBeLessThanOrEqual(PORTION_ROWS)
    expect(asked.length).toBe(Math.ceil(minutes / 1000))
    expect(progress.at(-1)).toBe(minutes)
  })

  test('of weeks, that are in no step with months', async () => {
    const monday = Date.UTC(2017, 0, 2)
    const week = intervalMs('1w')
    const { http } = bareHttp((time) => time === monday + 3 * week)
    const { batches, error } = await collected(http, 'binance:BTCUSDT:1w', { from: monday, to: monday + 300 * week })
    expect(error).toBe(null)
    expect(batches.flatMap(({ asked }) => asked!.holes)).toMatchObject([{ start: monday + 3 * week, bars: 1 }])
  })
})

describe('what is missing', () => {
  const DAY = 86_400_000

  test('is asked for once more, and what comes then is in its place', async () => {
    const gone = { from: FROM + 100 * 60_000, to: FROM + 110 * 60_000 }
    const { http, asked } = bareHttp((time, ask) => ask <= 2 && time >= gone.from && time < gone.to)
    const { times, batches } = await collected(http, 'binance:BTCUSDT:1m', { from: FROM, to: FROM + DAY })
    expect(asked.length).toBe(3)
    expect(asked[2]).toEqual(gone)
    expect([...times[0]!].sort((a, b) => a - b)).toEqual(Array.from({ length: 1440 }, (_, k) => FROM + k * 60_000))
    expect(batches[0]!.asked!.holes).toEqual([])
  })

  test('near ones are asked for in one request, bars between them are not taken twice', async () => {
    const minute = (k: number) => FROM + k * 60_000
    const { http, asked } = bareHttp((time) => [10, 30, 500, 1200].some((k) => time === minute(k)))
    const { times, batches } = await collected(http, 'binance:BTCUSDT:1m', { from: FROM, to: FROM + DAY })
    expect(asked.slice(2)).toEqual([
      { from: minute(10), to: minute(501) },
      { from: minute(1200), to: minute(1201) },
    ])
    expect(times[0]!.length).toBe(1436)
    expect(new Set(times[0]).size).toBe(1436)
    expect(batches[0]!.asked!.holes.map(({ start, bars }) => [start, bars])).toEqual(
      [10, 30, 500, 1200].map((k) => [minute(k), 1]),
    )
  })

  test('over the end of a portion it is told with both', async () => {
    const [october, november] = [Date.UTC(2024, 9), Date.UTC(2024, 10)]
    const hole = { from: november - 3 * DAY, to: november + DAY }
    const { http } = bareHttp((time) => time >= hole.from && time < hole.to)
    const { batches } = await collected(http, 'binance:BTCUSDT:1m', { from: october, to: NOW })
    expect(batches.map(({ asked }) => asked!.holes.map(({ start, end }) => [start, end]))).toEqual([
      [[hole.from, november]],
      [[november, hole.to]],
    ])
    // at the end of a portion the market has not ended, although nothing behind it is stored yet
    expect(batches.flatMap(({ asked }) => asked!.holes.map(({ cause }) => cause))).toEqual([
      'unexplained',
      'unexplained',
    ])
  })

  test('bars that may not have ended are not missing', async () => {
    const { http } = bareHttp((time) => time >= NOW - 3 * 60_000)
    const { batches } = await collected(http, 'binance:BTCUSDT:1m', { from: NOW - 10 * 60_000, to: NOW + 5 * 60_000 })
    expect(batches[0]!.asked).toMatchObject({
      from: NOW - 10 * 60_000,
      to: NOW,
      holes: [{ bars: 3, cause: 'delisted' }],
    })
  })
})

test('what was collected until a failure is put into the store, and nothing is said of what is missing', async () => {
  const { http } = bareHttp(
    (time) => time === FROM + 5 * 60_000,
    (ask) => (ask === 70 ? new Error('the venue is gone') : null),
  )
  const { batches, times, error } = await collected(http, 'binance:BTCUSDT:1m', {
    from: FROM,
    to: Date.UTC(2024, 4, 1),
  })
  expect(error?.message).toBe('the venue is gone')
  // January, with its hole, and February are whole; of March there is what came before the seventieth request. One asked again
  expect(batches.map(({ asked }) => asked === undefined)).toEqual([false, false, true])
  expect(times.flat().length).toBe(68_000 - 1)
  expect(times[2]![0]).toBe(Date.UTC(2024, 2, 1))
})

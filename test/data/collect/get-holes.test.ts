import { describe, expect, test } from 'vitest'
import { barsBetween } from '../../../src/core/interval.ts'
import { parseSeries } from '../../../src/core/series.ts'
import { Truth } from '../../servers/truth.ts'
import { BTC, byCause, DAY, difference, ENDED, HOUR, MINUTE, PAGES, place, storedBars, truthBars } from './get-place.ts'

/** Listed as delisted; of bars it has what the truth says. */
const REP = parseSeries('coinbase:REP-USD:1h')

describe('holes', () => {
  test('an outage that is known, and one that nobody knows of, are asked for twice and named', async () => {
    const halt = { from: Date.UTC(2023, 2, 24, 12, 40), to: Date.UTC(2023, 2, 24, 14) }
    const odd = { from: Date.UTC(2023, 2, 25, 3), to: Date.UTC(2023, 2, 25, 3, 7) }
    const { server, store, get } = await place({ holes: [halt, odd] })
    const range = { from: Date.UTC(2023, 2, 24), to: Date.UTC(2023, 2, 26) }
    const { series } = await get([BTC], range)
    expect(series[0]).toMatchObject({ added: 2880 - 80 - 7, error: null })
    expect(series[0]!.holes).toMatchObject([
      {
        start: halt.from,
        end: halt.to,
        bars: 80,
        cause: 'outage',
        because: expect.stringContaining('known-gaps.json'),
      },
      { start: odd.from, end: odd.to, bars: 7, cause: 'unexplained' },
    ])
    const asked = () => server.asked.map(({ query }) => Number(query.get('startTime'))).filter((time) => time > 0)
    // three pages, and both holes once more, which lie near one another
    const pages = [0, 1000, 2000].map((page) => range.from + page * MINUTE)
    expect(asked().sort()).toEqual([...pages, halt.from].sort())
    // explained ones are never asked for again, others where they are asked for by name
    const count = server.asked.length
    await get([BTC], range, { isUpdate: true })
    const updated = asked().slice(4)
    expect(updated).not.toContain(odd.from)
    await get([BTC], range)
    expect(
      asked()
        .slice(4 + updated.length)
        .filter((time) => time === odd.from).length,
    ).toBe(2)
    expect(asked().slice(4)).not.toContain(halt.from)
    expect(server.asked.length - count).toBeLessThan(9)
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, range.from, range.to))).toBe(null)
  })

  test('bars that come where there was none are stored, and the hole is gone', async () => {
    const odd = { from: ENDED - 500 * MINUTE, to: ENDED - 490 * MINUTE }
    const { store, get, server } = await place({ holes: [odd] })
    const range = { from: ENDED - 3000 * MINUTE, to: ENDED }
    await get([BTC], range)
    Object.assign(server, { truth: new Truth() })
    const { series } = await get([BTC], range)
    expect(series).toMatchObject([{ added: 10, holes: [] }])
    expect((await store.manifest(BTC))!.gaps).toEqual([])
  })

  test('years ahead of the listing are not asked for minute by minute', async () => {
    const listedAt = ENDED - 8 * DAY + 7 * HOUR
    const { server, store, get } = await place({ listedAt })
    const range = { from: ENDED - 1000 * DAY, to: ENDED }
    const { series } = await get([BTC], range)
    const missing = barsBetween(range.from, listedAt, '1m')
    expect(series[0]!.holes).toMatchObject([
      {
        start: range.from,
        end: listedAt,
        bars: missing,
        cause: 'not-listed',
        because: expect.stringContaining('2024-05-24T07:00'),
      },
    ])
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, listedAt, ENDED))).toBe(null)
    // 11 pages of minutes out of 1440, two of the day before, and a few of days
    expect(server.count(PAGES)).toBeLessThan(25)
    const before = server.count(PAGES)
    await get([BTC], range)
    expect(server.count(PAGES) - before).toBe(1)
  })

  test('a market that has ended: what lies behind its last bar', async () => {
    const delistedAt = ENDED - 3 * DAY
    const { server, store, get } = await place({ delistedAt })
    const from = ENDED - 10 * DAY
    const { series } = await get([REP], { from })
    expect(series[0]!.holes).toMatchObject([
      { start: delistedAt, end: ENDED, bars: 72, cause: 'delisted', because: 'coinbase says of it: delisted' },
    ])
    expect(difference(await storedBars(store, REP), truthBars(server, REP, from, delistedAt))).toBe(null)
    // one that trades is not delisted for want of bars, and neither is one that is halted
    const others = await get([parseSeries('binance:ETHUSDT:1h'), parseSeries('binance:LUNAUSDT:1h')], { from })
    expect(others.series.map(({ holes }) => byCause(holes))).toEqual([{ unexplained: 72 }, { unexplained: 72 }])
  })

  test('no end of a market is what has bars behind it that were not asked for', async () => {
    const hole = { from: ENDED - 4 * DAY, to: ENDED - 3 * DAY + 12 * HOUR }
    // days later, or in the rest of the day
    for (const end of [ENDED - DAY, hole.to + 5 * HOUR]) {
      const { get } = await place({ holes: [hole], delistedAt: end })
      const cut = await get([REP], { from: ENDED - 10 * DAY, to: hole.to - HOUR })
      expect(byCause(cut.series[0]!.holes)).toEqual({ unexplained: 35 })
    }
  })

  test('a halt that passes: what was thought the end of the market is asked for again', async () => {
    const holes = [{ from: ENDED - 4 * HOUR, to: ENDED }]
    const { get, pass, store, server } = await place({ holes })
    const minutes = { ...REP, interval: '1m' as const }
    const from = ENDED - DAY
    expect(byCause((await get([minutes], { from })).series[0]!.holes)).toEqual({ delisted: 240 })
    // bars come again, at first without those of the halt
    pass(HOUR)
    const [first] = (await get([minutes], { from }, { isUpdate: true })).series
    expect([first!.added, byCause(first!.holes)]).toEqual([60, { delisted: 240 }])
    holes.length = 0
    const [then] = (await get([minutes], {}, { isUpdate: true })).series
    expect([then!.added, then!.holes]).toEqual([240, []])
    expect(difference(await storedBars(store, minutes), truthBars(server, minutes, from, ENDED + HOUR))).toBe(null)
  })

  test('a made bar is asked for again as what is missing is, and gives way', async () => {
    const holes = [{ from: ENDED - 1300 * MINUTE, to: ENDED - 1200 * MINUTE }]
    const { get, store, server } = await place({ holes })
    const from = ENDED - 2000 * MINUTE
    expect((await get([BTC], { from }, { fill: 'flat' })).series).toMatchObject([{ added: 1900, made: 100 }])
    holes.length = 0
    expect((await get([BTC], { from }, { isUpdate: true })).series).toMatchObject([{ added: 0 }])
    expect((await get([BTC], { from }, { fill: 'flat' })).series).toMatchObject([{ added: 100, made: 0, holes: [] }])
    expect((await store.manifest(BTC))!.made).toBeUndefined()
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, from, ENDED))).toBe(null)
  })

  test('quiet minutes at the beginning of what is asked for do not say that the market was not listed', async () => {
    const quiet = parseSeries('coinbase:BTC-USD:1m')
    const { server, get } = await place({ holes: [{ from: ENDED - 100 * MINUTE, to: ENDED - 95 * MINUTE }] })
    const { series } = await get([quiet], { from: ENDED - 100 * MINUTE })
    expect(series[0]!.holes).toMatchObject([{ start: ENDED - 100 * MINUTE, bars: 5, cause: 'no-trades' }])
    expect(server.truth.listedAt).toBeLessThan(ENDED - 365 * DAY)
  })

  test('a venue’s horizon is said, and what is stored before it stays', async () => {
    const kraken = parseSeries('kraken:XBTUSD:1h')
    const { store, get, server, pass } = await place()
    const from = ENDED - 1000 * HOUR
    const { series } = await get([kraken], { from })
    const oldest = ENDED - 719 * HOUR
    expect(series[0]).toMatchObject({ added: 719, holes: [{ start: from, end: oldest, bars: 281, cause: 'horizon' }] })
    // two months later the newest 720 do not reach back to what is stored
    pass(1500 * HOUR)
    const later = await get([kraken], {})
    expect(byCause(later.series[0]!.holes)).toEqual({ horizon: 1500 - 719 })
    expect((await storedBars(store, kraken)).length).toBe(2 * 719)
    expect((await storedBars(store, kraken)).slice(719)).toEqual(
      truthBars(server, kraken, ENDED + 781 * HOUR, ENDED + 1500 * HOUR),
    )
  })

  test('a clock that is ahead moves no horizon', async () => {
    const kraken = parseSeries('kraken:XBTUSD:1m')
    const { get, server, pass } = await place()
    const there = server.now()
    pass(2 * HOUR)
    server.now = () => there
    const { series } = await get([kraken], { from: ENDED - 719 * MINUTE })
    expect(series).toMatchObject([{ added: 719, holes: [] }])
  })

  test('made bars stand at the last close, and are told', async () => {
    const odd = { from: ENDED - 50 * MINUTE, to: ENDED - 40 * MINUTE }
    const { server, store, get } = await place({ holes: [odd] })
    const from = ENDED - 100 * MINUTE
    const { series } = await get([BTC], { from }, { fill: 'flat' })
    expect(series[0]).toMatchObject({ added: 90, made: 10, holes: [{ start: odd.from, bars: 10 }] })
    const close = truthBars(server, BTC, odd.from - MINUTE, odd.from)[0]!.close
    const flat = { open: close, high: close, low: close, close, volume: '0' }
    const all = await storedBars(store, BTC)
    expect(all.slice(50, 60)).toEqual(
      Array.from({ length: 10 }, (_, k) => ({ openTime: odd.from + k * MINUTE, ...flat })),
    )
    expect((await store.manifest(BTC))!.made).toMatchObject([{ start: odd.from, end: odd.to, bars: 10 }])
  })
})

describe('what a venue leaves out', () => {
  const hours = parseSeries('coinbase:BTC-USD:1h')
  const minutes = parseSeries('kucoin:BTC-USDT:1m')

  test('is quiet where the hour holds no more than its minutes; hours that are left out, where the day does', async () => {
    const at = (hour: number, minute = 0) => ENDED - DAY + hour * HOUR + minute * MINUTE
    const quiet = [
      { from: at(3, 10), to: at(3, 20) },
      { from: at(5, 50), to: at(8, 5) },
    ]
    const lost = [{ interval: '1m' as const, from: at(9, 30), to: at(9, 33) }]
    const { get, server } = await place({ quiet, lost: [...lost, { ...lost[0]!, from: at(9, 40), to: at(9, 41) }] })
    const [one] = (await get([minutes], { from: at(0) })).series
    expect(one!.holes.map(({ start, bars, cause }) => [start, bars, cause])).toEqual([
      [at(3, 10), 10, 'no-trades'],
      [at(5, 50), 135, 'no-trades'],
      [at(9, 30), 3, 'unexplained'],
      [at(9, 40), 1, 'unexplained'],
    ])
    // a page, the same once more, the hours, the day
    expect(server.count(PAGES)).toBe(4)
    // what is asked for may end within an hour, which is looked at as a whole all the same
    const part = await place({ quiet })
    const [cut] = (await part.get([minutes], { from: at(3, 15), to: at(7, 30) })).series
    expect(byCause(cut!.holes)).toEqual({ 'no-trades': 5 + 100 })
    expect(await storedBars(part.store, minutes)).toHaveLength(255 - 105)
  })

  test('in an hour that has not ended is not judged until it has', async () => {
    const { get, pass } = await place({ quiet: [{ from: ENDED + 3 * MINUTE, to: ENDED + 6 * MINUTE }] })
    pass(20 * MINUTE)
    const range = { from: ENDED - HOUR }
    expect(byCause((await get([minutes], range)).series[0]!.holes)).toEqual({ unexplained: 3 })
    pass(HOUR)
    expect(byCause((await get([minutes], {}, { isUpdate: true })).series[0]!.holes)).toEqual({ 'no-trades': 3 })
  })

  test('is unexplained where the coarser bars are left out too, and comes when the venue has it', async () => {
    const holes = [{ from: ENDED - 40 * DAY, to: ENDED - 28 * DAY + 11 * HOUR }]
    const { get, store, server } = await place({ holes })
    const range = { from: ENDED - 80 * DAY }
    const [first] = (await get([hours], range)).series
    expect(byCause(first!.holes)).toEqual({ unexplained: 299 })
    holes.length = 0
    expect((await get([hours], range, { isUpdate: true })).series).toMatchObject([{ added: 0 }])
    expect((await get([hours], range)).series).toMatchObject([{ added: 299, holes: [] }])
    expect(difference(await storedBars(store, hours), truthBars(server, hours, range.from, ENDED))).toBe(null)
  })

  test('has no witness where there are no coarser bars', async () => {
    const days = parseSeries('kucoin:BTC-USDT:1d')
    const { get } = await place({ holes: [{ from: ENDED - 800 * DAY, to: ENDED - 70 * DAY }] })
    const [one] = (await get([days], { from: ENDED - 1000 * DAY })).series
    expect(byCause(one!.holes)).toEqual({ unexplained: 730 })
  })
})

import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { parseTime } from '../../../src/core/time.ts'
import type { Stretch } from '../../../src/data/collect/batch.ts'
import { classifyHole, type Evidence } from '../../../src/data/collect/gaps.ts'
import knownGaps from '../../../src/data/venues/known-gaps.json' with { type: 'json' }
import { isRecorded, knownGaps as recordedGaps } from '../recorded.ts'

const NOTHING: Evidence = {
  ...{ omitsEmpty: false, quiet: [] },
  ...{ horizon: Number.NEGATIVE_INFINITY, listed: null, delisted: null },
}
const stretch = (from: string, to: string) => ({ from: parseTime(from), to: parseTime(to) })

function causes(name: string, from: string, to: string, evidence: Partial<Evidence> = {}) {
  return classifyHole(stretch(from, to), parseSeries(name), { ...NOTHING, ...evidence }).map(
    ({ start, end, bars, cause }) =>
      `${cause} ${bars} ${new Date(start).toISOString().slice(5, 16)} ${new Date(end).toISOString().slice(5, 16)}`,
  )
}

describe('the cause of a hole', () => {
  test('where a venue states quiet buckets nothing is missing for want of trades', () => {
    expect(causes('binance:BTCUSDT:1m', '2024-05-01T10:00', '2024-05-01T10:03')).toEqual([
      'unexplained 3 05-01T10:00 05-01T10:03',
    ])
  })

  test('where it leaves them out, they are quiet as far as something says so', () => {
    const of = (...quiet: Stretch[]) =>
      causes('coinbase:BTC-USD:1m', '2024-05-01T10:50', '2024-05-01T13:10', { omitsEmpty: true, quiet })
    expect(of()).toEqual(['unexplained 140 05-01T10:50 05-01T13:10'])
    expect(
      of(stretch('2024-05-01T10:00', '2024-05-01T11:00'), stretch('2024-05-01T12:00', '2024-05-01T13:00')),
    ).toEqual([
      'no-trades 10 05-01T10:50 05-01T11:00',
      'unexplained 60 05-01T11:00 05-01T12:00',
      'no-trades 60 05-01T12:00 05-01T13:00',
      'unexplained 10 05-01T13:00 05-01T13:10',
    ])
    expect(of(stretch('2024-05-01T10:00', '2024-05-01T14:00'))).toEqual(['no-trades 140 05-01T10:50 05-01T13:10'])
  })

  test('an outage that is known: the whole of it, and what is missing beside it', () => {
    const [halted] = classifyHole(
      stretch('2023-03-24T12:40', '2023-03-24T14:00'),
      parseSeries('binance:ETHUSDT:1m'),
      NOTHING,
    )
    expect(halted).toMatchObject({ cause: 'outage', bars: 80 })
    expect(halted!.because).toMatch(/^known-gaps\.json: spot trading halted.*https:\/\/github\.com/)
    // the list is as fine as 5m: up to five minutes on either side belong to it, more do not
    expect(causes('binance:BTCUSDT:1m', '2023-03-24T12:36', '2023-03-24T14:04')).toEqual([
      'outage 88 03-24T12:36 03-24T14:04',
    ])
    expect(causes('binance:BTCUSDT:1m', '2023-03-24T12:30', '2023-03-24T14:10')).toEqual([
      'unexplained 5 03-24T12:30 03-24T12:35',
      'outage 90 03-24T12:35 03-24T14:05',
      'unexplained 5 03-24T14:05 03-24T14:10',
    ])
    // beside it is not in it, and neither are other venues
    expect(causes('binance:BTCUSDT:1m', '2023-03-24T14:00', '2023-03-24T14:04')).toEqual([
      'unexplained 4 03-24T14:00 03-24T14:04',
    ])
    expect(causes('binance-usdm:BTCUSDT:1m', '2023-03-24T12:40', '2023-03-24T14:00')[0]).toMatch(/^unexplained/)
  })

  test('of one market only', () => {
    expect(causes('binance:SOLUSDT:1m', '2023-02-14T16:39', '2023-02-14T16:40')[0]).toMatch(/^outage 1 /)
    expect(causes('binance:BTCUSDT:1m', '2023-02-14T16:39', '2023-02-14T16:40')[0]).toMatch(/^unexplained/)
  })

  test('before the horizon, before the listing, after the end: each part by its own cause', () => {
    const evidence = {
      horizon: parseTime('2024-05-03'),
      listed: { at: parseTime('2024-05-10'), because: 'the first bar opens then' },
      delisted: { at: parseTime('2024-05-20'), because: 'BREAK' },
      ...{ omitsEmpty: true, quiet: [stretch('2024-05-09', '2024-05-21')] },
    }
    expect(causes('kraken:XBTUSD:1d', '2024-05-01', '2024-05-25', evidence)).toEqual([
      'horizon 2 05-01T00:00 05-03T00:00',
      'not-listed 7 05-03T00:00 05-10T00:00',
      'no-trades 10 05-10T00:00 05-20T00:00',
      'delisted 5 05-20T00:00 05-25T00:00',
    ])
    const late = classifyHole(stretch('2024-05-20', '2024-05-25'), parseSeries('kraken:XBTUSD:1d'), {
      ...NOTHING,
      ...evidence,
    })
    expect(late.map(({ because }) => because)).toEqual(['BREAK'])
  })

  test('an outage that reaches over the end of what is there is no end of the market, those long after it are none of its', () => {
    const from = '2023-03-24T12:41'
    const delisted = { at: parseTime(from), because: 'CLOSE' }
    expect(causes('binance:BTCUSDT:1m', from, '2023-03-24T13:30', { delisted })).toEqual([
      'outage 49 03-24T12:41 03-24T13:30',
    ])
    expect(
      causes('binance:SOLUSDT:1m', from, '2023-07-28T00:00', { delisted }).map((text) => text.split(' ')[0]),
    ).toEqual(['outage', 'delisted'])
    const early = { at: parseTime('2017-11-01'), because: 'CLOSE' }
    expect(causes('binance:BTCUSDT:1d', '2017-11-01', '2024-01-01', { delisted: early })).toEqual([
      'delisted 2252 11-01T00:00 01-01T00:00',
    ])
  })

  test('years before a listing are not cut up by the outages of others', () => {
    const listed = { at: parseTime('2020-08-11'), because: '' }
    expect(causes('binance:SOLUSDT:1d', '2017-08-17', '2020-08-11', { listed })).toEqual([
      'not-listed 1090 08-17T00:00 08-11T00:00',
    ])
  })
})

describe('known-gaps.json', () => {
  test('is in order, on the minute, and says where each is from', () => {
    for (const [venue, gaps] of Object.entries(knownGaps)) {
      for (const [k, { from, to, what, source }] of gaps.entries()) {
        const name = `${venue} ${from}`
        expect(parseTime(to), name).toBeGreaterThan(parseTime(from))
        expect(parseTime(from), name).toBeGreaterThanOrEqual(k === 0 ? 0 : parseTime(gaps[k - 1]!.to))
        expect(what, name).toMatch(/^\S.{5,}/)
        expect(source, name).toMatch(/^https:\/\//)
      }
    }
  })

  test.skipIf(!isRecorded)(
    'explains every gap that the exchange’s own dumps have, of every interval and market',
    () => {
      const names = ['BTCUSDT-5m', 'BTCUSDT-15m', 'BTCUSDT-1h', 'ETHUSDT-5m', 'ETHUSDT-1h', 'SOLUSDT-5m', 'SOLUSDT-1h']
      const minutes = ['BTCUSDT-1m', 'ETHUSDT-1m', 'SOLUSDT-1m', 'ARBUSDT-1m']
      let count = 0
      for (const name of [...names, ...minutes]) {
        const [symbol, interval] = name.split('-')
        const series = parseSeries(`binance:${symbol}:${interval}`)
        for (const { start, end } of recordedGaps(name, 0, Number.MAX_SAFE_INTEGER)) {
          // of bars off the grid the next is none of ours
          if (start % 60_000 !== 0 || end % 60_000 !== 0 || start >= end) continue
          count++
          const holes = classifyHole({ from: start, to: end }, series, NOTHING)
          expect([...new Set(holes.map(({ cause }) => cause))], `${name} ${new Date(start).toISOString()}`).toEqual([
            'outage',
          ])
        }
      }
      expect(count).toBeGreaterThan(150)
    },
  )
})

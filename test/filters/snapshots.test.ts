import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Filters } from '../../src/core/instrument.ts'
import { closeTimeOf } from '../../src/core/interval.ts'
import { buy } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { runBacktest } from '../../src/index.ts'
import { hourlyCsv, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { barsOf, FILTERS, instrumentOf } from '../engine/scene.ts'

/** At every close a limit buy far below the market, for more than the step and at more than the tick can say. */
const asking = defineStrategy({
  name: 'asking',
  onBar: () => buy({ qty: 1.2345, limit: 50.123, tif: 'IOC' }),
})

describe('the snapshot in force at the bar’s time is used', () => {
  const HOUR = 3_600_000
  const under = (validFrom: number, step: string, tick = '0.01') => {
    const [first] = instrumentOf().snapshots
    const filters: Filters = { ...FILTERS, price: { ...FILTERS.price!, tick }, lot: { ...FILTERS.lot!, step } }
    return { ...first!, validFrom, filters }
  }
  /** qty and limit of the order accepted at each close: 01:00, 02:00, … */
  function accepted(...snapshots: ReturnType<typeof under>[]) {
    const bars = barsOf(Array.from({ length: 6 }, () => [100, 101, 99, 100] as const))
    const instrument = { ...instrumentOf(), snapshots }
    const costs = costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0 })
    const slot = { instrument, bars, indicators: {}, also: {}, startRow: 0, readyRow: 0, costs }
    const options = { params: {}, cash: 10_000, instants: 6, limitTouch: false, slots: [slot] }
    const engine = new Engine({ strategy: asking, ...options })
    for (const open of bars.openTime) engine.onBar(closeTimeOf(open, '1h'))
    return engine.finish().events.flatMap((e) => (e.type === 'accepted' ? [[e.order.qty, e.order.limit]] : []))
  }

  test('each order meets the rules of its own moment; a bar older than the first is judged by the first', () => {
    const [fine, coarse, odd] = [
      [1.234, 50.12],
      [1.23, 50.1],
      [1.2, 50],
    ]
    expect(accepted(under(0, '0.001'))).toEqual(Array(6).fill(fine))
    expect(accepted(under(100 * HOUR, '0.001'))).toEqual(Array(6).fill(fine))
    const three = [under(0, '0.001'), under(3 * HOUR, '0.01', '0.1'), under(5 * HOUR, '0.1', '1')]
    // decided at 01:00 and 02:00; at 03:00, where the second is in force from; at 05:00
    expect(accepted(...three)).toEqual([fine, fine, coarse, coarse, odd, odd])
    // from within a bar: the orders decided at that bar's close are the first to meet it
    const within = [under(0, '0.001'), under(2.5 * HOUR, '0.01', '0.1')]
    expect(accepted(...within)).toEqual([fine, fine, coarse, coarse, coarse, coarse])
    const late = [under(2 * HOUR, '0.001'), under(4 * HOUR, '0.01', '0.1')]
    expect(accepted(...late)).toEqual([fine, fine, fine, coarse, coarse, coarse])
  })
})

describe('a run says which filters it used', () => {
  test('the embedded excerpts of BTCUSDT: those of 2021 until 2022-12-17T00:58:38, then those of that day', async () => {
    const out = scratch()
    const strategy = defineStrategy({ name: 'steps', onBar: () => buy({ qty: 0.0012345 }) })
    const range = { from: '2022-12-16T22:00', to: '2022-12-17T04:00' }
    const run = await runBacktest({ strategy, data: 'binance:BTCUSDT:1h', ...range, out, noCosts: true })
    // the exchange changed the step from 0.000001 to 0.00001 between the two
    expect(run.fills.map((fill) => [new Date(fill.time).toISOString().slice(11, 16), fill.qty])).toEqual([
      ['23:00', 0.001234],
      ['00:00', 0.001234],
      ['01:00', 0.00123],
      ['02:00', 0.00123],
      ['03:00', 0.00123],
    ])
    expect(run.document.filters).toEqual([
      {
        symbol: 'BTCUSDT',
        source: 'binance-spot-exchangeInfo-2021-04-29',
        validFrom: 1619681248636,
        assumed: false,
        notSimulated: ['ICEBERG_PARTS'],
      },
      {
        symbol: 'BTCUSDT',
        source: 'binance-spot-exchangeInfo-2022-12-17',
        validFrom: 1671238718621,
        assumed: false,
        notSimulated: ['ICEBERG_PARTS', 'TRAILING_DELTA'],
      },
    ])
    expect(run.document.remarks).toContain('Filters not simulated: ICEBERG_PARTS, TRAILING_DELTA')
    const page = readFileSync(join(run.dir!, 'report.html'), 'utf8')
    expect(page).toContain('TRAILING_DELTA')
    expect(page).not.toContain('assumed for the bars before')
  })

  /** What an exchange answers to `exchangeInfo` on some day of January 2024. */
  const info = (day: number, stepSize: string) =>
    JSON.stringify({
      serverTime: Date.UTC(2024, 0, day),
      symbols: [
        {
          symbol: 'TESTUSDT',
          baseAsset: 'TEST',
          quoteAsset: 'USDT',
          filters: [
            { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000.00', tickSize: '0.01' },
            { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '900.000', stepSize },
          ],
        },
      ],
    })

  test('bars before the first snapshot: its filters are used and marked assumed, in run.json and on the page', async () => {
    const rows = Array.from({ length: 24 * 4 }, () => [100, 101, 99, 100] as const)
    const dir = scratch({ 'bars.csv': hourlyCsv(rows), 'second.json': info(2, '0.01'), 'third.json': info(3, '0.1') })
    const store = join(dir, 'store')
    const done = (...args: string[]) => klinelabHere([...args, '--store', store], { cwd: dir })
    expect((await done('data', 'import', 'bars.csv', '--as', 'binance:TESTUSDT:1h')).stderr).toBe('')
    for (const file of ['third.json', 'second.json']) expect((await done('data', 'filters', file)).code).toBe(0)
    const data = 'binance:TESTUSDT:1h'
    const run = await runBacktest({ strategy: asking, data, store, out: join(dir, 'reports'), noCosts: true })
    const [second, third] = [Date.UTC(2024, 0, 2), Date.UTC(2024, 0, 3)]
    expect(run.document.filters.map(({ validFrom, assumed }) => [validFrom, assumed])).toEqual([
      [second, true],
      [third, false],
    ])
    expect(run.document.remarks).toContain(
      'TESTUSDT: filters before 2024-01-02 are not known; those of second are assumed',
    )
    expect(readFileSync(join(run.dir!, 'report.html'), 'utf8')).toContain('assumed for the bars before')
    const qtyAt = (time: number) => {
      const event = run.events.find((e) => e.type === 'accepted' && e.at === time)
      return event?.type === 'accepted' ? event.order.qty : null
    }
    expect([qtyAt(second - 3_600_000), qtyAt(third - 3_600_000), qtyAt(third)]).toEqual([1.23, 1.23, 1.2])

    // a range that begins after a snapshot assumes nothing, and one that ends before another does not name it
    const within = { from: '2024-01-02T12:00', to: '2024-01-02T18:00' }
    const part = await runBacktest({ strategy: asking, data, store, ...within, write: false })
    expect(part.document.filters.map(({ validFrom, assumed }) => [validFrom, assumed])).toEqual([[second, false]])
    expect(part.document.remarks.join()).not.toContain('assumed')
  })

  test('a snapshot in the user’s own store joins the embedded ones and does not hide them', async () => {
    const dir = scratch()
    const symbol = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT' }
    const lot = { filterType: 'LOT_SIZE', minQty: '0.01', maxQty: '9000', stepSize: '0.01' }
    const newer = { serverTime: Date.UTC(2025, 5, 1), symbols: [{ ...symbol, filters: [lot] }] }
    writeFileSync(join(dir, 'newer.json'), JSON.stringify(newer))
    const store = join(dir, 'store')
    expect((await klinelabHere(['data', 'filters', 'newer.json', '--store', store], { cwd: dir })).code).toBe(0)
    const of = async (from: string, to: string) => {
      const options = { strategy: asking, data: 'binance:BTCUSDT:1h', store, from, to, write: false }
      return (await runBacktest(options)).document.filters.map(({ source, assumed }) => [source, assumed])
    }
    expect(await of('2023-01-01', '2023-01-02')).toEqual([['binance-spot-exchangeInfo-2022-12-17', false]])
    expect(await of('2025-05-31T12:00', '2025-06-01T12:00')).toEqual([
      ['binance-spot-exchangeInfo-2022-12-17', false],
      ['newer', false],
    ])
  })
})

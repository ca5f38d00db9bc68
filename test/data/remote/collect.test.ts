import { expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { getSeries } from '../../../src/data/collect/get.ts'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { Tail } from '../../../src/data/collect/tail.ts'
import { Truth } from '../../servers/truth.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'
import { batchOf, hourBar } from '../collect/bars.ts'
import { AT_ONCE } from '../collect/quick-http.ts'
import { HOUR, NOW, START, TEST } from '../klines.ts'
import { machine } from './machine.ts'
import { memoryBucket } from './memory-bucket.ts'

test('what one machine has got another goes on from', async () => {
  const server = await startVenueServer({ truth: new Truth({}) })
  try {
    const bucket = memoryBucket()
    const series = parseSeries('binance:BTCUSDT:1h')
    const end = NOW_THERE - (NOW_THERE % HOUR)
    const get = async (hours: number) => {
      const store = machine(bucket)
      const { series: got } = await getSeries(
        store,
        [series],
        { from: end - 48 * HOUR, to: end - hours * HOUR },
        {
          origins: { rest: { binance: server.origin }, archive: server.origin },
          clock: { ...AT_ONCE, now: () => NOW_THERE },
          ...{ archive: false, isUnlimited: true, isBarsOnly: true },
        },
      )
      return [got[0]!.added, (await store.load(series)).length]
    }
    expect(await get(24)).toEqual([24, 24])
    expect(await get(12)).toEqual([12, 36])
    expect(await get(12)).toEqual([0, 36])
  } finally {
    await server.close()
  }
})

test('live bars are in a file of their machine until they are folded into the store of all, among the bars of others', async () => {
  const bucket = memoryBucket()
  const [one, two] = [machine(bucket), machine(bucket)]
  const tail = await Tail.open(one, TEST)
  tail.append(hourBar(0), NOW)
  tail.append(hourBar(2), NOW)
  expect(await two.manifest(TEST)).toBe(null)
  // somebody writes between the fold's reading and its writing
  let isFirst = true
  bucket.beforePut = async (key) => {
    if (!key.endsWith('.parquet') || !isFirst) return
    isFirst = false
    expect(await storeBars(two, TEST, batchOf([hourBar(1)]))).toMatchObject({ added: 1 })
  }
  expect(await tail.fold()).toMatchObject({ added: 2 })
  await tail.close()
  expect([...(await two.load(TEST)).openTime]).toEqual([0, 1, 2].map((hour) => START + hour * HOUR))
  expect([...bucket.objects.keys()].filter((key) => /tail|lock/.test(key))).toEqual([])
})

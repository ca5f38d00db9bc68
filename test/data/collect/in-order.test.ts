import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { fetchBars } from '../../../src/data/collect/fetch-bars.ts'
import { inOrder } from '../../../src/data/collect/in-order.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { BINANCE } from '../../../src/data/venues/binance.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'

test('a failure ends the works behind it', async () => {
  const ended: number[] = []
  const works = Array.from({ length: 8 }, (_, k) => (signal: AbortSignal) => {
    if (k === 1) return Promise.reject(new Error('the second'))
    return k === 0 ? Promise.resolve(k) : sleep(60_000, k, { signal }).finally(() => ended.push(k))
  })
  const taken: number[] = []
  const take = async () => {
    for await (const one of inOrder(works.values(), 3)) taken.push(one)
  }
  await expect(take()).rejects.toThrow('the second')
  await sleep(0)
  expect(taken).toEqual([0])
  // the first two made room for two more
  expect(ended).toEqual([2, 3, 4])
})

test('so does who takes no more', async () => {
  let isEnded = false
  const works = [
    () => Promise.resolve(0),
    (signal: AbortSignal) => sleep(60_000, 1, { signal }).finally(() => (isEnded = true)),
  ]
  for await (const one of inOrder(works.values(), 2)) if (one === 0) break
  await sleep(0)
  expect(isEnded).toBe(true)
})

test('when a page of bars fails for good, the others are not asked for again', async () => {
  const from = NOW_THERE - 30 * 86_400_000
  const pages = new Set<string>()
  const server = await startVenueServer({
    fault({ query }) {
      const start = query.get('startTime')!
      pages.add(start)
      return { kind: 'status', status: start === String(from) ? 400 : 503 }
    },
  })
  const clock = {
    now: () => server.now(),
    sleep: (_: number, signal?: AbortSignal) => sleep(40, undefined, { signal }),
  }
  const http = openVenueHttp(BINANCE, { origin: server.origin, clock, isUnlimited: true })
  const stretch = { from, to: NOW_THERE - 30_000 }
  const pagesOf = fetchBars(http, parseSeries('binance:BTCUSDT:1m'), stretch, { clock: clock.now })
  const take = async () => {
    for await (const _ of pagesOf);
  }
  await expect(take()).rejects.toThrow(/400/)
  // what was underway may still arrive
  let before = -1
  for (let tries = 0; tries < 20 && server.count() !== before; tries++) {
    before = server.count()
    await sleep(150)
  }
  expect(pages.size).toBeGreaterThan(1)
  expect(server.count()).toBe(before)
  await server.close()
})

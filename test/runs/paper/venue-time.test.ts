import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { venueTime } from '../../../src/runs/paper/venue-time.ts'
import { barsOf, play, slotOf, walk } from '../../exchange/played.ts'
import { until } from './exchange/until.ts'

let server: Server | undefined

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

async function served(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((ready) => server!.listen(0, '127.0.0.1', ready))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  ['spot', 'spot', 6000],
  ['usdm', 'perpetual', 2400],
] as const)('a minute of asking for the time of %s spends a tenth of what an address may', async (kind, sort, most) => {
  const names = ['BTCUSDT', 'ETHUSDT']
  const slots = names.map((name) => slotOf(barsOf(walk(5), 2, name, sort), sort))
  const played = await play({ slots, kind })
  const asked = vi.spyOn(globalThis, 'fetch')
  const clock = await venueTime(played.origin, kind)
  expect(clock.now()).toBe(played.exchange.market.now())
  vi.advanceTimersByTime(60_000)
  const answers = await Promise.all(asked.mock.results.map(({ value }) => value as Promise<Response>))
  expect(answers.map(({ status }) => status)).toEqual(Array(61).fill(200))
  const used = answers.map(({ headers }) => Number(headers.get('x-mbx-used-weight-1m')))
  // a minute of the clock may end among them
  expect(Math.max(...used)).toBeLessThanOrEqual(most / 10)
  clock.close()
  await played.close()
})

test('the time moves on with the market', async () => {
  let time = 1000
  const origin = await served(({ url }, response) => {
    const price = { symbol: 'BTCUSDT', closeTime: time }
    response.end(JSON.stringify(url!.endsWith('?symbol=BTCUSDT') ? price : [price]))
  })
  const clock = await venueTime(origin, 'spot')
  expect(clock.now()).toBe(1000)
  time = 5000
  vi.advanceTimersByTime(1000)
  await until('the next answer is there', () => clock.now() === 5000)
  clock.close()
})

test.each([429, 418])('after a %i nobody is asked until it is over', async (status) => {
  let count = 0
  const origin = await served((_, response) => {
    count++
    if (count === 1) response.end(JSON.stringify([{ symbol: 'BTCUSDT', closeTime: 1000 }]))
    else response.writeHead(status, { 'retry-after': '30' }).end('{"code":-1003,"msg":"enough"}')
  })
  const now = vi.spyOn(performance, 'now')
  const asked = vi.spyOn(globalThis, 'fetch')
  const clock = await venueTime(origin, 'spot')
  vi.advanceTimersByTime(1000)
  await asked.mock.results[1]!.value
  // what is made of the answer is made in this turn of the loop
  await new Promise((next) => setImmediate(next))
  vi.advanceTimersByTime(20_000)
  expect(asked).toHaveBeenCalledTimes(2)
  now.mockReturnValue(performance.now() + 31_000)
  vi.advanceTimersByTime(1000)
  expect(asked).toHaveBeenCalledTimes(3)
  expect(clock.now()).toBe(1000)
  clock.close()
})

test('who is silenced from the start hears for how long', async () => {
  const origin = await served((_, response) => void response.writeHead(429, { 'retry-after': '30' }).end('{}'))
  await expect(venueTime(origin, 'spot')).rejects.toThrow(
    `--broker exchange ${origin}: it has asked this address for silence; try again in 30 s`,
  )
})

test('another exchange is known by its name, or where it has none by time that goes back; one that is away is not', async () => {
  for (const name of ['a', null]) {
    let [begun, time] = [name, 60_000]
    const origin = await served((_, response) => {
      if (begun !== null) response.setHeader('x-klinelab-begun', begun)
      response.end(JSON.stringify([{ symbol: 'BTCUSDT', time }]))
    })
    const clock = await venueTime(origin, 'usdm')
    let isAnother = false
    void clock.replay.another!.then(() => {
      isAnother = true
    })
    expect(await clock.replay.isSame!()).toBe(true)
    // asked one by one, its time may be a little behind
    time -= 1000
    await clock.replay.ask()
    expect(isAnother).toBe(false)
    if (name === null) time -= 1001
    else begun = 'b'
    await clock.replay.ask()
    expect(isAnother).toBe(true)
    if (name !== null) expect(await clock.replay.isSame!()).toBe(false)
    server!.closeAllConnections()
    server!.close()
    if (name !== null) expect(await clock.replay.isSame!()).toBe(null)
    clock.close()
  }
})

import { USDMClient } from 'binance'
import { afterEach, expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { defineStrategy } from '../../../../src/engine/index.ts'
import { type VenueTime, venueTime } from '../../../../src/runs/paper/venue-time.ts'
import { barsOf, FROM, KEYS, MINUTE, type Played, play, slotOf, walk } from '../../../exchange/played.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange } from './stub-exchange.ts'
import { until } from './until.ts'

const ROWS = walk(30, 7)
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** An exchange with its first bars played. */
async function begun(port = 0, bars = 3): Promise<Played> {
  const played = await play({ slots: [slotOf(barsOf(ROWS))], port })
  open.push(played)
  for (let closed = 0; closed < bars; ) if ((await played.step()).at === 'close') closed++
  return played
}

/** A session at it, which buys at every bar. */
async function sessionAt(origin: string): Promise<{ session: SessionDouble; time: VenueTime }> {
  const time = await venueTime(origin, 'usdm')
  const { instrument, margin } = slotOf(barsOf(ROWS))
  const costs = { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 }
  const strategy = defineStrategy({ name: 'buyer', onBar: () => buy({ qty: 0.1 }) })
  const slot = { instrument, bars: barsOf([]), costs, margin }
  const world = { strategy, slot, leverage: 10, cash: 100_000, from: FROM, keys: KEYS }
  const session = new SessionDouble(origin, new StubExchange(), [], {}, world)
  session.there = { isSame: () => time.replay.isSame!(), another: time.replay.another! }
  open.push(time, { close: () => session.kill() })
  return { session, time }
}

function bar(session: SessionDouble, k: number): void {
  const [opens, high, low, close, volume = 12.345] = ROWS[k]!
  session.bar({ openTime: FROM + k * MINUTE, open: opens, high, low, close, volume }, MINUTE)
}

async function ordersAt({ origin }: Played): Promise<readonly unknown[]> {
  const client = new USDMClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: origin })
  return client.getAllOrders({ symbol: 'BTCUSDT' })
}

test.each([
  ['stands where it begins', 1],
  // so quickly that its time does not tell
  ['has played as far as the session was', 3],
])('nothing is sent to an exchange that has begun anew and %s', async (_, bars) => {
  const first = await begun()
  const { session, time } = await sessionAt(first.origin)
  await session.open()
  bar(session, 0)
  await session.broker.idle()
  expect(await ordersAt(first)).toHaveLength(1)
  const { port } = new URL(first.origin)
  await first.close()
  const second = await begun(Number(port), bars)
  bar(session, 1)
  await time.replay.another
  await session.broker.close('keep')
  expect(await ordersAt(second)).toEqual([])
  expect(session.said.filter((one) => one.endsWith('critical'))).toEqual([])
})

test('to one that was away and is the same it is sent as ever, once it was asked who it is', async () => {
  const exchange = await begun()
  const { session } = await sessionAt(exchange.origin)
  const { isSame } = session.there
  const asked: (boolean | null)[] = []
  session.there = {
    isSame: async () => {
      // nobody answers at first
      const is = asked.length === 0 ? null : await isSame!()
      asked.push(is)
      return is
    },
  }
  await session.open()
  await exchange.control('POST', '/sockets', { act: 'cut' })
  await until('the stream is lost', () => session.said.includes('stream-lost warning'))
  bar(session, 0)
  await session.broker.idle()
  expect(await ordersAt(exchange)).toHaveLength(1)
  expect(asked).toEqual([null, true])
})

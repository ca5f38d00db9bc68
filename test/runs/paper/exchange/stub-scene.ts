import { afterEach, beforeEach } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import type { Timing } from '../../../../src/runs/paper/exchange/timing.ts'
import { SessionDouble, type World } from './session-double.ts'
import { StubExchange } from './stub-exchange.ts'
import { until } from './until.ts'

/** Of the test that runs: each has an exchange and a session of its own. */
export let stub: StubExchange
export let session: SessionDouble
let url: string
let usual: Partial<Timing> = {}

/** Before each test of this file, or of the `describe` that it stands in, an exchange and a session at it; after each both end. */
export function useStub(kind: 'usdm' | 'spot' = 'usdm', timing: Partial<Timing> = {}): void {
  beforeEach(async () => {
    usual = timing
    stub = new StubExchange(kind)
    url = await stub.start()
    session = await another(timing).open()
  })
  afterEach(async () => {
    await session.kill()
    await stub.close()
  })
}

/** A session that has not begun, at the same exchange. */
export function another(timing: Partial<Timing> = {}, world: Partial<World> = {}): SessionDouble {
  return new SessionDouble(url, stub, [], timing, world)
}

/** Another session in place of the first. */
export async function anew(timing: Partial<Timing> = {}, world: Partial<World> = {}): Promise<void> {
  await session.kill()
  session = another(timing, world)
  await session.open()
}

/** The session is killed, and goes on in another process. */
export async function goOn(): Promise<void> {
  await session.kill()
  session = session.again()
  await session.open()
}

/** Another exchange, and a session at it as each test has one. */
export async function elsewhere(kind = stub.kind): Promise<void> {
  await session.kill()
  await stub.close()
  stub = new StubExchange(kind)
  url = await stub.start()
  session = await another(usual).open()
}

/** A long position of 1 at 100 with these legs, which rest there. */
export async function hold(legs: object = { stopLoss: 90 }): Promise<void> {
  await session.settle(buy({ qty: 1, ...legs }))
  stub.fill(stub.orders[0]!, 1, '100')
  await until('the legs rest there', () => stub.open().length === Object.keys(legs).length)
  await session.broker.idle()
}

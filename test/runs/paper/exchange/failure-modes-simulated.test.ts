import { afterEach, expect, test } from 'vitest'
import { buy, close, type Decision } from '../../../../src/core/order.ts'
import { defineStrategy } from '../../../../src/engine/index.ts'
import { barsOf, FROM, KEYS, MINUTE, type Played, play, slotOf } from '../../../exchange/played.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange } from './stub-exchange.ts'
import { until } from './until.ts'

/**
 * Of the twenty failure modes those that befall the account itself: 8, 9 and 20, as the simulated exchange has them on demand
 * (`klinelab exchange --fault`). Each test fails without the defence that it is of.
 */
const FLAT = [50_000, 50_000, 50_000, 50_000] as const
const DOWN = [50_000, 50_000, 49_800, 49_850] as const
type Rows = readonly (readonly [number, number, number, number])[]

let played: Played
let session: SessionDouble
let rows: Rows
let row = 0
const script: Decision[] = []

afterEach(async () => {
  await session.kill()
  await played.close()
  expect(played.errors).toEqual([])
})

/** A long position of 0.1 at 50,000 with a stop at 49,900, whose bar has closed. */
async function hold(then: Rows, fault: object): Promise<void> {
  rows = [FLAT, FLAT, ...then]
  row = 0
  const { instrument, margin } = slotOf(barsOf(rows))
  const costs = { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 }
  played = await play({ slots: [slotOf(barsOf(rows))] })
  session = await new SessionDouble(
    played.origin,
    new StubExchange(),
    [],
    { timeout: 5000, echo: 5000, recvWindow: 5000, entryPatience: 5000 },
    {
      strategy: defineStrategy({ name: 'scripted', onBar: () => script.shift() }),
      ...{ slot: { instrument, bars: barsOf([]), costs, margin }, leverage: 10, cash: 100_000, from: FROM, keys: KEYS },
    },
  ).open()
  await bar(buy({ qty: 0.1, stopLoss: 49_900 }))
  await untilOpen()
  await until('it is filled', () => session.position === 0.1)
  await session.broker.idle()
  expect(await algos()).toHaveLength(1)
  await bar()
  await played.control('POST', '/fault', fault)
}

async function untilOpen(): Promise<void> {
  while ((await played.step()).at !== 'open') {}
}

/** The rest of the bar at the exchange, and then the session's: what it decides rests there when this is over. */
async function bar(decision?: Decision): Promise<void> {
  while ((await played.step()).at !== 'close') {}
  await session.broker.idle()
  const [open, high, low, last] = rows[row]!
  script.push(decision)
  session.bar({ openTime: FROM + row++ * MINUTE, open, high, low, close: last, volume: 12.345 }, MINUTE)
  await session.broker.idle()
}

async function ask(path: string): Promise<unknown> {
  const acted = await played.control('POST', '/act', { method: 'GET', path, params: { symbol: 'BTCUSDT' } })
  return (acted as { body: unknown }).body
}

const algos = async () => (await ask('/fapi/v1/openAlgoOrders')) as { algoStatus: string }[]
const held = async () => ((await ask('/fapi/v2/positionRisk')) as { positionAmt: string }[])[0]!.positionAmt

test('8: an algo order whose cancel was answered with success lives on: it is found in its own list, and cancelled', async () => {
  await hold([FLAT, FLAT], { kind: 'orphan', times: 1 })
  await bar(close())
  await untilOpen()
  await until('the session is flat', () => session.position === 0)
  await session.broker.idle()
  expect([await held(), (await algos()).map(({ algoStatus }) => algoStatus)]).toEqual(['0.000', ['NEW']])
  expect(session.said).toEqual([])
  await session.broker.reconcile()
  await session.broker.idle()
  expect(await algos()).toEqual([])
  expect(session.said).toEqual(['orphan-order warning'])
}, 30_000)

test('9: a stop that is reached and then refused: the position leaves at the market, and that is said', async () => {
  await hold([DOWN, FLAT], { kind: 'trigger-rejected', type: 'STOP*', times: 1 })
  await bar()
  expect([await held(), await algos()]).toEqual(['0.100', []])
  await untilOpen()
  await until('the session is flat', () => session.position === 0)
  expect(await held()).toBe('0.000')
  expect(session.fills.at(-1)).toBe('o2 0.1 at 50000')
  expect(session.said).toEqual(['stop-rejected critical'])
  expect(session.alarms[0]!.text).toContain('REJECTED: Margin is insufficient.')
}, 30_000)

test.each([
  ['liquidation', 'liquidation'],
  ['adl', 'auto-deleveraging'],
  ['settlement', 'settlement'],
])(
  '20: %s is no order of ours: it halts, and is a fill of what the session holds',
  async (kind, said) => {
    await hold([FLAT], { kind, times: 1 })
    await untilOpen()
    await until('it is said', () => session.halts.length > 0)
    await session.broker.reconcile()
    await session.broker.idle()
    expect([await held(), session.position, await algos()]).toEqual(['0.000', 0, []])
    expect(session.fills.at(-1)).toMatch(new RegExp(`^${said}-\\d+ 0.1 at 50000$`))
    expect(session.said).toEqual([`${said} critical`])
  },
  30_000,
)

test('20: of a position that is reduced by half the rest is closed, and nothing is in doubt', async () => {
  await hold([FLAT, FLAT, FLAT], { kind: 'adl', part: 0.5, times: 1 })
  await untilOpen()
  await until('the session follows', () => session.position === 0.05)
  await session.broker.reconcile()
  await bar(close())
  await untilOpen()
  await until('the session is flat', () => session.position === 0)
  await session.broker.reconcile()
  await session.broker.idle()
  expect([await held(), await algos()]).toEqual(['0.000', []])
  expect(session.fills.slice(1)).toEqual([
    expect.stringMatching(/^auto-deleveraging-\d+ 0.05 at 50000$/),
    'o3 0.05 at 50000',
  ])
  expect(session.said).toEqual(['auto-deleveraging critical'])
}, 30_000)

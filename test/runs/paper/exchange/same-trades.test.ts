import { USDMClient } from 'binance'
import { expect, test } from 'vitest'
import { sliceBars } from '../../../../src/core/bar.ts'
import { openTimeOf } from '../../../../src/core/interval.ts'
import type { EngineResult } from '../../../../src/core/run.ts'
import { prepare } from '../../../../src/runs/prepare.ts'
import { replaySlots } from '../../../../src/runs/replay-slots.ts'
import { settle } from '../../../../src/runs/settings.ts'
import { simulate } from '../../../../src/runs/simulate.ts'
import { ROOT } from '../../../cli/klinelab.ts'
import { KEYS, play } from '../../../exchange/played.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange, until } from './stub-exchange.ts'

const SERIES = 'binance-usdm:BTCUSDT:1h'
const CASH = 100_000
const HOUR = 3_600_000
const FROM = Date.UTC(2025, 0, 6)
/** A week in the suite; `npm run soak` plays the month. */
const MONTH = process.env['KLINELAB_SEED'] === 'random'
const TO = FROM + (MONTH ? 31 : 7) * 24 * HOUR

/** A backtest says the bar, the wire the moment in it. */
function fillsOf({ fills }: EngineResult): string[] {
  return fills.map(
    ({ order, side, role, qty, price, fee, liquidity, time }) =>
      `${openTimeOf(time, '1h')} ${order} ${role} ${side} ${qty} at ${price} ${liquidity} ${fee}`,
  )
}

function paidOf({ events }: EngineResult): string[] {
  return events.flatMap((event) => (event.type === 'funding' ? [`${event.at} ${event.paid}`] : []))
}

function walletOf({ fills, events }: EngineResult): number {
  const units = (amount: number) => Math.round(amount * 1e8)
  const booked = fills.reduce((sum, { realised, fee }) => sum + units(realised) - units(fee), units(CASH))
  return events.reduce((sum, event) => sum - (event.type === 'funding' ? units(event.paid) : 0), booked) / 1e8
}

test('a shipped strategy has the fills of a backtest over the wire, to the last digit, funding and moving stops included', async () => {
  const given = { cash: CASH, leverage: 3, slippageBps: 0 }
  const settings = settle(given, { config: {}, file: null }, {}, ROOT)
  const set = { fast: '6', slow: '24', ranges: '2' }
  const asked = { strategy: 'strategies/perp-trend.ts', data: [SERIES], set, from: FROM, to: TO }
  const { options, strategy, params } = await prepare(asked, settings, {})
  const backtest = simulate(options)

  const { kind, slots } = await replaySlots({ series: [SERIES], from: FROM, to: TO, history: 500 }, settings)
  const [slot] = slots
  const { bars, startRow, instrument } = slot!
  const { limitTouch, execution } = settings
  // days go by in a second, and are asked about as days are
  const allowances = { weightPerMinute: 1e9, ordersPerTenSeconds: 1e9, ordersPerLonger: 1e9 }
  const played = await play({ slots, kind, cash: CASH, limitTouch, execution, allowances })
  const first = options.slots[0]!.bars.openTime[0]!
  const warmFrom = bars.openTime.indexOf(first)
  const world = {
    ...{ strategy, params, leverage: 3, cash: CASH, from: FROM, keys: KEYS },
    slot: {
      instrument,
      bars: sliceBars(bars, warmFrom, startRow),
      costs: options.slots[0]!.costs,
      margin: slot!.margin,
      marks: null,
    },
  }
  const patient = { timeout: 5000, echo: 5000, recvWindow: 5000 }
  const session = await new SessionDouble(played.origin, new StubExchange(), [], patient, world).open()
  const client = new USDMClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: played.origin })
  try {
    for (let row = startRow; row < bars.length; row++) {
      for (;;) {
        const { at } = await played.step()
        if (at !== 'close') {
          const trades = await client.getAccountTrades({ symbol: 'BTCUSDT', fromId: 1, limit: 1000 })
          await until('all fills are known', () => session.fills.length === trades.length)
        }
        await session.broker.idle()
        if (at === 'close' || at === 'end') break
      }
      const [openTime, open, high] = [bars.openTime[row]!, bars.open[row]!, bars.high[row]!]
      const [low, close, volume] = [bars.low[row]!, bars.close[row]!, bars.volume[row]!]
      session.bar({ openTime, open, high, low, close, volume }, HOUR)
      await session.broker.idle()
    }
    await session.broker.reconcile()
    const here = session.run.result()
    const there = backtest.result
    expect(fillsOf(here)).toEqual(fillsOf(there))
    expect(paidOf(here)).toEqual(paidOf(there))
    expect(session.run.account().wallet).toBe(walletOf(there))
    expect(there.fills.length).toBeGreaterThan(MONTH ? 40 : 10)
    expect(there.events.some(({ type }) => type === 'amended')).toBe(true)
    expect(session.said.filter((one) => !one.startsWith('own-work'))).toEqual([])
    expect(played.errors).toEqual([])
  } finally {
    await session.kill()
    await played.close()
  }
}, 300_000)

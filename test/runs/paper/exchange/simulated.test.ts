import { USDMClient } from 'binance'
import { expect, test } from 'vitest'
import { amend, buy, cancel, close, type Decision, sell } from '../../../../src/core/order.ts'
import { seededRandom } from '../../../../src/core/random.ts'
import { type BarContext, defineStrategy } from '../../../../src/engine/index.ts'
import { LiveRun } from '../../../../src/runs/paper/live-run.ts'
import { barsOf, FROM, KEYS, MINUTE, play, slotOf, walk } from '../../../exchange/played.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange } from './stub-exchange.ts'
import { untilFilled } from './until.ts'

/** Every kind of order there is, chosen by a seed and what is held: the same at every call with the same bars. */
function restless(seed: number) {
  return defineStrategy({
    name: 'restless',
    state: () => ({ draws: 0 }),
    onBar: ({ bar, position, orders, state }: BarContext<object, object, object, { draws: number }>): Decision => {
      const random = seededRandom(seed * 1000 + state.draws++)
      random()
      const pick = Math.floor(random() * 8)
      const tick = (price: number) => Math.round(price * 10) / 10
      const resting = orders.find(({ role, type }) => role === 'order' && type === 'limit')
      if (resting !== undefined && pick < 3)
        return pick === 0 ? cancel(resting.id) : amend(resting.id, { limit: tick(bar.close - 5) })
      const stop = orders.find(({ role }) => role === 'stop')
      if (position.qty > 0 && stop !== undefined && pick === 4) return amend(stop.id, { stop: tick(stop.trigger! + 3) })
      if (position.qty !== 0) return pick === 5 ? close() : undefined
      if (orders.length > 2) return undefined
      const legs = { stopLoss: { distance: 15 }, takeProfit: { distance: 20 } }
      if (pick < 2) return buy({ qty: 0.1, ...legs })
      if (pick === 2) return sell({ qty: 0.1, ...legs })
      if (pick === 3) return buy({ qty: 0.1, limit: tick(bar.close - 8), ...legs })
      if (pick === 4) return buy({ qty: 0.1, stop: tick(bar.close + 8), stopLoss: { distance: 15 } })
      if (pick === 5) return buy({ qty: 0.1, touch: tick(bar.close - 6), trailingStop: { distance: 12 } })
      return pick === 6 ? sell({ qty: 0.1, limit: tick(bar.close + 4), tif: 'GTX', ...legs }) : undefined
    },
  })
}

test('on the simulated exchange, step by step, a session fills as a backtest of the same bars, to the last digit', async () => {
  const rows = walk(60, 7)
  const bars = barsOf(rows)
  const { instrument, margin } = slotOf(bars)
  const costs = { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 }
  const slot = { instrument, bars: barsOf([]), costs, margin }
  const strategy = restless(3)
  const backtest = new LiveRun({
    strategy,
    params: {},
    cash: 100_000,
    from: FROM,
    limitTouch: false,
    fills: 'bars',
    slots: [slot],
  })
  const barAt = (k: number) => {
    const [open, high, low, last, volume = 12.345] = rows[k]!
    return { openTime: FROM + k * MINUTE, open, high, low, close: last, volume }
  }
  for (let k = 0; k < rows.length; k++)
    backtest.take({ kind: 'bars', at: FROM + (k + 1) * MINUTE, bars: [{ slot: 0, ...barAt(k) }] })

  const played = await play({ slots: [slotOf(bars)] })
  const world = { strategy: restless(3), slot, leverage: 10, cash: 100_000, from: FROM, keys: KEYS }
  const patient = { timeout: 5000, echo: 5000, recvWindow: 5000 }
  const session = await new SessionDouble(played.origin, new StubExchange(), [], patient, world).open()
  const client = new USDMClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: played.origin })
  try {
    for (let k = 0; k < rows.length; k++) {
      for (;;) {
        const { at } = await played.step()
        const trades = await client.getAccountTrades({ symbol: 'BTCUSDT', limit: 1000 })
        await untilFilled(trades.length, () => session.fills.length)
        await session.broker.idle()
        if (at === 'close' || at === 'end') break
      }
      session.bar(barAt(k), MINUTE)
      await session.broker.idle()
    }
    await session.broker.reconcile()
    const of = (run: LiveRun) =>
      run
        .result()
        .fills.map(
          ({ order, side, role, qty, price, fee, liquidity }) =>
            `${order} ${role} ${side} ${qty} at ${price} ${liquidity} ${fee}`,
        )
    expect(of(session.run)).toEqual(of(backtest))
    expect(of(backtest).length).toBeGreaterThan(20)
    expect(session.run.account()).toEqual(backtest.account())
    expect(session.said.filter((one) => !one.startsWith('own-work'))).toEqual([])
    expect(played.errors).toEqual([])
  } finally {
    await session.kill()
    await played.close()
  }
})

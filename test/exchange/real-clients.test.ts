import { expect, test } from 'vitest'
import { simulate } from '../../src/runs/simulate.ts'
import { binanceClient, ccxtClient, officialClient } from './clients.ts'
import { type Script, type ScriptOrder, seen, strategyOf } from './order-script.ts'
import { barsOf, FROM, instrumentOf, play, slotOf, walk } from './played.ts'

/** Bars that go down to a stop, up to a target, and past orders that wait. */
const ROWS = walk(40, 5)
const BARS = barsOf(ROWS)

const near = (bar: number, by: number) => Math.round((ROWS[bar]![3] + by) * 10) / 10

const SCRIPT: Script = new Map<number, ScriptOrder[]>([
  [0, [{ id: 'in-1', side: 'BUY', type: 'market', qty: 0.02 }]],
  [
    1,
    [
      { id: 'stop-1', side: 'SELL', type: 'stop', qty: 0.01, price: near(1, -25), reduceOnly: true },
      { id: 'target-1', side: 'SELL', type: 'limit', qty: 0.01, price: near(1, 20), reduceOnly: true },
    ],
  ],
  [8, [{ id: 'dip', side: 'BUY', type: 'limit', qty: 0.013, price: near(8, -8) }]],
  [12, [{ id: 'break', side: 'BUY', type: 'stop', qty: 0.007, price: near(12, 10) }]],
  [20, [{ id: 'touch', side: 'SELL', type: 'touch', qty: 0.009, price: near(20, 12) }]],
  [30, [{ id: 'turn', side: 'SELL', type: 'market', qty: 0.031 }]],
  [36, [{ id: 'back', side: 'BUY', type: 'market', qty: 0.004, reduceOnly: true }]],
])

function backtested() {
  const slot = slotOf(BARS)
  const costs = { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 }
  const { result } = simulate({
    ...{ strategy: strategyOf(SCRIPT), params: {}, from: FROM, cash: 100_000, limitTouch: false, closeAtEnd: false },
    slots: [{ instrument: instrumentOf('BTCUSDT'), bars: BARS, costs, margin: slot.margin ?? null }],
  })
  return result.fills.map(seen)
}

test.each([
  ['ccxt', ccxtClient],
  ['binance', binanceClient],
  ['the official connector', officialClient],
])('%s trades a script of orders as a backtest does, to the last digit', async (_, clientOf) => {
  const played = await play({ slots: [slotOf(BARS)] })
  try {
    const client = await clientOf(played.origin)
    for (let bar = 0, last = await played.step(); last.at !== 'end'; last = await played.step()) {
      if (last.at !== 'close') continue
      for (const order of SCRIPT.get(bar) ?? []) await client.place(order)
      bar++
    }
    const expected = backtested()
    expect(expected.length).toBeGreaterThanOrEqual(7)
    expect(await client.fills()).toEqual(expected)
    expect(played.errors).toEqual([])
  } finally {
    await played.close()
  }
})

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../cli/klinelab.ts'
import { testStrategy } from '../contracts/test-strategy.ts'

const YEAR = { from: '2024-01-01', to: '2025-01-01' }
const BTC = ['binance:BTCUSDT:1h']

testStrategy({
  name: 'buy-and-hold',
  data: BTC,
  ...YEAR,
  shows: {
    'one market order at the open of the second bar, and no other': (fill, { fills, bars }) =>
      fills.length === 1 && fill.side === 'buy' && fill.phase === 'open' && fill.time === bars[0]!.openTime[1],
  },
})

testStrategy({
  name: 'sma-cross',
  data: BTC,
  from: '2023-01-01',
  to: '2025-01-01',
  shows: {
    'a market order as taker': ({ role, side, phase }) => role === 'order' && side === 'buy' && phase === 'open',
    'the stop of its bracket': ({ role }) => role === 'stop',
    'the target of its bracket, as maker': ({ role, liquidity }) => role === 'target' && liquidity === 'maker',
    'a close where the averages cross back': ({ role }) => role === 'close',
  },
})

testStrategy({
  name: 'rsi-reversion',
  data: BTC,
  ...YEAR,
  shows: {
    'a limit order as maker, inside a bar': ({ tag, liquidity, phase }) =>
      tag === 'oversold' && liquidity === 'maker' && phase === 'inside',
    'the stop of its bracket': ({ role }) => role === 'stop',
    'the target of its bracket': ({ role }) => role === 'target',
    'a close on recovery': ({ tag }) => tag === 'recovered',
  },
})

testStrategy({
  name: 'donchian-breakout',
  data: BTC,
  ...YEAR,
  shows: {
    'a stop order at the highest high of the channel': ({ order, tag, reference }, { events }) =>
      tag === 'breakout' &&
      events.some((event) => event.type === 'amended' && event.order.id === order && event.order.trigger === reference),
    'the trailing stop above the entry': ({ role, realised }) => role === 'trail' && realised > 0,
  },
})

testStrategy({
  name: 'momentum-rotation',
  data: ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'],
  ...YEAR,
  set: { hold: 1, period: 336 },
  shows: {
    'one coin sold and the other bought an hour later': (fill, { fills }) =>
      fill.tag === 'dropped' &&
      fills.some((one) => one.tag === 'joined' && one.symbol !== fill.symbol && one.time === fill.time + 3_600_000),
  },
})

test('every strategy that is shipped is held to the contract', () => {
  const files = readdirSync(join(ROOT, 'strategies'))
  expect(files.sort()).toEqual(
    ['buy-and-hold', 'donchian-breakout', 'momentum-rotation', 'rsi-reversion', 'sma-cross'].map(
      (name) => `${name}.ts`,
    ),
  )
})

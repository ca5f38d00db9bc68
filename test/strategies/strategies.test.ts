import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { testStrategy } from '../contracts/test-strategy.ts'

const YEAR = { from: '2024-01-01', to: '2025-01-01' }
const BTC = ['binance:BTCUSDT:1h']
const PERPETUALS = ['binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h']

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

testStrategy({
  name: 'perp-trend',
  data: PERPETUALS,
  from: '2024-05-01',
  to: '2025-08-01',
  margin: 'cross',
  leverage: 3,
  shows: {
    'a long and a short of either coin': (fill, { fills }) =>
      PERPETUALS.every((series) =>
        [1, -1].every((side) => fills.some((one) => series.includes(one.symbol) && one.position * side > 0)),
      ) && fill.n === 1,
    'a position turned in one bar': (fill, { fills }) =>
      fill.tag === 'turned' &&
      fill.position === 0 &&
      fills.some((one) => one.n > fill.n && one.time === fill.time && one.symbol === fill.symbol && one.position !== 0),
    'a stop that had been moved beyond the entry, of a long': ({ role, side, realised }) =>
      role === 'stop' && side === 'sell' && realised > 0,
    'the same of a short': ({ role, side, realised }) => role === 'stop' && side === 'buy' && realised > 0,
  },
})

testStrategy({
  name: 'ml-direction',
  data: BTC,
  // a quarter of a year to learn from and be tested on, so that its models are trained in a second
  store: async () => {
    const store = scratch()
    const csv = join(store, 'quarter.csv')
    await klinelabHere(['data', 'export', BTC[0]!, '--from', '2024-01-01', '--to', '2024-04-01', '--out', csv])
    expect(await klinelabHere(['data', 'import', csv, '--as', BTC[0]!, '--store', store])).toMatchObject({ code: 0 })
    return store
  },
  from: '2024-02-10',
  to: '2024-04-01',
  set: { sure: 0.5 },
  shows: {
    'a market order where the model is sure enough': ({ role, side, phase }) =>
      role === 'order' && side === 'buy' && phase === 'open',
    'the stop of its bracket, or its target': ({ role }) => role === 'stop' || role === 'target',
  },
})

describe('perp-trend', () => {
  const file = join(ROOT, 'strategies', 'perp-trend.ts')

  test('holds more than the account is worth, in both directions at once, and pays and earns funding', async () => {
    const { document, events, equity } = await runBacktest({
      strategy: file, data: PERPETUALS, leverage: 3, margin: 'cross', write: false,
    }) // biome-ignore format: one call
    expect(Math.max(...equity.exposure)).toBeGreaterThan(1.5)
    expect(Math.max(...equity.exposure)).toBeLessThan(3)
    const paid = events.flatMap((event) => (event.type === 'funding' ? [event.paid] : []))
    expect(Math.min(...paid)).toBeLessThan(0)
    expect(Math.max(...paid)).toBeGreaterThan(0)
    expect(document.costs.funding).toBeCloseTo(
      paid.reduce((sum, one) => sum + one, 0),
      8,
    )
    expect(document.reproduce.command).toMatch(/ --leverage 3$/)
  })

  test('names the command that it is written for, with the flags', () => {
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(
      `klinelab backtest strategies/perp-trend.ts --data ${PERPETUALS.join(' ')} --margin cross --leverage 3\n`,
    )
  })

  test('its own limit holds where somebody asks for more', async () => {
    const { document } = await runBacktest({
      strategy: file, data: PERPETUALS, leverage: 20, set: { risk: 0.2 }, to: '2024-09-01', write: false,
    }) // biome-ignore format: one call
    expect(document.orders.byFilter).toMatchObject({ RISK_MAX_LEVERAGE: expect.any(Number) })
  })
})

test('every strategy that is shipped is held to the contract, and named in the README', () => {
  const names = ['buy-and-hold', 'donchian-breakout', 'ml-direction', 'momentum-rotation', 'perp-trend', 'rsi-reversion', 'sma-cross'] // biome-ignore format: a list
  expect(readdirSync(join(ROOT, 'strategies')).sort()).toEqual(names.map((name) => `${name}.ts`))
  const [, table = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('| strategy | what it shows |')
  const rows = [...table.split('\n\n')[0]!.matchAll(/^\| `([a-z-]+)` \|/gm)]
  expect(rows.map(([, name]) => name).sort()).toEqual(names)
})

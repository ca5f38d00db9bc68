import { describe, expect, test } from 'vitest'
import { amend, buy, close, sell } from '../../src/core/order.ts'
import type { RiskLimits } from '../../src/core/risk.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { defineStrategy, resolveRisk } from '../../src/engine/index.ts'
import { HOUR, play, type Row, type Scene, stage } from './scene.ts'

const AT_100 = [100, 101, 99, 100] as const
const flat = (count: number): Row[] => Array.from({ length: count }, () => AT_100)

function guarded(risk: RiskLimits, decide: Scene['decide'], more: Partial<Scene> = {}) {
  return play({
    rows: flat(8),
    decide,
    risk: resolveRisk([{ source: 'test', limits: risk }]),
    kind: 'perpetual',
    ...more,
  })
}
const refusals = (run: EngineResult) =>
  run.events.flatMap((event) => (event.type === 'rejected' ? [[event.reason, event.value, event.limit]] : []))

describe('how much: open orders count as filled, at their own prices', () => {
  test('maxPosition: 500 at 100 is five coins, resting orders included', () => {
    const run = guarded(
      { maxPosition: 500 },
      { 0: () => buy({ qty: 3 }), 1: () => [buy({ qty: 1, limit: 90 }), buy({ qty: 1.2 }), buy({ qty: 1.1 })] },
    )
    // held 300, resting 90: 120 more are 510, 110 more are 500
    expect(refusals(run)).toEqual([['RISK_MAX_POSITION', '510', '500']])
    expect(run.fills.map(({ qty }) => qty)).toEqual([3, 1.1])
  })

  test('a short counts as a long does, and what only reduces is never refused', () => {
    const run = guarded(
      { maxPosition: 200 },
      {
        0: () => sell({ qty: 2.1 }),
        1: () => sell({ qty: 2 }),
        2: () => [sell({ qty: 0.1 }), buy({ qty: 1 })],
        3: () => close(),
      },
    )
    expect(refusals(run)).toEqual([
      ['RISK_MAX_POSITION', '210', '200'],
      ['RISK_MAX_POSITION', '210', '200'],
    ])
    expect(run.fills.map(({ side, qty }) => [side, qty])).toEqual([
      ['sell', 2],
      ['buy', 1],
      ['buy', 1],
    ])
  })

  test('an order that turns a position round counts with what it leaves', () => {
    const run = guarded(
      { maxPosition: 200 },
      { 0: () => buy({ qty: 2 }), 1: () => sell({ qty: 4.1 }), 2: () => sell({ qty: 4 }) },
    )
    expect(refusals(run)).toEqual([['RISK_MAX_POSITION', '210', '200']])
    expect(run.fills.map(({ position }) => position)).toEqual([2, -2])
  })

  test('what an order was to turn round is gone when it fills: it is judged again, and refused', () => {
    // accepted as 200 long turned to 200 short; close() comes first, and would leave 400 short
    const run = guarded({ maxPosition: 200 }, { 0: () => buy({ qty: 2 }), 1: () => [close(), sell({ qty: 4 })] })
    expect(refusals(run)).toEqual([['RISK_MAX_POSITION', '400', '200']])
    expect(run.fills.map(({ position }) => position)).toEqual([2, 0])
  })

  test('maxLeverage is gross notional over equity', () => {
    // equity 1000: 20 coins are 2000
    const run = guarded({ maxLeverage: 2 }, { 0: () => [buy({ qty: 20.001 }), buy({ qty: 20 })] }, { cash: 1000 })
    expect(refusals(run)).toEqual([['RISK_MAX_LEVERAGE', expect.stringMatching(/^2\.0001/), '2']])
    expect(run.fills).toHaveLength(1)
  })

  test('maxOpenOrders counts what rests and could open; legs and what reduces are not counted', () => {
    const rest = (limit: number) => buy({ qty: 1, limit, stopLoss: limit - 5 })
    const run = guarded(
      { maxOpenOrders: 2 },
      {
        0: () => [rest(90), rest(89), rest(88), buy({ qty: 1 })],
        1: () => sell({ qty: 1, limit: 120, reduceOnly: true }),
      },
    )
    expect(refusals(run)).toEqual([['RISK_MAX_OPEN_ORDERS', '3', '2']])
  })

  test('maxOrdersPerMinute counts orders and amendments of the last sixty seconds', () => {
    const rows = flat(6)
    const run = guarded(
      { maxOrdersPerMinute: 2 },
      {
        0: () => [buy({ qty: 1, limit: 90, id: 'a' }), amend('a', { limit: 91 }), buy({ qty: 1 })],
        1: () => [amend('a', { limit: 92 }), buy({ qty: 1 }), amend('a', { limit: 93 })],
      },
      { rows, interval: '1m' },
    )
    // a cannot be amended in the return that made it; a minute later the first two no longer count
    expect(refusals(run)).toEqual([
      ['UNKNOWN_ORDER', 'a', 'an order that is open'],
      ['RISK_MAX_ORDERS_PER_MINUTE', '3', '2'],
    ])
  })
})

describe('several symbols', () => {
  /** Longs of BTC are asked for first, then `side` of ETH; both at 100. */
  const two = (risk: RiskLimits, side: typeof buy, eth: number) =>
    refusals(
      stage({
        series: [
          { symbol: 'BTCUSDT', rows: flat(5), kind: 'perpetual' },
          { symbol: 'ETHUSDT', rows: flat(5), kind: 'perpetual' },
        ],
        strategy: defineStrategy({
          name: 'two',
          risk,
          onBars: ({ at }) => {
            if (at === HOUR) return buy({ symbol: 'BTCUSDT', qty: 3 })
            return at === 3 * HOUR ? side({ symbol: 'ETHUSDT', qty: eth }) : undefined
          },
        }),
      }),
    )

  test('maxGross adds longs and shorts', () => {
    for (const side of [buy, sell]) {
      expect(two({ maxGross: 500 }, side, 2)).toEqual([])
      expect(two({ maxGross: 500 }, side, 2.1)).toEqual([['RISK_MAX_GROSS', '510', '500']])
    }
  })

  test('maxNet sets shorts off against longs', () => {
    expect(two({ maxNet: 500 }, sell, 8)).toEqual([])
    expect(two({ maxNet: 500 }, sell, 8.1)).toEqual([['RISK_MAX_NET', '510', '500']])
    expect(two({ maxNet: 500 }, buy, 2.1)).toEqual([['RISK_MAX_NET', '510', '500']])
  })

  test('maxLeverage is of all of them', () => {
    // 300 and 9710 of 10 000
    expect(two({ maxLeverage: 1 }, buy, 97.1)).toEqual([['RISK_MAX_LEVERAGE', '1.001', '1']])
    expect(two({ maxLeverage: 1 }, buy, 97)).toEqual([])
  })
})

test('an order that fills is judged by the marks that were known then, not by the bar that it fills in', () => {
  const fillsWith = (close: number) =>
    stage({
      series: [
        { symbol: 'BTCUSDT', rows: [...flat(2), [100, 200, 50, close], ...flat(2)], kind: 'perpetual' },
        { symbol: 'ETHUSDT', rows: flat(5), kind: 'perpetual' },
      ],
      strategy: defineStrategy({
        name: 'two',
        risk: { maxGross: 500 },
        onBars: ({ at }) => {
          if (at === HOUR) return buy({ symbol: 'BTCUSDT', qty: 3 })
          return at === 2 * HOUR ? buy({ symbol: 'ETHUSDT', qty: 2 }) : undefined
        },
      }),
    })
  // 300 of BTC and 200 of ETH at the close of 02:00; what BTC closes at an hour later is not known at the open
  for (const close of [50, 200]) {
    const run = fillsWith(close)
    expect(refusals(run)).toEqual([])
    expect(run.fills.map(({ symbol, time }) => [symbol, time / HOUR])).toEqual([
      ['BTCUSDT', 1],
      ['ETHUSDT', 2],
    ])
  }
})

test('an amendment of an order that opens is judged as the order was, whatever its new price', () => {
  const run = guarded(
    { hours: '00:00-03:00', priceCollar: 0.1 },
    {
      0: () => buy({ qty: 1, limit: 95, id: 'a' }),
      1: () => amend('a', { limit: 89 }),
      3: () => amend('a', { limit: 91 }),
    },
  )
  expect(refusals(run)).toEqual([
    ['RISK_PRICE_COLLAR', '89', 'within 10 % of 100'],
    ['RISK_HOURS', '04:00', '00:00-03:00'],
  ])
})

describe('what only reduced when it was accepted, and opens when it fills, is held to every limit', () => {
  const short = () => sell({ qty: 5 })
  test('orders a minute', () => {
    const run = guarded(
      { maxOrdersPerMinute: 1 },
      { 0: short, 2: () => [close(), ...Array.from({ length: 5 }, () => buy({ qty: 1 }))] },
      { interval: '1m' },
    )
    expect(run.fills.map(({ position }) => position)).toEqual([-5, 0])
    expect(refusals(run).map(([rule]) => rule)).toEqual(Array(5).fill('RISK_MAX_ORDERS_PER_MINUTE'))
  })

  test('a collar', () => {
    const rows: Row[] = [...flat(3), [100, 100, 60, 100], ...flat(3)]
    const run = guarded({ priceCollar: 0.02 }, { 0: short, 2: () => [close(), buy({ qty: 5, limit: 70 })] }, { rows })
    expect(run.fills.at(-1)!.position).toBe(0)
    expect(refusals(run)).toEqual([['RISK_PRICE_COLLAR', '70', 'within 2 % of 100']])
  })

  test('open orders', () => {
    const sales = () => Array.from({ length: 5 }, (_, k) => sell({ qty: 1, limit: 110 + k }))
    const rows: Row[] = [...flat(4), [100, 120, 100, 100], ...flat(2)]
    const run = guarded({ maxOpenOrders: 1 }, { 0: () => buy({ qty: 5 }), 1: sales, 2: () => close() }, { rows })
    // five were let rest, as they only reduced; the last of them may open
    expect(run.fills.map(({ position }) => position)).toEqual([5, 0, -1])
    expect(refusals(run).map(([rule]) => rule)).toEqual(Array(4).fill('RISK_MAX_OPEN_ORDERS'))
  })
})

describe('what opens and what only reduces is a matter of quantity, not of price', () => {
  test('a target above the market that sells what is held only reduces', () => {
    const run = guarded({ hours: '00:00-02:00' }, { 0: () => buy({ qty: 2 }), 3: () => sell({ qty: 2, limit: 150 }) })
    expect(refusals(run)).toEqual([])
  })

  test('a stop below the market that sells more than is held opens', () => {
    const run = guarded({ hours: '00:00-02:00' }, { 0: () => buy({ qty: 2 }), 3: () => sell({ qty: 2.1, stop: 60 }) })
    expect(refusals(run)).toEqual([['RISK_HOURS', '04:00', '00:00-02:00']])
  })

  test('two sales of all that is held would together open', () => {
    const run = guarded(
      { hours: '00:00-02:00' },
      { 0: () => buy({ qty: 2 }), 3: () => [sell({ qty: 2, limit: 150 }), sell({ qty: 2, stop: 60 })] },
    )
    expect(refusals(run)).toEqual([['RISK_HOURS', '04:00', '00:00-02:00']])
  })

  test('what turns a position round counts with what it opens, at its own price', () => {
    // of 3.9 sold at 90 1.8 were held: 2.1 are opened, which are 189
    const turn = (maxPosition: number) =>
      refusals(guarded({ maxPosition }, { 0: () => buy({ qty: 1.8 }), 1: () => sell({ qty: 3.9, stop: 90 }) }))
    expect(turn(189)).toEqual([])
    expect(turn(188.9)).toEqual([['RISK_MAX_POSITION', '189', '188.9']])
  })

  test('on spot no sale opens', () => {
    const run = guarded(
      { hours: '00:00-02:00' },
      { 0: () => buy({ qty: 2 }), 3: () => sell({ qty: 3 }) },
      { kind: 'spot' },
    )
    expect(refusals(run).map(([rule]) => rule)).toEqual(['INSUFFICIENT_BALANCE'])
  })
})

test('an order that is amended is counted once', () => {
  const run = guarded(
    { maxPosition: 500 },
    {
      0: () => buy({ qty: 3, limit: 90, id: 'a' }),
      1: () => amend('a', { qty: 5 }),
      2: () => amend('a', { limit: 101 }),
    },
  )
  // 5 at 90 are 450; at 101 they would be 505
  expect(refusals(run)).toEqual([['RISK_MAX_POSITION', '505', '500']])
})

describe('what, when and where', () => {
  test('symbols', () => {
    expect(refusals(guarded({ symbols: ['ETHUSDT'] }, { 0: () => buy({ qty: 1 }) }))).toEqual([
      ['RISK_SYMBOLS', 'BTCUSDT', 'ETHUSDT'],
    ])
  })

  test('hours: decided at the close, and judged again at the open at which a resting order fills', () => {
    // bars close at 01:00, 02:00, …; the order of 01:00 rests until 04:00, when the window has closed
    const rows: Row[] = [AT_100, AT_100, AT_100, AT_100, [100, 100, 80, 90], AT_100]
    const run = guarded(
      { hours: '01:00-03:00' },
      { 0: () => buy({ qty: 1, limit: 90 }), 1: () => buy({ qty: 1 }), 2: () => buy({ qty: 1 }) },
      { rows },
    )
    expect(refusals(run)).toEqual([
      ['RISK_HOURS', '03:00', '01:00-03:00'],
      ['RISK_HOURS', '04:00', '01:00-03:00'],
    ])
    expect(run.fills).toHaveLength(1)
  })

  test('a sale of what is held is let through at any hour, also when it fills', () => {
    const run = guarded({ hours: '00:00-02:00' }, { 0: () => buy({ qty: 2 }), 3: () => sell({ qty: 1 }) })
    expect(run.fills.map(({ position }) => position)).toEqual([2, 1])
  })

  test('a window that passes midnight', () => {
    const run = guarded({ hours: '23:00-02:00' }, { 0: () => buy({ qty: 1 }), 1: () => buy({ qty: 2 }) })
    expect(refusals(run)).toEqual([['RISK_HOURS', '02:00', '23:00-02:00']])
  })

  test('priceCollar bounds limits and triggers, on both sides', () => {
    const run = guarded(
      { priceCollar: 0.1 },
      {
        0: () => [
          buy({ qty: 1, limit: 89.99 }),
          buy({ qty: 1, limit: 90 }),
          buy({ qty: 1, stop: 110.01 }),
          buy({ qty: 1, stop: 110 }),
        ],
      },
    )
    expect(refusals(run)).toEqual([
      ['RISK_PRICE_COLLAR', '89.99', 'within 10 % of 100'],
      ['RISK_PRICE_COLLAR', '110.01', 'within 10 % of 100'],
    ])
  })

  test('priceCollar: exactly the limit is within it where the difference is no double: 104 − 102.96 is 1 %', () => {
    const limits = [102.95, 102.96, 105.04, 105.05]
    const run = guarded(
      { priceCollar: 0.01 },
      { 0: () => limits.map((limit) => (limit < 104 ? buy({ qty: 1, limit }) : sell({ qty: 1, limit }))) },
      { rows: Array.from({ length: 3 }, () => [104, 104, 104, 104]) },
    )
    expect(refusals(run).map(([, value]) => value)).toEqual(['102.95', '105.05'])
  })

  test('coolDown: after a stop the symbol rests, from the close of its bar on', () => {
    const rows: Row[] = [AT_100, AT_100, [100, 100, 94, 95], AT_100, AT_100, AT_100, AT_100]
    const again = () => buy({ qty: 1 })
    const run = guarded(
      { coolDown: '2h' },
      { 0: () => buy({ qty: 1, stopLoss: 95 }), 2: again, 3: again, 4: again },
      { rows },
    )
    // stopped in the bar that closes at 03:00: 03:00 and 04:00 are refused, 05:00 is not
    expect(refusals(run)).toEqual([
      ['RISK_COOL_DOWN', '1970-01-01T03:00:00.000Z', 'from 1970-01-01T05:00:00.000Z on'],
      ['RISK_COOL_DOWN', '1970-01-01T04:00:00.000Z', 'from 1970-01-01T05:00:00.000Z on'],
    ])
    expect(run.fills.map(({ role, time }) => [role, time / HOUR])).toEqual([
      ['order', 1],
      ['stop', 2],
      ['order', 5],
    ])
  })

  test('coolDown does not follow a target or a signal', () => {
    const rows: Row[] = [AT_100, AT_100, [100, 111, 100, 110], AT_100, AT_100]
    const run = guarded(
      { coolDown: '9h' },
      { 0: () => buy({ qty: 1, takeProfit: 110 }), 2: () => buy({ qty: 1 }) },
      { rows },
    )
    expect(refusals(run)).toEqual([])
    expect(run.fills).toHaveLength(3)
  })
})

describe('limits that cannot be meant', () => {
  const resolve =
    (...limits: RiskLimits[]) =>
    () =>
      resolveRisk(limits.map((one, k) => ({ source: `source ${k + 1}`, limits: one })))

  test.each([
    [{ maxDrawdwon: 0.2 } as RiskLimits, 'source 1: unknown risk rule "maxDrawdwon" (did you mean "maxDrawdown"?)'],
    [{ maxDrawdown: 20 }, 'source 1: risk.maxDrawdown is 20: write a fraction between 0 and 1: 0.2 is 20 %'],
    [{ maxPosition: 0 }, 'source 1: risk.maxPosition is 0: write a number above 0'],
    [{ maxOpenOrders: 1.5 }, 'source 1: risk.maxOpenOrders is 1.5: write a whole number above 0'],
    [{ coolDown: '4 hours' }, 'source 1: risk.coolDown is "4 hours": write a duration such as 30m, 4h or 2d'],
    [{ hours: '8-20' }, 'source 1: risk.hours is "8-20": write a window of the day in UTC such as 08:00-20:00'],
    [{ hours: '08:00-08:00' }, 'source 1: risk.hours is "08:00-08:00": write a window'],
    [{ symbols: [] }, 'source 1: risk.symbols is []: write a list of symbols'],
    [
      { maxNet: 200, maxGross: 100 },
      'source 1: risk.maxNet 200 is above risk.maxGross 100: net is never larger than gross',
    ],
    [{ maxPosition: 200, maxGross: 100 }, 'source 1: risk.maxPosition 200 is above risk.maxGross 100'],
    [{ maxDailyLoss: 0.3, maxDrawdown: 0.2 }, 'source 1: risk.maxDailyLoss 0.3 is above risk.maxDrawdown 0.2'],
  ])('%j', (limits, message) => expect(resolve(limits)).toThrow(message))

  test('of two sources the stricter holds, and what contradicts names both', () => {
    expect(
      resolve(
        { maxPosition: 5, coolDown: '1h', symbols: ['A', 'B'] },
        { maxPosition: 7, coolDown: '2h', symbols: ['B', 'C'] },
      )(),
    ).toMatchObject({ maxPosition: 5, coolDown: 7_200_000, symbols: new Set(['B']) })
    expect(resolve({ symbols: ['A'] }, { symbols: ['B'] })).toThrow(
      'source 1 and source 2: the lists of risk.symbols have no symbol in common',
    )
    expect(resolve({ hours: '08:00-12:00' }, { hours: '12:00-13:00' })).toThrow(
      'risk.hours 08:00-12:00 and 12:00-13:00 never overlap',
    )
    expect(resolve({}, {})()).toBeNull()
  })
})

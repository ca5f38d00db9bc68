import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, cancelAll, close, type Decision, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row, type Scene } from './scene.ts'

/** A tenth of a volume of 10: one coin a bar. */
const TENTH = { execution: { participation: 0.1 } }
const FLAT: Row = [100, 101, 99, 100]

const capped = (rows: readonly Row[], decide: Scene['decide'], more: Partial<Scene> = {}) =>
  play({ rows, decide, ...TENTH, ...more })
const flat = (count: number): Row[] => Array.from({ length: count }, () => FLAT)
const once = (request: Decision): Scene['decide'] => ({ 0: () => request })

describe('the cap', () => {
  test('a market order takes its share bar after bar at the opens; fees and funds follow the parts', () => {
    const rows: Row[] = [FLAT, FLAT, [102, 103, 101, 102], [104, 105, 103, 104], FLAT]
    const run = capped(rows, once(buy({ qty: 2.5 })), { feeTaker: 0.001 })
    expect(fillLines(run)).toEqual([
      '1 open buy 1 @ 100 taker',
      '2 open buy 1 @ 102 taker',
      '3 open buy 0.5 @ 104 taker',
    ])
    expect(run.fills.map(({ fee }) => fee)).toEqual([0.1, 0.102, 0.052])
    expect(new Set(run.fills.map(({ order }) => order)).size).toBe(1)
    expect(run.accepted).toBe(1)
    // 100 + 102 + 52 paid, 2.5 × 100 held
    expect(run.endEquity).toBeCloseTo(10_000 - 254 - 0.254 + 250, 8)
    expect(run.openTrades).toMatchObject([{ qty: 2.5, entryTime: HOUR, entryPrice: 254 / 2.5 }])
  })

  test('it is rounded down to the step, and reckoned in decimals', () => {
    const first = (volume: number, participation: number) => {
      const rows: Row[] = [FLAT, [100, 101, 99, 100, volume]]
      return play({ rows, decide: once(buy({ qty: 90 })), execution: { participation } }).fills[0]?.qty
    }
    // 0.5165 and 0.5168
    expect([first(10.33, 0.05), first(10.336, 0.05)]).toEqual([0.516, 0.516])
    const lot = { min: '0.005', max: '9000', step: '0.005' }
    const coarse: Row[] = [FLAT, [100, 101, 99, 100, 10.33], [100, 101, 99, 100, 10.33]]
    const run = play({
      rows: coarse,
      decide: once(buy({ qty: 0.9 })),
      execution: { participation: 0.05 },
      filters: { lot },
    })
    expect(run.fills.map(({ qty }) => qty)).toEqual([0.515, 0.385])
    // 57, which floats put at 56.99999999999999
    expect(0.57 * 100).toBeLessThan(57)
    expect(first(100, 0.57)).toBe(57)
    expect(first(80, 1)).toBe(80)
    // 0.0009 is less than a step
    expect(first(0.009, 0.1)).toBeUndefined()
  })

  test('a bar whose share is less than a step fills nothing, and the order waits', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 0.009], [103, 104, 102, 103]]
    expect(fillLines(capped(rows, once(buy({ qty: 1 }))))).toEqual(['2 open buy 1 @ 103 taker'])
  })

  test('where volume is not known it cannot be applied: whole fills, and a remark; a bar without trade fills nothing', () => {
    const silent: Row = [100, 101, 99, 100, 0]
    const unknown = capped([silent, silent, silent], once(buy({ qty: 5 })))
    expect(fillLines(unknown)).toEqual(['1 open buy 5 @ 100 taker'])
    expect(unknown.notes).toEqual([
      'BTCUSDT: participation cannot be limited on bars whose volume is not known; there orders were filled whole',
    ])
    const known = capped([FLAT, silent, FLAT], once(buy({ qty: 5 })))
    expect(fillLines(known)).toEqual(['2 open buy 1 @ 100 taker'])
    expect(known.notes).toEqual([])
  })

  test('orders on one bar share it in the order of the rule book: the open first, then class by class', () => {
    const row: Row = [100, 106, 94, 100, 20]
    const decide = {
      0: () => buy({ qty: 1.2 }),
      1: () => [
        buy({ qty: 1, limit: 96, id: 'limit' }),
        buy({ qty: 0.4, stop: 105, id: 'stop' }),
        sell({ qty: 0.3, stop: 95, id: 'out' }),
        buy({ qty: 0.7, id: 'market' }),
      ],
    }
    // two coins: 0.7 at the open, then (b) 0.3, (c) 0.4; 0.6 are left for (d)
    const run = capped([FLAT, [100, 101, 99, 100, 20], row, FLAT], decide)
    expect(run.fills.slice(1).map(({ order, qty, price }) => [order, qty, price])).toEqual([
      ['market', 0.7, 100],
      ['out', 0.3, 95],
      ['stop', 0.4, 105],
      ['limit', 0.6, 96],
    ])
    const later = capped([FLAT, [100, 101, 99, 100, 20], row, [96, 97, 95, 96]], decide)
    expect(fillLines(later).at(-1)).toBe('3 inside buy 0.4 @ 96 maker')
  })

  test.each([0, -0.1, 1.1, Number.NaN])('a share of %d is an error', (participation) => {
    const scene = { rows: [FLAT], decide: {}, execution: { participation } }
    expect(() => play(scene)).toThrow(RangeError)
  })
})

describe('what becomes of the rest', () => {
  const dips: Row[] = [FLAT, [100, 101, 97, 100], [100, 101, 97, 100], [100, 101, 97, 100]]

  test('GTC rests, at its own price as maker; GTD until its time; a cancel ends it', () => {
    const gtc = capped(dips, once(buy({ qty: 2.5, limit: 98 })))
    expect(fillLines(gtc)).toEqual([
      '1 inside buy 1 @ 98 maker',
      '2 inside buy 1 @ 98 maker',
      '3 inside buy 0.5 @ 98 maker',
    ])
    const gtd = capped(dips, once(buy({ qty: 2.5, limit: 98, tif: 'GTD', expiresAt: 3 * HOUR })))
    expect(fillLines(gtd)).toHaveLength(2)
    expect(endLines(gtd)).toEqual(['o1 cancelled expired'])
    const asked = capped(dips, { 0: () => buy({ qty: 2.5, limit: 98, id: 'a' }), 1: () => cancel('a') })
    expect(fillLines(asked)).toHaveLength(1)
    expect(endLines(asked)).toEqual(['a cancelled requested'])
  })

  test('what a strategy sees is what is left', () => {
    const left: unknown[] = []
    capped(dips, {
      0: () => buy({ qty: 2.5, limit: 98 }),
      1: ({ orders, position }) =>
        void left.push(
          orders.map(({ qty }) => qty),
          position.qty,
        ),
      2: ({ orders, position }) =>
        void left.push(
          orders.map(({ qty }) => qty),
          position.qty,
        ),
      3: ({ orders, position }) =>
        void left.push(
          orders.map(({ qty }) => qty),
          position.qty,
        ),
    })
    expect(left).toEqual([[1.5], 1, [0.5], 2, [], 2.5])
  })

  test('a limit that would take takes its share at the open, and the rest at a later open or its own price', () => {
    const rows: Row[] = [FLAT, FLAT, [103, 104, 100, 103]]
    expect(fillLines(capped(rows, once(buy({ qty: 2, limit: 102 }))))).toEqual([
      '1 open buy 1 @ 100 taker',
      '2 inside buy 1 @ 102 maker',
    ])
  })

  test('IOC: the rest is cancelled; FOK: all or nothing', () => {
    const ioc = capped(flat(3), once(buy({ qty: 2.5, limit: 102, tif: 'IOC' })))
    expect(fillLines(ioc)).toEqual(['1 open buy 1 @ 100 taker'])
    expect(endLines(ioc)).toEqual(['o1 cancelled expired'])
    const fok = (qty: number) => capped(flat(3), once(buy({ qty, limit: 102, tif: 'FOK' })))
    expect([fillLines(fok(1.001)), endLines(fok(1.001))]).toEqual([[], ['o1 cancelled expired']])
    expect([fillLines(fok(1)), endLines(fok(1))]).toEqual([['1 open buy 1 @ 100 taker'], []])
    // nothing is left of the bar
    const none = capped(flat(3), once([buy({ qty: 1 }), buy({ qty: 1, limit: 102, tif: 'IOC' })]))
    expect(endLines(none)).toEqual(['o2 cancelled expired'])
  })

  test('a triggered stop: the rest is sold at the next opens, whatever the price has done since', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], [100, 101, 94, 99], [103, 104, 102, 103], [104, 105, 103, 104]]
    const run = capped(rows, { 0: () => buy({ qty: 2.4 }), 1: () => sell({ qty: 2.4, stop: 95, id: 's' }) })
    expect(fillLines(run).slice(1)).toEqual([
      '2 inside sell 1 @ 95 taker',
      '3 open sell 1 @ 103 taker',
      '4 open sell 0.4 @ 104 taker',
    ])
    expect(eventsOf(run, 'triggered')).toMatchObject([{ at: 2 * HOUR, id: 's', price: 95 }])
    // 95 + 103 + 0.4 × 104 over 2.4
    expect(run.trades).toMatchObject([{ qty: 2.4, exitTag: 'stop', bars: 3 }])
    expect(run.trades[0]?.exitPrice).toBeCloseTo(239.6 / 2.4, 10)
    expect(run.trades[0]?.pnl).toBeCloseTo(239.6 - 240, 10)
  })

  test('a triggered stop whose bar has nothing left waits all the same, and cannot be moved any more', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 20], [100, 101, 94, 99], [97, 98, 96, 97], FLAT]
    const run = capped(rows, {
      0: () => buy({ qty: 2 }),
      1: () => [sell({ qty: 1, stop: 95, id: 's' }), sell({ qty: 1 })],
      2: () => amend('s', { stop: 90 }),
    })
    expect(fillLines(run).slice(1)).toEqual(['2 open sell 1 @ 100 taker', '3 open sell 1 @ 97 taker'])
    expect(eventsOf(run, 'rejected')).toMatchObject([
      { id: 's', reason: 'AMEND', limit: 'a stop order that was triggered has no stop' },
    ])
  })

  test('a trailing stop that was triggered trails no longer', () => {
    const seen: unknown[] = []
    const rows: Row[] = [FLAT, [100, 100, 100, 100, 20], [100, 100, 96, 97], [100, 120, 100, 120, 0.009], FLAT]
    const run = capped(rows, {
      0: () => buy({ qty: 2 }),
      1: () => sell({ qty: 2, trail: 3 }),
      3: ({ orders }) => void seen.push(orders.map(({ qty, trigger }) => [qty, trigger])),
    })
    expect(seen).toEqual([[[1, 97]]])
    expect(fillLines(run).slice(1)).toEqual(['2 inside sell 1 @ 97 taker', '4 open sell 1 @ 100 taker'])
  })

  test('a stop-limit that was triggered and filled in part rests as a limit from the next bar on (rule 10)', () => {
    const rows: Row[] = [FLAT, [100, 106, 99, 105], [107, 108, 106.5, 107], [107, 108, 105, 106]]
    const run = capped(rows, once(buy({ qty: 1.5, stop: 105, limit: 106 })))
    expect(fillLines(run)).toEqual(['1 inside buy 1 @ 105 taker', '3 inside buy 0.5 @ 106 maker'])
  })

  test('close() goes on until flat, and the parts are one trade', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], [110, 111, 109, 110], [112, 113, 111, 112], [90, 91, 89, 90]]
    const run = capped(rows, { 0: () => buy({ qty: 2.5 }), 1: () => close({ tag: 'out' }) })
    expect(fillLines(run).slice(1)).toEqual([
      '2 open sell 1 @ 110 taker',
      '3 open sell 1 @ 112 taker',
      '4 open sell 0.5 @ 90 taker',
    ])
    // 110 + 112 + 45 − 250
    expect(run.trades).toMatchObject([{ qty: 2.5, pnl: 17, exitTag: 'out', bars: 3 }])
    expect(run.openTrades).toEqual([])
    // asked for again and again, it sells no more than there is
    const often = capped(rows, {
      0: () => buy({ qty: 2.5 }),
      1: () => close(),
      2: () => close(),
      3: () => close(),
    })
    expect(fillLines(often)).toEqual(fillLines(run))
    expect(endLines(often)).toEqual(['o3 cancelled flat', 'o4 cancelled flat'])
  })

  test('reduce-only is cut to the position once, and goes on until that is gone', () => {
    const rows = [FLAT, [100, 101, 99, 100, 20], ...flat(3)] as Row[]
    const run = capped(rows, { 0: () => buy({ qty: 2 }), 1: () => sell({ qty: 3, reduceOnly: true }) })
    expect(fillLines(run).slice(1)).toEqual(['2 open sell 1 @ 100 taker', '3 open sell 1 @ 100 taker'])
    expect(eventsOf(run, 'cut')).toMatchObject([{ from: 3, to: 2, reason: 'REDUCE_ONLY' }])
    expect(endLines(run)).toEqual([])
  })

  test('at the end of the data the rest expires; --close-at-end sells what the last bar takes, and the rest stays open', () => {
    const open = capped(flat(3), once(buy({ qty: 5 })))
    expect(endLines(open)).toEqual(['o1 cancelled end'])
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], FLAT]
    const run = capped(rows, once(buy({ qty: 2.5 })), { closeAtEnd: true })
    expect(fillLines(run).at(-1)).toBe('2 close sell 1 @ 100 taker')
    expect(run.openTrades).toMatchObject([{ qty: 2.5 }])
    expect(run.fills.at(-1)?.position).toBe(1.5)
    expect(endLines(run)).toEqual(['o2 cancelled end'])
  })

  test('a liquidation is the exchange’s doing and is not capped', () => {
    const rows: Row[] = [
      [100, 101, 99, 100, 1000],
      [100, 101, 99, 100, 1000],
      [60, 61, 59, 60, 1],
    ]
    const run = capped(rows, once(buy({ qty: 50 })), { kind: 'perpetual', margin: { leverage: 10 }, cash: 1000 })
    expect(run.fills.map(({ role, qty }) => [role, qty])).toEqual([
      ['order', 50],
      ['liquidation', 50],
    ])
  })
})

test('where finer bars decide, each gives its share, and together they give no more than the bar’s', () => {
  const quiet: Row[] = [FLAT, FLAT, FLAT, FLAT]
  const parts: Row[] = [
    [100, 100, 100, 100, 4],
    [101, 101, 101, 101, 7],
    [102, 102, 102, 102, 1],
    [103, 103, 99, 100, 8],
  ]
  const rows: Row[] = [FLAT, [100, 103, 99, 100, 20], [104, 104, 104, 104]]
  const detail: Row[] = [...quiet, ...parts, ...quiet]
  // the entry has a stop, so that the order of the bar's prices matters
  const run = capped(rows, once(buy({ qty: 2.5, stopLoss: 90 })), { detail })
  expect(run.fills.map(({ qty, price }) => [qty, price])).toEqual([
    [0.4, 100],
    [0.7, 101],
    [0.1, 102],
    [0.8, 103],
    [0.5, 104],
  ])
})

describe('funds of the rest', () => {
  test('it holds back what it needs, the filled part no more', () => {
    const free: number[] = []
    const look = ({ account }: { account: { free: number } }) => void free.push(account.free)
    const rows: Row[] = [FLAT, [100, 101, 97, 100], [100, 101, 97, 100], FLAT]
    capped(rows, { 0: () => buy({ qty: 2.5, limit: 98 }), 1: look, 2: look, 3: (c) => [look(c), cancelAll()][1] })
    // 2.5 × 98 are spoken for throughout: paid or locked
    expect(free).toEqual([9755, 9755, 9755])
  })

  test('a sale locks the rest of what is held', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 20], [100, 103, 99, 100], FLAT, FLAT]
    const run = capped(rows, {
      0: () => buy({ qty: 2 }),
      1: () => sell({ qty: 2, limit: 102, id: 'rest' }),
      2: () => sell({ qty: 0.5 }),
    })
    expect(run.rejected).toBe(1)
    expect(eventsOf(run, 'rejected')[0]).toMatchObject({ reason: 'INSUFFICIENT_BALANCE', limit: '0 BTC free' })
  })

  test('a part that the open has made too dear is refused with the rest; what was bought stays (rule 16)', () => {
    const rows: Row[] = [FLAT, FLAT, [160, 161, 159, 160]]
    const run = capped(rows, once(buy({ qty: 2 })), { cash: 201 })
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker'])
    expect(endLines(run)).toEqual(['o1 rejected INSUFFICIENT_BALANCE'])
    expect(run.openTrades).toMatchObject([{ qty: 1 }])
    // sized by what it may cost, it is cut instead: 101 buy 0.631 at 160
    const cut = capped(rows, once(buy({ quote: 200 })), { cash: 201 })
    expect(fillLines(cut)).toEqual(['1 open buy 1 @ 100 taker', '2 open buy 0.631 @ 160 taker'])
    expect(eventsOf(cut, 'cut')).toMatchObject([{ from: 1, to: 0.631, reason: 'INSUFFICIENT_BALANCE' }])
  })

  test('a dearer first part leaves the rest the cash that is there, and not a unit more', () => {
    const locked: number[] = []
    const rows: Row[] = [FLAT, [150, 151, 149, 150], [100, 101, 99, 100], FLAT]
    const run = capped(
      rows,
      { 0: () => buy({ qty: 2 }), 1: ({ account }) => void locked.push(account.free) },
      { cash: 220 },
    )
    // 220 − 150 = 70 are left for a coin of 100
    expect(locked).toEqual([0])
    expect(endLines(run)).toEqual(['o1 rejected INSUFFICIENT_BALANCE'])
  })
})

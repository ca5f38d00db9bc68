import { describe, expect, test } from 'vitest'
import { DAY } from '../../../src/core/interval.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { EngineResult } from '../../../src/core/run.ts'
import type { Alarm } from '../../../src/runs/paper/alarm.ts'
import { Drift } from '../../../src/runs/paper/drift.ts'
import type { DriftBaseline } from '../../../src/runs/paper/drift-baseline.ts'
import type { DriftItem, DriftReport } from '../../../src/runs/paper/drift-report.ts'
import { slippageBeyondModel } from '../../../src/runs/paper/drift-slippage.ts'
import { DriftWatch } from '../../../src/runs/paper/drift-watch.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'
import type { SessionState } from '../../../src/runs/paper/session-state.ts'

const T0 = Date.UTC(2024, 0, 1)

const FILE = {
  from: T0,
  fills: 'bars',
  execution: { slippage: { model: 'bps' } },
  slots: [
    {
      series: 'binance:ETHUSDT:1h',
      instrument: { symbol: 'ETHUSDT', snapshots: [{ filters: { price: { tick: '0.01' } } }] },
      costs: { slippageBps: 2 },
    },
  ],
} as unknown as SessionFile

const random = seededRandom(7)
const BASELINE: DriftBaseline = {
  run: 'run-1',
  ...{ wins: 60, trades: 100 },
  returns: Float64Array.from({ length: 400 }, () => 0.002 + 0.02 * (random() - 0.5)),
}

/** A session that made these returns, a UTC day each, and trades that won or lost. */
function stateOf(
  returns: readonly number[],
  wins: readonly boolean[] = [],
  { at = T0 + returns.length * DAY, ...more }: { at?: number } & Partial<EngineResult> = {},
): SessionState {
  const time = Float64Array.from(returns, (_, k) => T0 + (k + 1) * DAY)
  let level = 1000
  const equity = Float64Array.from(returns, (one) => (level *= 1 + one))
  const result = {
    equity: { length: time.length, time, equity },
    startEquity: 1000,
    trades: wins.map((isWon) => ({ pnl: isWon ? 1 : -1 })),
    ...{ fills: [], events: [], ...more },
  }
  return {
    result: () => result,
    run: { at, openAt: () => null },
    features: { of: () => [] },
  } as unknown as SessionState
}

const judged = (state: SessionState, baseline: DriftBaseline = BASELINE, file = FILE) =>
  Object.fromEntries(new Drift(file, baseline, []).judge(state).items.map((one) => [one.kind, one])) as Record<
    DriftItem['kind'],
    DriftItem
  >
const times = (n: number, value: number) => Array.from({ length: n }, () => value)
const won = (wins: number, lost: number) => [...Array(wins).fill(true), ...Array(lost).fill(false)] as boolean[]

describe('a session beside its backtest', () => {
  test('days like those of the run are steady, and those that lose what it made are not', () => {
    const steady = judged(stateOf(times(20, 0.002))).return
    expect(steady).toMatchObject({ verdict: 'steady' })
    expect(steady.figure).toBeCloseTo(1.002 ** 20 - 1, 12)
    // of independent days, uniform within ± 0.01: 20 of them deviate by 0.02 ÷ √12 × √20 = 0.0258, of which 99 % lie within 2.576
    const { low, high } = steady as { low: number; high: number }
    expect(Math.log1p(high) - Math.log1p(low)).toBeGreaterThan(2 * 2.576 * 0.0258 * 0.85)
    expect(Math.log1p(high) - Math.log1p(low)).toBeLessThan(2 * 2.576 * 0.0258 * 1.15)
    expect(judged(stateOf(times(20, -0.003))).return.verdict).toBe('drifted')
    expect(judged(stateOf(times(20, 0.008))).return.verdict).toBe('drifted')
  })

  test('only the newest thirty days count, and only whole ones', () => {
    // half a year of losses, then a month as expected
    expect(judged(stateOf([...times(180, -0.01), ...times(30, 0.002)])).return.figure).toBeCloseTo(1.002 ** 30 - 1, 10)
    // the last day is not over
    const late = stateOf([...times(20, 0.002), -0.5], [], { at: T0 + 20.5 * DAY })
    expect(judged(late).return.figure).toBeCloseTo(1.002 ** 20 - 1, 12)
    // nor did the first one begin at midnight
    const file = { ...FILE, from: T0 + DAY / 2 } as SessionFile
    expect(judged(stateOf([-0.5, ...times(20, 0.002)]), BASELINE, file).return.figure).toBeCloseTo(1.002 ** 20 - 1, 12)
  })

  test('of wins, by the newest fifty trades', () => {
    expect(judged(stateOf([], won(6, 4)))['hit-rate']).toMatchObject({ figure: 0.6, verdict: 'steady' })
    expect(judged(stateOf([], won(1, 11)))['hit-rate'].verdict).toBe('drifted')
    // 500 wins before do not count
    const item = judged(stateOf([], [...won(500, 0), ...won(12, 38)]))['hit-rate']
    expect(item).toMatchObject({ figure: 0.24, verdict: 'drifted' })
    expect(item.words).toContain('12 of the newest 50 trades won')
    expect(item.words).toContain('60 of 100 did in run-1')
  })

  test('what there is too little of is not known, and says why', () => {
    const young = judged(stateOf(times(9, 0), won(9, 0)))
    expect(Object.values(young).map(({ verdict }) => verdict)).toEqual(times(4, 0).map(() => 'unknown'))
    expect(young.return.words).toBe('9 whole days are over, 10 are needed')
    expect(young['hit-rate'].words).toBe('9 trades were closed, 10 are needed')
    expect(young.feature.words).toContain('the strategy asks no model')
    // a run that hardly traded expects nothing of a session that does
    const idle = { ...BASELINE, returns: Float64Array.from({ length: 400 }, (_, day) => (day % 14 === 0 ? 0.01 : 0)) }
    const beside = judged(stateOf(times(20, -0.01)), idle).return
    expect(beside).toMatchObject({ verdict: 'unknown', figure: null })
    expect(beside.words).toBe('equity of run-1 moved on 29 of its 400 days, 30 are needed')
    const alone = judged(stateOf(times(20, 0.1), won(20, 0)), { run: null, reason: 'there is no backtest' })
    expect([alone.return.words, alone['hit-rate'].words]).toEqual(['there is no backtest', 'there is no backtest'])
  })
})

describe('slippage beside the model', () => {
  const fill = (side: 'buy' | 'sell', price: number, reference: number, more: object = {}) => ({
    ...{ order: 'o', symbol: 'ETHUSDT', side, price, reference, liquidity: 'taker', role: 'order', time: T0, ...more },
  })
  const beyond = (
    fills: readonly object[],
    file = FILE,
    events: readonly object[] = [],
    openAt = (): number | null => null,
  ) => slippageBeyondModel(file, { openAt }, fills as never, events as never)

  test('by hand: what is paid, less the model and half a tick', () => {
    // 5 basis points worse at 1000, where 2 are modelled and half a tick of 0.01 is 0.05
    expect(beyond([fill('buy', 1000.5, 1000)])[0]).toBeCloseTo(5 - 2 - 0.05, 9)
    expect(beyond([fill('sell', 999.5, 1000)])[0]).toBeCloseTo(5 - 2 - 0.05, 9)
    // better than the reference
    expect(beyond([fill('buy', 999.9, 1000)])[0]).toBeCloseTo(-1 - 2 - 0.05, 9)
    expect(beyond([fill('buy', 1000.5, 1000, { liquidity: 'maker' })])).toEqual([])
    const ticks = { ...FILE, execution: { slippage: { model: 'ticks', ticks: 3 } } } as unknown as SessionFile
    expect(beyond([fill('buy', 1000.5, 1000)], ticks)[0]).toBeCloseTo(5 - 0.3 - 0.05, 9)
  })

  test('at an exchange from the open of the bar, or the trigger of a stop; a limit order has none', () => {
    const told = { ...FILE, fills: 'told' } as SessionFile
    // what the exchange says is both price and reference
    const sold = fill('sell', 1998, 1998)
    const order = (more: object) => ({ type: 'accepted', order: { id: 'o', limit: null, trigger: null, ...more } })
    expect(beyond([sold], told, [order({})], () => 2000)[0]).toBeCloseTo(10 - 2 - 0.025, 9)
    const moved = { ...order({ trigger: 1999 }), type: 'amended' }
    expect(beyond([sold], told, [order({ trigger: 1990 }), moved])[0]).toBeCloseTo(
      (1 / 1999) * 10_000 - 2 - 50 / 1999,
      9,
    )
    expect(beyond([sold], told, [order({ limit: 1998 })], () => 2000)).toEqual([])
    expect(beyond([sold], told, [order({})])).toEqual([])
  })

  test('a model that is too cheap has drifted, one that is too dear has not', () => {
    const fills = (bps: number) =>
      Array.from({ length: 20 }, (_, k) => fill('buy', 1000 * (1 + (bps + (k % 3) - 1) / 10_000), 1000))
    const of = (bps: number) => judged(stateOf([], [], { fills: fills(bps) as never })).slippage
    expect(of(8)).toMatchObject({ verdict: 'drifted', high: 1 })
    expect(of(2).verdict).toBe('steady')
    expect(of(0).verdict).toBe('steady')
    // 20 values of −1, 0 and 1: deviation 0.85, and 2.861 × 0.85 ÷ √20 = 0.55 to either side
    expect(of(3.4).verdict).toBe('steady')
    expect(of(3.9).verdict).toBe('drifted')
  })
})

describe('the watch', () => {
  /** Days, each by what it finds: `+` drifted, `-` steady, `?` unknown. */
  function alarmsOf(days: string, said: readonly Alarm[] = [], from = 0): Alarm[] {
    const alarms: Alarm[] = []
    let at = T0 + from * DAY
    const verdicts = { '+': 'drifted', '-': 'steady', '?': 'unknown' } as const
    const drift = {
      judge: (): DriftReport => {
        const mark = days[Math.round((at - T0) / DAY) - 1 - from] as '+'
        const item = { kind: 'return', name: 'return', figure: 1, low: 0, high: 0, words: 'w' } as const
        return { at, run: 'r', items: [{ ...item, verdict: verdicts[mark] }] }
      },
    } as unknown as Drift
    const state = { run: { get at() { return at } } } as unknown as SessionState // biome-ignore format: short
    const watch = new DriftWatch(drift, said, state, {
      onAlarm: (alarm) => alarms.push(alarm),
      onOver: (stands, end) => over.push([stands, (end - T0) / DAY]),
    })
    for (let day = 1; day <= days.length; day++) {
      at = T0 + (from + day) * DAY
      expect(watch.take(state)).toBe(true)
      // within the day nothing is said
      at += DAY / 2
      expect(watch.take(state)).toBe(false)
      at -= DAY / 2
    }
    return alarms
  }
  const over: [string, number][] = []
  const days = (alarms: readonly Alarm[]) => alarms.map(({ at, severity }) => [(at - T0) / DAY, severity])

  test('says once that it has drifted, and after seven calm days that it is over', () => {
    const alarms = alarmsOf('?--+++-+--------+')
    expect(days(alarms)).toEqual([
      [4, 'warning'],
      [15, 'info'],
      [17, 'warning'],
    ])
    expect(alarms.map(({ stands }) => stands)).toEqual(['drift-return', undefined, 'drift-return'])
    expect(over).toEqual([['drift-return', 15]])
    expect(alarms[0]).toMatchObject({ kind: 'drift-return', text: 'drift: return: w' })
    expect(alarms[1]).toMatchObject({ kind: 'drift-return', text: 'no drift any more: return: w' })
  })

  test('where there is too little to say nothing is over', () => {
    expect(days(alarmsOf('+?????????????-'))).toEqual([
      [1, 'warning'],
      [15, 'info'],
    ])
  })

  test('taken up again it does not repeat itself', () => {
    const said = alarmsOf('+')
    expect(days(alarmsOf('++------', said, 1))).toEqual([])
    expect(days(alarmsOf('-------', said, 1))).toEqual([[8, 'info']])
    expect(days(alarmsOf('+', alarmsOf('+--------'), 9))).toEqual([[10, 'warning']])
  })
})

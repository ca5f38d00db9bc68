import { describe, expect, test } from 'vitest'
import type { DriftReport } from '../../../../src/runs/paper/drift-report.ts'
import type { PaperSession } from '../../../../src/runs/paper/session.ts'
import { EquityWatch, type Point, thinned } from '../../../../src/runs/paper/watch/equity-watch.ts'
import { staleReason } from '../../../../src/runs/paper/watch/freshness.ts'
import { SessionMetrics } from '../../../../src/runs/paper/watch/metrics.ts'

const HOUR = 3_600_000
/** Open time of the bar that comes next. */
const NEXT = Date.UTC(2024, 0, 2)

/** As it was looked at last. */
const DRIFT = {
  ...{ at: NEXT, run: 'run-1' },
  items: [
    { kind: 'hit-rate', name: 'hit rate', figure: null, low: null, high: null, verdict: 'unknown', words: '' },
    { kind: 'return', name: 'return', figure: -0.02, low: -0.01, high: 0.01, verdict: 'drifted', words: '' },
    { kind: 'feature', name: 'm.rsi', figure: 0.12, low: null, high: 0.25, verdict: 'steady', words: '' },
  ],
} satisfies DriftReport

/** A live session of hourly bars, as far as whoever watches asks it. */
function session({
  equity = [10_000],
  phase = 'running',
  stale = 60_000 as number | null,
  kind = 'live',
  drift = null as DriftReport | null,
} = {}) {
  const made = {
    phase,
    file: {
      ...{ name: 'one', cash: 10_000, strategy: { name: 'sma-cross' }, mode: { kind }, safety: { stale } },
      slots: [{ series: 'binance:BTCUSDT:1h', instrument: { symbol: 'BTCUSDT' } }],
    },
    state: {
      counters: { bars: 9, fills: 4, rejected: 2 },
      nextOf: () => NEXT,
      seriesOf: () => ({ venue: 'binance', symbol: 'BTCUSDT', interval: '1h' }),
      result: () => ({ equity: { time: Float64Array.from(equity, (_, k) => k), equity: Float64Array.from(equity) } }),
      run: {
        at: NEXT,
        account: () => ({ equity: equity.at(-1)! }),
        openOrders: () => [{}, {}, {}],
        positionOf: () => ({ qty: -0.5, entryPrice: 1 }),
      },
    },
    snapshot: () => ({ counters: { reconnects: 7, alarms: 3, standing: 2 }, drift }),
  }
  return made as unknown as PaperSession
}

async function figures(of: PaperSession, hear: (metrics: SessionMetrics) => void = () => undefined) {
  const metrics = new SessionMetrics(of, new EquityWatch(of), () => NEXT)
  hear(metrics)
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^(.*) (\S+)$/.exec(
        line
          .replace(/session="one",strategy="sma-cross",?/, '')
          .replace(/,?}/, '}')
          .replace('{}', ''),
      )!
      return [name, Number(value)]
    }),
  )
}

describe('figures for Prometheus', () => {
  test('are counted as the session counts, and not twice when they are asked for twice', async () => {
    const found = await figures(session(), (metrics) => void metrics.text())
    expect(found).toMatchObject({
      ...{ klinelab_bars_total: 9, klinelab_fills_total: 4, klinelab_rejects_total: 2, klinelab_reconnects_total: 7 },
      ...{
        klinelab_alarms_total: 3,
        klinelab_alarms_standing: 2,
        klinelab_open_orders: 3,
        klinelab_equity: 10_000,
        klinelab_fresh: 1,
      },
      ...{ 'klinelab_position{symbol="BTCUSDT"}': -0.5, klinelab_last_instant_seconds: NEXT / 1000 },
    })
  })

  test('have delays, decisions and orders in seconds, each in its bucket', async () => {
    const found = await figures(session(), (metrics) => {
      for (const delayMs of [80, 700, -5]) metrics.hear({ type: 'heard', series: 'binance:BTCUSDT:1h', delayMs })
      metrics.hear({ type: 'timing', name: 'decision', ms: 2 })
      metrics.hear({ type: 'timing', name: 'order', ms: 0.3 })
      // no figure of its own
      metrics.hear({ type: 'timing', name: 'journal', ms: 50 })
    })
    const delay = (le: string) => found[`klinelab_bar_delay_seconds_bucket{le="${le}",series="binance:BTCUSDT:1h"}`]
    expect([delay('0.05'), delay('0.1'), delay('0.5'), delay('1'), delay('+Inf')]).toEqual([1, 2, 2, 3, 3])
    expect(found['klinelab_bar_delay_seconds_sum{series="binance:BTCUSDT:1h"}']).toBeCloseTo(0.78, 12)
    expect(found['klinelab_decision_seconds_sum']).toBeCloseTo(0.002, 12)
    expect(found['klinelab_decision_seconds_count']).toBe(1)
    expect(found['klinelab_order_latency_seconds_bucket{le="0.00025"}']).toBe(0)
    expect(found['klinelab_order_latency_seconds_bucket{le="0.0005"}']).toBe(1)
  })

  test('have what is held against the backtest and the training, where it is known, and whether it has drifted', async () => {
    const found = await figures(session({ drift: DRIFT }))
    const own = Object.entries(found).filter(([name]) => name.startsWith('klinelab_drift'))
    expect(Object.fromEntries(own)).toEqual({
      'klinelab_drift{kind="return",figure="return"}': -0.02,
      'klinelab_drift{kind="feature",figure="m.rsi"}': 0.12,
      'klinelab_drifted{kind="return",figure="return"}': 1,
      'klinelab_drifted{kind="feature",figure="m.rsi"}': 0,
    })
    expect(Object.keys(await figures(session())).filter((name) => name.startsWith('klinelab_drift'))).toEqual([])
  })

  test('have a drawdown from the highest equity, that before this process included, and from the start', async () => {
    expect((await figures(session({ equity: [11_000, 12_000, 9_000] })))['klinelab_drawdown']).toBeCloseTo(0.25, 12)
    expect((await figures(session({ equity: [9_000] })))['klinelab_drawdown']).toBeCloseTo(0.1, 12)
    const equity = [10_000]
    const of = session({ equity })
    const watch = new EquityWatch(of)
    equity.push(20_000)
    expect(watch.take(1)).toEqual([1, 20_000])
    equity.push(15_000)
    watch.take(2)
    expect(watch.drawdown).toBeCloseTo(0.25, 12)
  })
})

describe('whether it is fresh', () => {
  const due = NEXT + HOUR
  test('as long as no bar is later than the session allows', () => {
    expect(staleReason(session(), due + 60_000)).toBeNull()
    expect(staleReason(session(), due + 60_001)).toBe(
      'stale: binance:BTCUSDT:1h has no bar since that which closed at 2024-01-02',
    )
    expect(staleReason(session({ stale: null }), due + 180_000)).toBeNull()
    expect(staleReason(session({ stale: null }), due + 180_001)).not.toBeNull()
  })
  test('and as long as it trades; a replay is as late as its bars', () => {
    for (const phase of ['halted', 'warming', 'stopped', 'ended', 'failed'])
      expect(staleReason(session({ phase }), NEXT)).toBe(phase)
    expect(staleReason(session({ kind: 'replay' }), due + 1e12)).toBeNull()
  })
})

test('of many points those stay that show, the last and every spike among them', () => {
  const points = Array.from({ length: 5000 }, (_, k): Point => [k, k === 1234 ? 99 : 10 + (k % 3)])
  const few = thinned(points)
  expect(few.length).toBeLessThanOrEqual(202)
  expect(few).toContainEqual([1234, 99])
  expect(few.at(-1)).toEqual([4999, 10 + (4999 % 3)])
  expect(thinned(points.slice(0, 50))).toEqual(points.slice(0, 50))
})

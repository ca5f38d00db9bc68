import { expect, test } from 'vitest'
import type { PaperSession } from '../../../../src/runs/paper/session.ts'
import { haltReasons, pageFrame } from '../../../../src/runs/paper/watch/page-view.ts'

/** What stands under the name of a session's page. */
function facts(broker: string, kind: 'live' | 'replay'): string {
  const strategy = { name: 'once' }
  const slots = [{ series: 'binance-usdm:BTCUSDT:1h' }]
  const file = { broker, mode: { kind }, strategy, params: { qty: 1 }, slots, quote: 'USDT', cash: 100, from: 0 }
  const session = { file, snapshot: () => ({ remarks: [] }) } as unknown as PaperSession
  return pageFrame(session, { reason: 'none' } as Parameters<typeof pageFrame>[1]).facts
}

test('whose bars a session trades on: live ones, replayed ones, or those that a simulated exchange plays', () => {
  const of = 'bars of binance-usdm:BTCUSDT:1h · orders go to'
  expect(facts('demo', 'live')).toBe(`once qty=1 · live ${of} demo`)
  expect(facts('local', 'replay')).toBe(`once qty=1 · replayed ${of} local`)
  const exchange = 'exchange http://127.0.0.1:8787'
  expect(facts(exchange, 'live')).toBe(`once qty=1 · the exchange’s own ${of} ${exchange}`)
})

test('why a session is halted: by the alarms that stand for it, or by the limit that did it last', () => {
  const events = [
    { type: 'halted', at: 1, rule: 'RISK_DAILY_LOSS', value: '0.1', limit: '0.05', until: 5 },
    { type: 'halted', at: 7, rule: 'RISK_DRAWDOWN', value: '0.3', limit: '0.2', until: null },
    { type: 'resumed', at: 9 },
  ]
  const session = { state: { run: { events } } } as unknown as PaperSession
  const alarm = { at: 2, kind: 'position', severity: 'critical', text: 'it differs', facts: {} } as const
  const others = [
    { ...alarm, stands: 'halt position X', ended: 3 },
    { ...alarm, stands: 'broker stream-lost', ended: null },
  ]
  expect(haltReasons(session, others)).toEqual([{ at: 7, text: 'RISK_DRAWDOWN: 0.3 (limit 0.2)' }])
  expect(haltReasons(session, [...others, { ...alarm, stands: 'halt position X', ended: null }])).toEqual([
    { at: 2, text: 'position: it differs' },
  ])
})

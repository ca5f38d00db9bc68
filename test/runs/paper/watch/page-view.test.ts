import { expect, test } from 'vitest'
import type { PaperSession } from '../../../../src/runs/paper/session.ts'
import { pageFrame } from '../../../../src/runs/paper/watch/page-view.ts'

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

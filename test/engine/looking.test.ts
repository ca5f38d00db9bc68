import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { defineStrategy, int } from '../../src/engine/index.ts'
import type { ParamSpecs } from '../../src/engine/params.ts'
import { sma } from '../../src/indicators/index.ts'
import { type Row, stage } from './scene.ts'

const ROWS: Row[] = [
  [100, 102, 99, 101],
  [101, 103, 100, 102],
]

/** Calls `look` with the context of the last bar. */
function look(inside: (context: Record<string, never>) => unknown, params: ParamSpecs = {}): unknown {
  let seen: unknown
  const strategy = defineStrategy({
    name: 'looking',
    params,
    indicators: () => ({ trend: sma(2) }),
    onBar: (context) => {
      seen = inside(context as never)
    },
  })
  stage({ strategy, series: [{ symbol: 'BTCUSDT', rows: ROWS }] })
  return seen
}

describe('looking at what a strategy is handed', () => {
  test('console.log shows the values', () => {
    const text = look(
      ({ bar, ind, prev, position, account, params }) => inspect({ bar, ind, prev, position, account, params }),
      {
        fast: int(3),
      },
    )
    for (const part of ['close: 102', 'trend: 101.5', 'trend: NaN', 'qty: 0', 'equity: 10000', 'fast: 3'])
      expect(text).toContain(part)
    // and nothing of the engine's own
    for (const part of ['ledger', 'wallet', 'cursor', 'Float64Array']) expect(text).not.toContain(part)
  })

  test('a template string shows them too', () => {
    expect(look(({ bar }) => `${bar}`)).toBe(
      '{"openTime":3600000,"closeTime":7200000,"open":101,"high":103,"low":100,"close":102,"volume":10}',
    )
  })

  test('a copy for the strategy’s own use holds the values', () => {
    expect(look(({ params }) => ({ ...(params as object) }), { fast: int(3) })).toEqual({ fast: 3 })
  })

  test.each([
    ['params.fsat', 'fast', (c: Record<string, never>) => (c['params'] as Record<string, number>)['fsat']],
    ['ind.trned', 'trend', (c: Record<string, never>) => (c['ind'] as Record<string, number>)['trned']],
    ['bar.clsoe', 'close', (c: Record<string, never>) => (c['bar'] as Record<string, number>)['clsoe']],
    ['position.qyt', 'qty', (c: Record<string, never>) => (c['position'] as Record<string, number>)['qyt']],
    ['account.equiti', 'equity', (c: Record<string, never>) => (c['account'] as Record<string, number>)['equiti']],
  ])('%s is an error that suggests %s', (wrong, right, read) => {
    expect(() => look(read, { fast: int(3) })).toThrow(`${wrong} is not declared (did you mean "${right}"?)`)
  })
})

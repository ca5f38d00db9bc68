import { describe, expect, test } from 'vitest'
import type { Fill } from '../../src/core/fill.ts'
import type { OrderView } from '../../src/core/order.ts'
import { type FillCase, fillRule, isReached } from '../../src/runs/explain-rule.ts'

const BAR = { openTime: 0, closeTime: 1, open: 100, high: 110, low: 90, close: 105, volume: 1 }

function order(change: Partial<OrderView>): OrderView {
  return {
    ...{ id: 'o1', symbol: 'TESTUSDT', side: 'buy', type: 'market', qty: 1, limit: null, trigger: null, tif: 'GTC' },
    ...{ reduceOnly: false, role: 'order', tag: null },
    ...change,
  } as OrderView
}

function rulesOf(of: Partial<OrderView> | null, phase: Fill['phase'], more: Partial<FillCase> = {}, slippage = 0) {
  const fill = { phase, slippage, role: of === null ? 'liquidation' : (of.role ?? 'order') } as Fill
  const one = {
    fill,
    bar: BAR,
    detail: null,
    finerAt: null,
    isTriggered: false,
    wasTriggered: false,
    entered: null,
    ...more,
  }
  return fillRule({ ...one, order: of === null ? null : order(of) })
}

describe('the rule of the rule book by which an order was filled', () => {
  test.each<[string, Partial<OrderView> | null, Fill['phase'], number[], Partial<FillCase>?]>([
    ['a market order at the open', {}, 'open', [5]],
    ['close()', { role: 'close', reduceOnly: true }, 'open', [5, 19]],
    ['a limit that the open is beyond', { type: 'limit', limit: 101 }, 'open', [5]],
    ['an IOC limit', { type: 'limit', limit: 101, tif: 'IOC' }, 'open', [6]],
    ['a limit inside the bar', { type: 'limit', limit: 95 }, 'inside', [8]],
    ['a stop that the open has passed', { type: 'stop', trigger: 99 }, 'open', [5]],
    ['a stop inside the bar', { type: 'stop', trigger: 108 }, 'inside', [9]],
    ['a touch inside the bar', { type: 'touch', trigger: 92 }, 'inside', [9]],
    ['a stop-limit at the open', { type: 'stop-limit', trigger: 99, limit: 103 }, 'open', [5, 10]],
    ['a stop-limit inside the bar', { type: 'stop-limit', trigger: 108, limit: 109 }, 'inside', [9, 10]],
    [
      'a stop-limit that rests as a limit',
      { type: 'stop-limit', trigger: 80, limit: 95 },
      'inside',
      [8],
      { wasTriggered: true },
    ],
    ['what volume left of a stop', { type: 'stop', trigger: 80 }, 'open', [5], { wasTriggered: true }],
    ['a stop leg', { type: 'stop', role: 'stop', side: 'sell', trigger: 95 }, 'inside', [9, 11]],
    ['a target leg', { type: 'limit', role: 'target', side: 'sell', limit: 108 }, 'inside', [8, 11]],
    ['a trailing stop', { type: 'trailing-stop', side: 'sell', trigger: 95 }, 'inside', [9, 12]],
    ['a trailing leg', { type: 'trailing-stop', role: 'trail', side: 'sell', trigger: 95 }, 'inside', [9, 11, 12]],
    ['a liquidation', null, 'inside', [7]],
    ['the end of the data', { role: 'close' }, 'close', [4]],
  ])('%s', (_, of, phase, rules, more) => {
    expect(rulesOf(of, phase, more).rules).toEqual(rules)
    // rule 13 is that of slippage
    expect(rulesOf(of, phase, more, 0.5).rules).toEqual([...rules, 13].sort((a, b) => a - b))
  })

  test('with --detail, at the open of a bar or of one of its finer bars', () => {
    const stop = { type: 'stop', side: 'sell', trigger: 95 } as const
    const at = (reference: number) => ({ phase: 'open', slippage: 0, role: 'order', reference }) as Fill
    const text = (reference: number) => rulesOf(stop, 'open', { fill: at(reference), detail: '1m' }).text
    expect(text(94)).toMatch(/; “the open” is that of one of its 1m bars \(--detail\)$/)
    expect(text(BAR.open)).not.toContain('--detail')
  })

  test('with --detail, inside a bar: which finer bar came there first, and nothing of what the whole bar would say', () => {
    const leg = { type: 'limit', role: 'target', side: 'sell', limit: 108 } as const
    const { text } = rulesOf(leg, 'inside', { detail: '1m', finerAt: Date.UTC(2024, 0, 1, 4, 17), entered: 'inside' })
    expect(text).toMatch(
      /; of its 1m bars \(--detail\), which decide what comes first, that of 2024-01-01T04:17 is the first to come there$/,
    )
    expect(text).not.toContain('is taken to have come after it')
  })

  test('a touched limit, and a leg on the bar of its entry, are told as what they are', () => {
    expect(rulesOf({ type: 'limit', limit: 90 }, 'inside').text).toContain('touched the limit (--limit-touch)')
    expect(rulesOf({ type: 'limit', limit: 90.01 }, 'inside').text).toContain('traded through the limit')
    const leg = { type: 'stop', role: 'stop', side: 'sell', trigger: 95 } as const
    expect(rulesOf(leg, 'inside', { entered: 'inside' }).text).toMatch(/the entry was filled inside this bar/)
    expect(rulesOf(leg, 'inside', { entered: 'open' }).text).toMatch(/the entry was filled at this open/)
  })
})

describe('whether a bar comes to where an order waits', () => {
  test.each<[Partial<OrderView>, boolean, boolean]>([
    // a limit has to be traded through unless a touch is enough
    [{ type: 'limit', side: 'buy', limit: 90 }, false, true],
    [{ type: 'limit', side: 'buy', limit: 90.1 }, true, true],
    [{ type: 'limit', side: 'sell', limit: 110 }, false, true],
    [{ type: 'limit', side: 'sell', limit: 110.1 }, false, false],
    [{ type: 'stop', side: 'buy', trigger: 110 }, true, true],
    [{ type: 'stop', side: 'buy', trigger: 110.1 }, false, false],
    [{ type: 'stop', side: 'sell', trigger: 90 }, true, true],
    [{ type: 'trailing-stop', side: 'sell', trigger: 89.9 }, false, false],
    [{ type: 'touch', side: 'sell', trigger: 110 }, true, true],
    [{ type: 'touch', side: 'buy', trigger: 89.9 }, false, false],
    [{ type: 'market' }, true, true],
  ])('%o', (of, isThrough, isTouch) => {
    expect([isReached(order(of), BAR, false), isReached(order(of), BAR, true)]).toEqual([isThrough, isTouch])
  })
})

import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../src/core/event.ts'
import { type SafetyRules, SafetyWatch } from '../../../src/runs/paper/safety.ts'

const on = { 'loss-limit': 'halt', 'rejected-burst': 'halt', 'stale-data': 'halt', 'clock-offset': 'halt' } as const
const rules = (given: Partial<SafetyRules>): SafetyRules => ({
  ...{ maxLoss: null, maxRejected: null, stale: null, maxClockOffset: null, on },
  ...given,
})
const event = (type: 'accepted' | 'rejected' | 'fill') => ({ type }) as RunEvent
const names = (watch: SafetyWatch, events: readonly RunEvent[], equity: number) =>
  watch.judge(events, equity).map(({ rule }) => rule)

describe('a limit of loss', () => {
  test('goes off once when it is reached, from what the session began with', () => {
    const watch = new SafetyWatch(rules({ maxLoss: 500 }), 10_000)
    expect(names(watch, [], 9_500.01)).toEqual([])
    expect(watch.judge([], 9_500)).toMatchObject([
      { rule: 'loss-limit', facts: { loss: 500, base: 10_000, limit: 500 } },
    ])
    expect(names(watch, [], 9_000)).toEqual([])
  })

  test('counts from what is left when a person has resumed', () => {
    const watch = new SafetyWatch(rules({ maxLoss: 500 }), 10_000)
    expect(names(watch, [], 9_400)).toEqual(['loss-limit'])
    watch.resumed(9_400)
    expect(names(watch, [], 8_901)).toEqual([])
    expect(names(watch, [], 8_900)).toEqual(['loss-limit'])
  })
})

describe('a burst of refused orders', () => {
  const [no, yes] = [event('rejected'), event('accepted')]

  test('is so many in a row, over any number of inputs', () => {
    const watch = new SafetyWatch(rules({ maxRejected: 3 }), 1)
    expect(names(watch, [no, no], 1)).toEqual([])
    expect(names(watch, [yes, no, no], 1)).toEqual([])
    expect(names(watch, [no], 1)).toEqual(['rejected-burst'])
    expect(names(watch, [no], 1)).toEqual([])
    watch.resumed(1)
    expect(names(watch, [no, no], 1)).toEqual([])
    expect(names(watch, [no], 1)).toEqual(['rejected-burst'])
  })

  test('is one also where an accepted order follows in the same input', () => {
    const watch = new SafetyWatch(rules({ maxRejected: 3 }), 1)
    expect(names(watch, [no, no, no, yes], 1)).toEqual(['rejected-burst'])
  })

  test('is none of those that are refused because trading is halted, as it is while bars are caught up with', () => {
    const watch = new SafetyWatch(rules({ maxRejected: 3 }), 1)
    const halted = { ...no, reason: 'RISK_HALT' } as RunEvent
    expect(names(watch, [no, halted, halted, halted, no], 1)).toEqual([])
    expect(names(watch, [no], 1)).toEqual(['rejected-burst'])
  })

  test('is none of closes while nothing is held', () => {
    const watch = new SafetyWatch(rules({ maxRejected: 3 }), 1)
    const flat = { ...no, reason: 'NO_POSITION' } as RunEvent
    expect(names(watch, [no, flat, flat, flat, no], 1)).toEqual([])
    expect(names(watch, [no], 1)).toEqual(['rejected-burst'])
  })

  test('is none where nobody asked', () => {
    expect(names(new SafetyWatch(rules({}), 1), [no, no, no, no, no, no, no], -1e9)).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { buy } from '../../../src/core/order.ts'
import type { RiskLimits } from '../../../src/core/risk.ts'
import { defineStrategy } from '../../../src/engine/index.ts'
import { readSession, readWarmUp } from '../../../src/runs/paper/session-file.ts'
import type { PaperCommand } from '../../../src/runs/paper/session-record.ts'
import { SessionState } from '../../../src/runs/paper/session-state.ts'
import { hour, madeSession, SYMBOL } from './made-session.ts'

/** Buys 50 at its first bar and 1 at each bar from the `more`th on; cash is 10,000, and a bar is one price. */
async function begun(risk: RiskLimits, more: number) {
  const { dir } = await madeSession({ fills: 'bars', prices: [] })
  let calls = 0
  const strategy = defineStrategy({
    name: 'buys',
    onBar: () => (++calls === 1 ? buy({ qty: 50 }) : calls >= more ? buy({ qty: 1 }) : null),
  })
  const file = readSession(dir)!
  const state = new SessionState({ ...file, risk }, strategy, readWarmUp(dir, file), [])
  let k = 0
  return {
    state,
    bars: (...prices: readonly number[]) =>
      prices.flatMap((price) => {
        const row = [0, hour(k), price, price, price, price, 10]
        return state.take({ kind: 'bars', at: hour(++k), how: 'late', bars: [row] }).events
      }),
    say: (command: PaperCommand, by: string) =>
      state.take({ kind: 'command', at: hour(k), command, why: `${command} by ${by}`, by }),
    held: () => state.run.positionOf(SYMBOL).qty,
  }
}

describe.each(['catch-up', 'stop'])('a pause by %s', (by) => {
  test('lifts no halt of a drawdown that came while it lasted', async () => {
    const { state, bars, say, held } = await begun({ maxDrawdown: 0.1 }, 5)
    bars(100, 100)
    expect(held()).toBe(50)
    say('halt', by)
    // 50 × 150 of 17,500 are lost
    expect(bars(250, 100).map(({ type }) => type)).toContain('halted')
    say('resume', by)
    bars(100, 100, 100)
    expect([held(), state.isHalted, state.isPausedBy, state.run.standing]).toEqual([0, true, null, 'flatten'])
    say('resume', 'a person')
    bars(100, 100)
    expect([held(), state.isHalted, state.run.standing]).toEqual([1, false, null])
  })

  test('that begins while a person has halted, and goes on while he resumes, ends by itself', async () => {
    const { state, bars, say, held } = await begun({}, 3)
    bars(100, 100)
    say('halt', 'a person')
    say('halt', by)
    say('resume', 'a person')
    bars(100, 100, 100)
    expect([held(), state.isHalted, state.isPausedBy]).toEqual([50, true, by])
    say('resume', by)
    bars(100, 100)
    expect([held(), state.isHalted, state.isPausedBy]).toEqual([51, false, null])
  })

  test('outlasts the day at whose end a halt for its loss is lifted', async () => {
    const { state, bars, say, held } = await begun({ maxDailyLoss: 0.1 }, 10)
    bars(100, 100, 70)
    expect(state.isHalted).toBe(true)
    say('halt', by)
    bars(...Array<number>(24).fill(70))
    expect([held(), state.isHalted]).toEqual([0, true])
    say('resume', by)
    expect(state.isHalted).toBe(false)
    bars(70, 70)
    expect(held()).toBe(1)
  })

  test('does not begin the count of a drawdown anew', async () => {
    const { state, bars, say } = await begun({ maxDrawdown: 0.1 }, 99)
    bars(100, 100, 85)
    say('halt', by)
    say('resume', by)
    expect(state.isHalted).toBe(false)
    // 50 × 21 are more than 10 % of 10,000, and 50 × 6 are less than that of 9,250
    bars(79)
    expect(state.isHalted).toBe(true)
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Alarm } from '../../src/runs/paper/alarm.ts'
import { keepAlarm } from '../../src/runs/paper/alarm-file.ts'
import { sessionsIn } from '../../src/runs/paper/session-folder.ts'
import type { RetrainDecision } from '../../src/runs/retrain-decision.ts'
import { driftOf, dueAfter, parseSchedule } from '../../src/runs/retrain-schedule.ts'
import { scratch } from '../cli/klinelab.ts'

const DAY = 86_400_000

describe('a schedule', () => {
  test('so long after the last decision, and at once where there is none or a clock was wrong', () => {
    const weekly = parseSchedule('7d')
    expect(weekly).toEqual({ every: 7 * DAY })
    expect(dueAfter(weekly, null, 5 * DAY)).toBe(5 * DAY)
    expect(dueAfter(weekly, 2 * DAY, 5 * DAY)).toBe(9 * DAY)
    expect(dueAfter(weekly, 6 * DAY, 5 * DAY)).toBe(5 * DAY)
    expect(parseSchedule('1.5h')).toEqual({ every: 5_400_000 })
  })

  test('by cron, in UTC: the first Monday after it', () => {
    // 2024-01-03 is a Wednesday
    const last = Date.UTC(2024, 0, 3, 12)
    expect(dueAfter(parseSchedule('30 3 * * 1'), last, last + DAY)).toBe(Date.UTC(2024, 0, 8, 3, 30))
    expect(dueAfter(parseSchedule('@daily'), last, last + DAY)).toBe(Date.UTC(2024, 0, 4))
  })

  test.each(['', '7', '10s', '0d', '-1d', '7 days', '61 * * * *', '@fortnightly'])('"%s" is none', (text) => {
    expect(() => parseSchedule(text)).toThrow(RangeError)
  })
})

describe('the drift of a session', () => {
  const out = scratch()
  const dir = join(sessionsIn(out), 's')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'session.json'), JSON.stringify({ version: 1, name: 's' }))
  const say = (at: number, kind: string, severity: Alarm['severity']) =>
    keepAlarm(dir, { at, kind, severity, text: '', facts: {} })
  const decided = (outcome: RetrainDecision['outcome'], at: number, session = 's') =>
    [{ outcome, trigger: { kind: 'drift', session, alarm: '', at } }] as unknown as RetrainDecision[]

  test('is what has gone off, is not over, and was answered by no swap', () => {
    expect(driftOf(out, 's', [])).toBeNull()
    say(1, 'stale-data', 'critical')
    say(2, 'drift-feature', 'warning')
    say(3, 'drift-feature', 'info')
    expect(driftOf(out, 's', [])).toBeNull()
    say(4, 'drift-return', 'warning')
    say(5, 'drift-hit-rate', 'warning')
    const drift = { kind: 'drift', session: 's', alarm: 'drift-return, drift-hit-rate', at: 5 }
    expect(driftOf(out, 's', [])).toEqual(drift)
    // a challenger that lost answers nothing, nor does what another session has set off
    expect(driftOf(out, 's', decided('kept', 5))).toEqual(drift)
    expect(driftOf(out, 's', decided('swapped', 5, 'other'))).toEqual(drift)
    expect(driftOf(out, 's', decided('swapped', 4))).toEqual({ ...drift, alarm: 'drift-hit-rate' })
    expect(driftOf(out, 's', decided('swapped', 5))).toBeNull()
  })
})

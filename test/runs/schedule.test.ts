import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { cronFault, dueTime, nextTime } from '../../src/runs/schedule.ts'
import type { JobState } from '../../src/runs/sync-state.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const zone = process.env['TZ']
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

/** crontab(5), naively: whether a minute is one of an expression's, by looking at every field of it in UTC. */
function matches(cron: string, time: number): boolean {
  const date = new Date(time)
  const [minute, hour, day, month, weekday] = cron.split(' ') as [string, string, string, string, string]
  const isIn = (field: string, value: number) =>
    field.split(',').some((part) => {
      const [range, step = '1'] = part.split('/') as [string, string?]
      const [low, high] = range === '*' ? [0, 99] : (range.split('-').map(Number) as [number, number?])
      return value >= low && value <= (high ?? low) && (value - (range === '*' ? 0 : low)) % Number(step) === 0
    })
  const isDay = isIn(day, date.getUTCDate())
  const isWeekday = isIn(weekday, date.getUTCDay())
  // "if both fields are restricted, the command will be run when either field matches"
  const isOfDays = day === '*' || weekday === '*' ? isDay && isWeekday : isDay || isWeekday
  return (
    isIn(minute, date.getUTCMinutes()) &&
    isIn(hour, date.getUTCHours()) &&
    isIn(month, date.getUTCMonth() + 1) &&
    isOfDays
  )
}

function naiveNext(cron: string, after: number, days: number): number | null {
  for (let at = Math.floor(after / MINUTE) * MINUTE + MINUTE; at <= after + days * 24 * HOUR; at += MINUTE)
    if (matches(cron, at)) return at
  return null
}

describe('next time', () => {
  const field = (low: number, high: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: low, max: high }).map(String),
      fc
        .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 2, maxLength: 3 }).map((all) => all.join(',')),
    )
  const minutes = fc.oneof(
    field(0, 59),
    fc.integer({ min: 2, max: 30 }).map((n) => `*/${n}`),
  )
  const crons = fc
    .tuple(minutes, field(0, 23), fc.oneof(fc.constant('*'), field(1, 28)), fc.constant('*'), field(0, 6))
    .map((fields) => fields.join(' '))

  test('is the first minute after that the expression has, as crontab(5) reads it', () => {
    const start = Date.UTC(2024, 1, 20)
    fc.assert(
      fc.property(crons, fc.integer({ min: 0, max: 30 * 24 * HOUR }), (cron, shift) => {
        const after = start + shift
        const expected = naiveNext(cron, after, 8)
        const found = nextTime(cron, after)
        if (expected === null) expect(found === null || found > after + 8 * 24 * HOUR - MINUTE).toBe(true)
        else expect(found).toBe(expected)
      }),
      { numRuns: 80 },
    )
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])(
    'no hour comes twice or never in %s',
    (name) => {
      process.env['TZ'] = name
      // the nights in which clocks are set there: 29 March, 8 March, 5 April; 25 October, 1 November, 4 October
      for (const [month, day] of [
        [2, 29],
        [2, 8],
        [3, 5],
        [9, 25],
        [10, 1],
        [9, 4],
      ] as const) {
        // biome-ignore format: pairs
        let at = Date.UTC(2026, month, day - 1, 12)
        for (let k = 0; k < 36; k++) {
          const next = nextTime('30 * * * *', at)!
          expect(next - at).toBe(k === 0 ? HOUR / 2 : HOUR)
          at = next
        }
        expect(nextTime('30 2 * * *', Date.UTC(2026, month, day))).toBe(Date.UTC(2026, month, day, 2, 30))
      }
    },
  )

  test('is after, not at, the time it is asked for', () => {
    expect(nextTime('2 * * * *', Date.UTC(2026, 0, 1, 5, 2))).toBe(Date.UTC(2026, 0, 1, 6, 2))
    expect(nextTime('2 * * * *', Date.UTC(2026, 0, 1, 5, 1, 59, 999))).toBe(Date.UTC(2026, 0, 1, 5, 2))
  })
})

describe('what is wrong with an expression', () => {
  test.each(['2 * * * *', '@daily', '*/5 0-6 1,15 * 1-5', '0 5 * * SUN'])('%s: nothing', (cron) => {
    expect(cronFault(cron)).toBeNull()
  })
  test.each(['', '2 * * *', '60 * * * *', '0 24 * * *', '* * * * * *', 'hourly', '@reboot', '0 0 30 2 *'])(
    '%s: is said',
    (cron) => {
      expect(cronFault(cron)).toMatch(/five fields in UTC|no day is like that/)
    },
  )
})

describe('due', () => {
  const NOW = Date.UTC(2026, 10, 26, 12, 30)
  const ended = (started: number, outcome: JobState['outcome'] = 'done') => ({ started, outcome })

  test('a job that was never run, was killed, or was stopped is due at once', () => {
    const recent = NOW - MINUTE
    expect(dueTime('2 * * * *', undefined, NOW)).toBe(NOW)
    expect(dueTime('2 * * * *', ended(recent, 'running'), NOW)).toBe(NOW)
    expect(dueTime('2 * * * *', ended(recent, 'stopped'), NOW)).toBe(NOW)
  })
  test('every other at its first time after it was last started, a failed one too', () => {
    const at = Date.UTC(2026, 10, 26, 12, 2)
    expect(dueTime('2 * * * *', ended(at), NOW)).toBe(at + HOUR)
    expect(dueTime('2 * * * *', ended(at, 'failed'), NOW)).toBe(at + HOUR)
    expect(dueTime('2 * * * *', ended(at - 50 * HOUR), NOW)).toBe(at - 49 * HOUR)
  })
  test('what a wrong clock has recorded for the future is not waited for', () => {
    expect(dueTime('0 5 * * 0', ended(Date.UTC(2031, 0, 1)), NOW)).toBe(NOW)
  })
})

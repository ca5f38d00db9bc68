import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Alarm, brokerStands, haltStands } from '../../../src/runs/paper/alarm.ts'
import { AlarmBook } from '../../../src/runs/paper/alarm-book.ts'
import { readAlarms } from '../../../src/runs/paper/alarm-file.ts'
import type { FeedRemark } from '../../../src/runs/paper/feed.ts'
import { overWith, remarkAlarm, remarkOver } from '../../../src/runs/paper/remark-alarm.ts'
import type { SessionEvent } from '../../../src/runs/paper/session-event.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'

const scratch = mkdtempSync(join(tmpdir(), 'klinelab-alarms-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const STOP = 'klinelab paper stop one'

let dir = ''
let told: SessionEvent[] = []
const book = () => {
  told = []
  return new AlarmBook({
    ...{ dir, tell: (event) => told.push(event) },
    redact: <T>(value: T) => JSON.parse(JSON.stringify(value).replaceAll('SECRET', '***')) as T,
  })
}
beforeEach(() => {
  dir = mkdtempSync(join(scratch, 'one-'))
})

const alarm = (at: number, kind: string, stands?: string): Alarm => ({
  ...{ at, kind, severity: 'warning', text: `${kind} of SECRET`, facts: {} },
  ...(stands !== undefined && { stands }),
})
const ends = (all: readonly { readonly kind: string; readonly ended?: number | null }[]) =>
  all.map(({ kind, ended }) => [kind, ended])

describe('alarms of a session', () => {
  test('stand until what they are of is over, which is told once, and are so in its file', () => {
    const alarms = book()
    alarms.raise(alarm(1, 'silent', 'feed silent SECRET'))
    alarms.raise(alarm(2, 'late-bar'))
    alarms.end('feed silent other', 3)
    expect(ends(alarms.all)).toEqual([
      ['silent', null],
      ['late-bar', undefined],
    ])
    alarms.end('feed silent SECRET', 4)
    alarms.end('feed silent SECRET', 5)
    const over = told.filter(({ type }) => type === 'over')
    expect(over).toEqual([{ type: 'over', at: 4, alarm: alarms.all[0] }])
    expect(ends(alarms.all)[0]).toEqual(['silent', 4])
    expect(readAlarms(dir)).toEqual(alarms.all)
    expect(JSON.stringify(alarms.all)).not.toContain('SECRET')
    // it may come back
    alarms.raise(alarm(6, 'silent', 'feed silent SECRET'))
    expect(ends(book().all)).toEqual([
      ['silent', 4],
      ['late-bar', undefined],
      ['silent', null],
    ])
  })

  test('of feed and broker are over with their process, those of a halt when a person has looked, those of drift by themselves', () => {
    book().raise(alarm(1, 'a', 'feed a'))
    const next = book()
    next.raise(alarm(2, 'b', brokerStands('b')))
    next.raise(alarm(3, 'c', haltStands('c')))
    next.raise(alarm(4, 'drift-return', 'drift-return'))
    next.endOfProcess(5)
    expect(ends(next.all)).toEqual([
      ['a', 5],
      ['b', 5],
      ['c', null],
      ['drift-return', null],
    ])
    next.resumed(6)
    expect(ends(next.all).slice(2)).toEqual([
      ['c', 6],
      ['drift-return', null],
    ])
    expect(readAlarms(dir)).toEqual(next.all)
  })
})

describe('alarms of a feed', () => {
  const file = {
    slots: [{ series: 'A' }, { series: 'B' }],
    safety: {},
    broker: 'local',
    name: 'one',
  } as unknown as SessionFile
  const bar = { slot: 1, openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 }
  const over = {
    remark: (remark: FeedRemark) => [remarkOver(remark, file)],
    instant: (slot: number, funded: readonly number[] = []) => [
      ...overWith(
        {
          ...{ kind: 'instant', at: 1, how: 'live', heard: 0, bars: [{ ...bar, slot }] },
          funding: funded.map((time) => ({ slot, time, rate: 0, mark: null })),
        },
        file,
      ),
    ],
  }

  test.each<readonly [FeedRemark, readonly (string | null)[], readonly (string | null)[]]>([
    [
      { kind: 'silent', slot: 1, since: 0, allowed: 1 },
      over.remark({ kind: 'heard', slot: 1, after: 5 }),
      over.remark({ kind: 'heard', slot: 0, after: 5 }),
    ],
    [
      { kind: 'disconnected', venue: 'binance', why: 'w' },
      over.remark({ kind: 'connected', venue: 'binance' }),
      over.remark({ kind: 'connected', venue: 'kraken' }),
    ],
    [{ kind: 'passed', slot: 1, at: 1, waited: 1 }, over.instant(1), over.instant(0)],
    [{ kind: 'no-funding', slot: 1, time: 7, why: 'w' }, over.instant(1, [7]), over.instant(1, [8])],
  ])('$kind is over with its own end, and with no other', (remark, own, other) => {
    const { stands } = remarkAlarm(remark, file, 1, STOP)!
    expect(stands).toEqual(expect.any(String))
    expect(own).toContain(stands)
    expect(other).not.toContain(stands)
  })

  test('of a silence say at a simulated exchange that its replay may have ended, and nowhere else', () => {
    const remark = { kind: 'silent', slot: 0, since: 0, allowed: 1 } as const
    const url = 'exchange http://127.0.0.1:8787'
    expect(remarkAlarm(remark, { ...file, broker: url }, 1, STOP)!.text).toMatch(
      /; if the replay of exchange http:\/\/127\.0\.0\.1:8787 has ended or stands, nothing more comes: klinelab paper stop one ends this session$/,
    )
    for (const broker of ['local', 'demo'])
      expect(remarkAlarm(remark, { ...file, broker }, 1, STOP)!.text).not.toContain('replay')
  })

  test('of a connection that was lost say so once', () => {
    const said = (why: string) => remarkAlarm({ kind: 'disconnected', venue: 'binance', why }, file, 1, STOP)!.text
    expect(said('the connection was lost')).toBe('binance: the connection was lost')
    expect(said('ECONNRESET')).toBe('binance: the connection was lost: ECONNRESET')
  })

  test('of a moment end with nothing', () => {
    expect(remarkAlarm({ kind: 'hole', slot: 0, from: 0, to: 1, why: 'w' }, file, 1, STOP)!.stands).toBeUndefined()
    expect(remarkAlarm({ kind: 'late', bar, at: 0, by: 1 }, file, 1, STOP)!.stands).toBeUndefined()
  })
})

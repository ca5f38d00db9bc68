import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lineOf, logEntries } from '../../../../src/runs/paper/watch/log-entry.ts'
import { LogFile } from '../../../../src/runs/paper/watch/log-file.ts'
import { redactor } from '../../../../src/runs/paper/watch/redaction.ts'
import { scratch } from '../../../cli/klinelab.ts'

/** Machines are busy. */
const soon = <T>(of: () => T) => expect.poll(of, { timeout: 15_000 })

test('a line has its level, its times and its fields, added to those that are there, and no secret in any of them', async () => {
  const dir = scratch({ 'log.jsonl': '{"before":1}\n' })
  const log = new LogFile(
    dir,
    'ab12',
    redactor((text) => text.replaceAll('hunter22', '***')),
    () => undefined,
  )
  const fields = { msg: 'mine', deep: [{ signature: 'hunter23' }, 'hunter22'] }
  log.write({ level: 'warn', event: 'fill', at: 5, text: 'token=hunter24 hunter22', fields })
  log.write({ level: 'debug', event: 'log', at: null, text: 'unheard', fields: {} })
  await log.close()
  const text = readFileSync(join(dir, 'log.jsonl'), 'utf8')
  expect(text).not.toMatch(/hunter2/)
  const [before, line, ...more] = text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one))
  expect([before, more]).toEqual([{ before: 1 }, []])
  const { time, ...rest } = line
  expect(rest).toEqual({
    ...{ level: 'warn', session: 'ab12', event: 'fill', at: 5, msg: 'token=*** ***' },
    fields: { msg: 'mine', deep: [{ signature: '***' }, '***'] },
  })
  expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000)
})

test('a file that cannot be written is told of once, and ends nothing', async () => {
  const faults: string[] = []
  const log = new LogFile(
    join(scratch(), 'gone'),
    'ab12',
    (value) => value,
    (text) => faults.push(text),
  )
  for (let k = 0; k < 3; k++) log.write({ level: 'info', event: 'log', at: null, text: 'x', fields: {} })
  await log.close()
  expect(faults.length).toBe(1)
  expect(faults[0]).toMatch(/log\.jsonl: lines of the log are lost: ENOENT/)
})

test.skipIf(!existsSync('/dev/full'))(
  'a disk that is full is told of once, and the end waits for it no longer than a moment',
  async () => {
    const dir = scratch()
    symlinkSync('/dev/full', join(dir, 'log.jsonl'))
    const faults: string[] = []
    const log = new LogFile(
      dir,
      'ab12',
      (value) => value,
      (text) => faults.push(text),
    )
    const write = () => log.write({ level: 'info', event: 'log', at: null, text: 'x', fields: {} })
    write()
    await soon(() => faults.length).toBe(1)
    write()
    await log.close()
    expect(faults).toEqual([expect.stringMatching(/lines of the log are lost: ENOSPC/)])
  },
)

test('a line for a terminal is one line, whatever is in it, and has the time of its bar', () => {
  const alarm = {
    at: Date.UTC(2024, 0, 2),
    kind: 'loss',
    severity: 'critical',
    text: 'a\nb\u001b[2Jc',
    facts: {},
  } as const
  const [entry] = logEntries({ type: 'alarm', alarm })
  expect(lineOf(entry!, false)).toBe('2024-01-02 error: loss: a b [2Jc')
  expect(lineOf(entry!, true)).toBe('\u001b[31m2024-01-02 error: loss: a b [2Jc\u001b[0m')
  const [plain] = logEntries({ type: 'log', level: 'info', text: 'so', fields: {} })
  expect(lineOf(plain!, true)).toBe('so')
})

test('of an alarm that is over the log says what it was of and since when, and not its text again', () => {
  const lasting = { at: Date.UTC(2024, 0, 2), severity: 'warning', text: 'do this and that', facts: {} } as const
  const over = (kind: string, stands: string) => {
    const alarm = { ...lasting, kind, stands, ended: Date.UTC(2024, 0, 3) }
    return logEntries({ type: 'over', alarm, at: alarm.ended }).map((entry) => lineOf(entry, false))
  }
  expect(over('silent', 'feed silent binance:BTCUSDT:1m')).toEqual([
    '2024-01-03 over: silent binance:BTCUSDT:1m, since 2024-01-02',
  ])
  expect(over('stream-lost', 'broker stream-lost  ')).toEqual(['2024-01-03 over: stream-lost, since 2024-01-02'])
  expect(over('no-funding', `feed no-funding x:Y:1h ${Date.UTC(2024, 0, 2, 8)}`)).toEqual([
    '2024-01-03 over: no-funding x:Y:1h 2024-01-02T08:00, since 2024-01-02',
  ])
})

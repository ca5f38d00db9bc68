import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../data/command.ts'
import { hourlyCsv, scratch } from './klinelab.ts'

test('data check shows the first twenty rows that an import left out, each with its place and reason', async () => {
  // from the fifth on every row is bad: its high is below its low
  const good = [100, 102, 99, 101] as const
  const csv = hourlyCsv(Array.from({ length: 30 }, (_, k) => (k < 4 ? good : ([100, 90 + k / 100, 99, 100] as const))))
  const cwd = scratch({ 'rows.csv': csv })
  const store = join(cwd, 'store')
  const series = 'binance:TESTUSDT:1h'
  const brought = await command(
    ['data', 'import', join(cwd, 'rows.csv'), '--as', series, '--on-error', 'skip-rows'],
    store,
  )
  expect(brought).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = await command(['data', 'check', series], store)
  const lines = stdout.trimEnd().split('\n')
  const at = lines.findIndex((line) => line.endsWith('26 bad rows skipped'))
  expect(lines[at + 1]!.trim().split(/ +/)).toEqual(['file', 'row', 'field', 'value', 'reason'])
  // line 1 of the file is its header, so the fifth row is line 6
  const shown = Array.from({ length: 20 }, (_, k) => ['rows.csv', String(6 + k), 'high', String(90 + (4 + k) / 100)])
  const rows = lines.slice(at + 3, at + 23).map((line) => line.trim().split(/ +/))
  expect(rows.map((row) => row.slice(0, 4))).toEqual(shown)
  for (const row of rows) expect(row.slice(4).join(' ')).toBe('is below the low 99')
  expect(lines.slice(at + 23)).toEqual(['  … and 6 more; all of them: --json'])
})

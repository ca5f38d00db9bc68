import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../data/command.ts'
import { zipOf } from '../data/klines.ts'
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

test('a file that cannot be read is left out with --on-error skip-file, and told with its reason, then and by data check', async () => {
  const csv = hourlyCsv(Array.from({ length: 30 }, () => [100, 102, 99, 101] as const))
  const cwd = scratch({ 'good.csv': csv, 'torn.zip': zipOf({ 'a.csv': csv }).subarray(0, -30) })
  const store = join(cwd, 'store')
  const series = 'binance:TESTUSDT:1h'
  const files = [join(cwd, 'good.csv'), join(cwd, 'torn.zip')]
  const importing = ['data', 'import', ...files, '--as', series, '--on-error', 'skip-file']
  const brought = await command(importing, store)
  expect(brought).toMatchObject({ code: 0, stderr: '' })
  expect(brought.stdout).toContain('30 new bars from 2 files')
  expect(brought.stdout).not.toContain('bad row')
  expect(brought.stdout).toMatch(
    /\n {2}1 file skipped, listed in the manifest: \S+torn\.zip \(is a damaged or truncated zip \(.+\); fetch it again\)\n/,
  )
  const { skippedFiles, skipped } = JSON.parse((await command([...importing, '--json'], store)).stdout)
  expect(skippedFiles).toEqual([files[1]])
  expect(skipped).toMatchObject([{ file: files[1], row: 0, field: 'file' }])
  const { stdout } = await command(['data', 'check', series], store)
  expect(stdout).toMatch(/, 0 bad rows and 1 unreadable file skipped\n/)
  expect(stdout).toMatch(/\n {2}torn\.zip +file +is a damaged or truncated zip/)
})

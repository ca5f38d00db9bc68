import fs, { writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../src/data/duckdb.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { machineFault } from '../../src/data/machine-fault.ts'
import { scratch } from '../cli/klinelab.ts'
import { dump, NOW, START, TEST } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

const DAY = 24 * 3_600_000

/** Reading files called so fails with such a code until the test has ended. */
function failing(name: string, code: string): void {
  const { readFileSync } = fs
  const broken = (...args: Parameters<typeof readFileSync>) => {
    if (String(args[0]).endsWith(name)) throw Object.assign(new Error(`${code}: as a test has it`), { code })
    return readFileSync(...args)
  }
  fs.readFileSync = broken as typeof readFileSync
  syncBuiltinESMExports()
  onTestFinished(() => {
    fs.readFileSync = readFileSync
    syncBuiltinESMExports()
  })
}

test.each([
  ['EMFILE', 'ulimit -n'],
  ['ENFILE', 'ulimit -n'],
  ['ENOMEM', 'memory'],
  ['EIO', 'the disk'],
  ['EACCES', 'owner or mode'],
  ['EPERM', 'owner or mode'],
])('skip-file stops at %s, which is no fault of the file, and says what to do', async (code, cure) => {
  const { bringWith, store, cwd } = await storeBeside({
    'a.csv': dump(START, 24),
    'b.csv': dump(START + DAY, 24),
  })
  failing('b.csv', code)
  const refused = await bringWith({ onError: 'skip-file' }, 'a.csv', 'b.csv').catch((error: Error) => error)
  expect(refused).toMatchObject({ name: 'DataError', message: expect.stringContaining(join(cwd, 'b.csv')) })
  expect(refused).toMatchObject({ message: expect.stringMatching(new RegExp(`\\(${code}\\).*${cure}`)) })
  expect(await store.list()).toEqual([])
})

test('skip-file leaves out a file that is larger than can be read, which stays so', async () => {
  const { bringWith, cwd } = await storeBeside({ 'a.csv': dump(START, 24), 'b.csv': dump(START + DAY, 24) })
  failing('b.csv', 'ERR_FS_FILE_TOO_LARGE')
  const { skippedFiles } = await bringWith({ onError: 'skip-file' }, 'a.csv', 'b.csv')
  expect(skippedFiles).toEqual([join(cwd, 'b.csv')])
})

test('skip-file stops where there is no memory for a Parquet file', async () => {
  const cwd = scratch()
  const files = ['a.csv', 'b.parquet'].map((name) => join(cwd, name)) as [string, string]
  writeFileSync(files[0], dump(START, 24))
  await run(`copy (select 1704067200000 + range * 3600000 as open_time, 1.0 as open, 1.0 as high, 1.0 as low, 1.0 as close,
    hash(range)::varchar as volume from range(200000)) to '${files[1]}'`)
  await run("set memory_limit = '1MB'")
  // 'reset memory_limit' only changes what DuckDB says its limit is: whatever ran after this in the same worker ran out of memory
  onTestFinished(() => run(`set memory_limit = '${Math.floor(totalmem() / 2 ** 20)}MiB'`))
  const store = await openStore(join(cwd, 'store'))
  const refused = await importFiles(store, files, TEST, { now: NOW, onError: 'skip-file' }).catch(
    (error: Error) => error,
  )
  expect(refused).toMatchObject({ name: 'DataError', message: expect.stringContaining('its memory is used up') })
})

test.each([
  ['IO Error: Cannot open file "/d/a.parquet": Too many open files', 'ulimit -n'],
  ['IO Error: Cannot open file "/d/a.parquet": Permission denied', 'owner or mode'],
  ['IO Error: Could not read from file "/d/a.parquet": Input/output error', 'the disk'],
  ['Out of Memory Error: could not allocate block of size 256.0 KiB', 'memory'],
  ['Array buffer allocation failed', 'memory'],
])('"%s" is of the machine', (text, cure) =>
  expect(machineFault('/d/a.parquet', new Error(text))?.message).toContain(cure),
)

test.each([
  ["Invalid Input Error: No magic bytes found at end of file '/d/a.parquet'", '/d/a.parquet'],
  ["Invalid Input Error: File '/d/permission denied/a.parquet' too small", '/d/permission denied/a.parquet'],
  ['invalid distance too far back', '/d/a.zip'],
])('"%s" is of the file', (text, file) => expect(machineFault(file, new Error(text))).toBeNull())

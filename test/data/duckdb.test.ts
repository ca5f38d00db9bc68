import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { quoted, readDoubles, writeParquet } from '../../src/data/duckdb.ts'
import { scratch } from '../cli/klinelab.ts'

const ROWS = 300_000
const column = (name: string, of: (row: number) => number, rows = ROWS) => ({
  ...{ name, kind: 'double' as const },
  values: Float64Array.from({ length: rows }, (_, row) => of(row)),
})

test('columns come back as they were written, of many pieces and in their order, however many rows were expected', async () => {
  const file = join(scratch(), 'a.parquet')
  const written = [column('a', (row) => row), column('b', (row) => Math.sqrt(row))]
  await writeParquet(file, written)
  const of = (where: string) => `select a, b from read_parquet(${quoted(file)}) where ${where}`
  for (const expected of [0, 1000, ROWS, 2 * ROWS]) {
    const read = await readDoubles([of('a < 100000'), of('a >= 100000')], 2, expected)
    expect(read.map(({ length }) => length)).toEqual([ROWS, ROWS])
    expect(read.every((values, k) => values.every((value, row) => value === written[k]!.values[row]))).toBe(true)
  }
})

test('a file whose midst is spoilt is an error, and no shorter column', async () => {
  const file = join(scratch(), 'spoilt.parquet')
  await writeParquet(file, [column('a', (row) => Math.sin(row))])
  const bytes = readFileSync(file)
  bytes.fill(7, bytes.length >> 1, (bytes.length >> 1) + 4000)
  writeFileSync(file, bytes)
  await expect(readDoubles(`select a from read_parquet(${quoted(file)})`, 1, ROWS)).rejects.toThrow(/ZSTD|decompress/i)
})

test('what is no double, and a row without a value, are errors that name the column', async () => {
  await expect(readDoubles('select 1.0::double as a, 2::bigint as trades', 2, 1)).rejects.toThrow(
    'column trades is not of doubles',
  )
  const hole = 'select case when range = 70 then null else range::double end as volume from range(100)'
  await expect(readDoubles(hole, 1, 100)).rejects.toThrow('column volume has rows without a value')
  expect(await readDoubles(`${hole} where range <> 70`, 1, 100)).toEqual([
    Float64Array.from({ length: 100 }, (_, row) => row).filter((row) => row !== 70),
  ])
})

test('columns of unequal length are not written', async () => {
  const file = join(scratch(), 'b.parquet')
  await expect(writeParquet(file, [column('a', (row) => row, 5000), column('b', () => 1, 2500)])).rejects.toThrow(
    `${file}: column b has 2500 rows, not 5000`,
  )
})

test('a column of even steps comes back bit for bit, and so does one that only begins so', async () => {
  const start = Date.UTC(2022, 0, 1)
  const time = (row: number) => start + 60_000 * row
  const columns = [
    column('time', time),
    column('gap', (row) => time(row < ROWS - 1 ? row : row + 1)),
    column('halves', (row) => 1.5 + row),
    column('from zero', (row) => row),
    column('below', (row) => row - 5),
    column('falling', (row) => ROWS - row),
    column('far', (row) => 2 ** 53 - 2 * ROWS + 4 * row),
    column('constant', () => 10_000),
  ]
  const file = join(scratch(), 'even.parquet')
  await writeParquet(file, columns)
  const read = await readDoubles(`select * from read_parquet(${quoted(file)})`, columns.length, ROWS)
  const bits = ({ values }: { values: Float64Array }) => Buffer.from(values.buffer)
  const same = columns.map((one, k) => [one.name, bits(one).equals(bits({ values: read[k]! }))])
  expect(same).toEqual(columns.map(({ name }) => [name, true]))
})

test('columns that are all even are written', async () => {
  for (const count of [1, 2]) {
    const file = join(scratch(), `${count}.parquet`)
    const columns = [column('a', (row) => 1 + row, 5000), column('b', (row) => 2 + 3 * row, 5000)].slice(0, count)
    await writeParquet(file, columns)
    const read = await readDoubles(`select * from read_parquet(${quoted(file)})`, count, 5000)
    expect(read).toEqual(columns.map(({ values }) => values))
  }
})

test('what memory has no room for goes to a folder of its own among the temporary files, which ends with the process', () => {
  const script = `
    import { existsSync, readdirSync } from 'node:fs'
    import { run } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src/data/duckdb.ts')).href)}
    await run("set memory_limit = '8MB'")
    await run('create table t as select random() as r from range(3000000)')
    console.log(JSON.stringify([readdirSync('.'), readdirSync(process.env.TMPDIR)]))`
  const cwd = scratch()
  const temporary = scratch()
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    ...{ cwd, env: { ...process.env, TMPDIR: temporary }, encoding: 'utf8' },
  })
  const [here, there] = JSON.parse(stdout || stderr) as [string[], string[]]
  expect(here).toEqual([])
  expect(there).toEqual([expect.stringMatching(/^klinelab-duckdb-/)])
  expect(readdirSync(temporary)).toEqual([])
})

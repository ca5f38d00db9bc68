import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/data/duckdb.ts'
import { DataError, importFiles, openStore } from '../../src/data/index.ts'
import { readFiles } from '../../src/data/read-files.ts'
import { scratch } from '../cli/klinelab.ts'
import { dump, dumpRow, HOUR, NOW, PLAIN, plainCsv, START, TEST, zipOf } from './klines.ts'

const THREADS = [1, 2, 3] as const
const FILES = 40
const DAY = 24

/** Sorted by name as by time; what is in a file is told by its first bytes. */
const nameOf = (k: number, ending = 'dump') => `DAY-${String(k).padStart(2, '0')}.${ending}`
const hour = (k: number) => START + k * HOUR
const day = (k: number) => dump(hour(k * DAY), DAY)

/** The day with the row of one hour replaced. */
function dayWith(k: number, at: number, row: string): string {
  const rows = day(k).trimEnd().split('\n')
  rows[at] = row
  return rows.join('\n')
}

/** A row whose high is below its low. */
const impossible = (k: number, at: number) => dumpRow(hour(k * DAY + at), ['100', '99', '99.5', '100', '1'])
const zip = (text: string) => zipOf({ 'a.csv': text })

/** Forty days, a zip each, but for those given. */
function days(others: Readonly<Record<number, string | Uint8Array>> = {}): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, k): [string, string | Uint8Array] => [nameOf(k), others[k] ?? zip(day(k))]),
  )
}

/** A file ahead of them that takes so long that a thread with later ones is done sooner. */
const LONG = { 'AAA.csv': dump(hour(-5000), 5000) }

// as under the command line; starting a thread costs a third of what it does without
enableCompileCache(scratch())

type Options = Partial<Parameters<typeof importFiles>[3]>

/** Imports the same files into a store for each number of threads; the stores, and what came of it. */
async function onThreads(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}) {
  const cwd = scratch(files)
  const paths = Object.keys(files).map((name) => join(cwd, name))
  const outcomes = []
  for (const threads of THREADS) {
    const dir = join(cwd, 'stores', String(threads))
    const result = await importFiles(await openStore(dir), paths, TEST, { now: NOW, threads, ...options }).catch(
      (error: Error) => error,
    )
    outcomes.push({ dir, result })
  }
  return { cwd, outcomes }
}

function bytesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'base64')]),
  )
}

/** All went the same way, which is returned. */
async function sameResult(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}) {
  const { cwd, outcomes } = await onThreads(files, options)
  const [first, ...others] = outcomes
  if (first!.result instanceof Error) throw first!.result
  for (const other of others) {
    expect(other.result).toEqual(first!.result)
    expect(bytesOf(other.dir)).toEqual(bytesOf(first!.dir))
  }
  return { cwd, dir: first!.dir, result: first!.result }
}

/** All were refused with the same words, which are returned, and nothing was stored. */
async function sameRefusal(files: Readonly<Record<string, string | Uint8Array>>) {
  const { cwd, outcomes } = await onThreads({ ...LONG, ...files })
  const messages = outcomes.map(({ dir, result }) => {
    expect(result).toBeInstanceOf(DataError)
    expect(existsSync(dir)).toBe(false)
    return (result as DataError).message
  })
  expect(messages).toEqual(THREADS.map(() => messages[0]))
  return { cwd, message: messages[0]! }
}

describe('on one thread, two or three', () => {
  test('store, manifest and result are the same to the byte', async () => {
    const early = dumpRow(hour(3 * DAY + 23)).replace(`,${hour(4 * DAY) - 1},`, `,${hour(4 * DAY) - 60_000},`)
    const files = {
      ...days({
        2: gzipSync(day(2)),
        3: dayWith(3, 23, early),
        // an overlap with the day before, other decimals in between
        21: zip(dump(hour(20 * DAY + 12), DAY + 12)),
        30: plainCsv(Array.from({ length: DAY }, (_, k) => [hour(30 * DAY + k), '1', '1.5', '0.75', '1.25', '7'])),
      }),
      // the bytes of the first day again, and a bar that has not ended
      'ZZ-1.zip': zip(day(0)),
      'ZZ-2.csv': dumpRow(NOW),
    }
    const { result } = await sameResult(files)
    expect(result).toMatchObject({
      files: FILES + 2,
      read: FILES * DAY + 12 + DAY + 1,
      added: FILES * DAY,
      duplicates: 12 + DAY,
      unfinished: 1,
      outages: [hour(3 * DAY + 23)],
      skipped: [],
    })
    expect(result.manifest).toMatchObject({ from: hour(0), to: hour(FILES * DAY), gaps: [], priceDecimals: 2 })
    // a file that comes twice is one source
    expect(result.manifest.sources.map(({ name }) => name)).toEqual(
      Object.keys(files).filter((name) => name !== 'ZZ-1.zip'),
    )
  })

  test('the first bad file in the order is named, whichever was read first', async () => {
    const { cwd, message } = await sameRefusal(
      days({ 1: zip(dayWith(1, 4, impossible(1, 4))), 38: zip(dayWith(38, 0, impossible(38, 0))) }),
    )
    expect(message).toBe(
      `${join(cwd, nameOf(1))}, line 5: high "99" is below the low 99.5. Nothing was stored; correct the file, or use --on-error skip-rows to leave such rows out.`,
    )
  })

  test.each<[string, (torn: Buffer) => Uint8Array, RegExp]>([
    ['a zip that is cut off', (torn) => torn.subarray(0, -30), /is a damaged or truncated zip \(.+\); fetch it again$/],
    ['an empty file', () => new Uint8Array(), /: is empty; fetch it again$/],
  ])('%s is named ahead of a bad row behind it', async (_, spoil, reason) => {
    const { cwd, message } = await sameRefusal(
      days({ 20: spoil(zip(day(20))), 21: zip(dayWith(21, 0, impossible(21, 0))) }),
    )
    expect(message.startsWith(`${join(cwd, nameOf(20))}: `)).toBe(true)
    expect(message).toMatch(reason)
  })

  test('a file whose name says another series is named in its place', async () => {
    const bad = days({ 1: zip(dayWith(1, 0, impossible(1, 0))) })
    const wrong = zip(day(FILES))
    // names sort as letters do: AAA, ABCUSDT, DAY-…, XYZUSDT
    const ahead = await sameRefusal({ ...bad, 'ABCUSDT-1h.zip': wrong })
    expect(ahead.message).toMatch(/ABCUSDT-1h\.zip: the file's name says ABCUSDT, --as says TESTUSDT/)
    const behind = await sameRefusal({ ...bad, 'XYZUSDT-1h.zip': wrong })
    expect(behind.message).toMatch(/DAY-01\.dump, line 1: high "99" is below/)
  })

  test('two files that contradict each other are named with their lines', async () => {
    const cheaper = dumpRow(hour(DAY + 3), ['100', '101.5', '99.25', '100.74', '1'])
    const files = days({
      1: zip(dayWith(1, 3, cheaper)),
      30: zip(`${dumpRow(hour(DAY + 2))}\n${dumpRow(hour(DAY + 3))}`),
    })
    const { outcomes, cwd } = await onThreads(files)
    const line = `${join(cwd, nameOf(1))} row 4 has close 100.74, ${join(cwd, nameOf(30))} row 2 has 100.75`
    for (const { dir, result } of outcomes) {
      expect(result).toBeInstanceOf(DataError)
      expect((result as DataError).message).toContain(`two different rows for 2024-01-02T03:00:00.000Z: ${line}`)
      expect(await (await openStore(dir)).list()).toEqual([])
    }
  })

  test.each(['skip-rows', 'skip-file'] as const)('%s lists the same rows in the same order', async (onError) => {
    const bad = [1, 2, 17, 33, 39]
    const { cwd, dir, result } = await sameResult(
      days(
        Object.fromEntries(
          bad.map((k) => [
            k,
            zip(dayWith(k, 5, impossible(k, 5)).replace(dumpRow(hour(k * DAY + 7)), `${hour(k * DAY + 7)},x`)),
          ]),
        ),
      ),
      { onError },
    )
    expect(result.skipped.map(({ file, row, field }) => [file, row, field])).toEqual(
      bad.flatMap((k) => [
        [join(cwd, nameOf(k)), 6, 'high'],
        [join(cwd, nameOf(k)), 8, 'row'],
      ]),
    )
    const isWhole = onError === 'skip-file'
    expect(result.skippedFiles).toEqual(isWhole ? bad.map((k) => join(cwd, nameOf(k))) : [])
    expect(result.added).toBe(FILES * DAY - bad.length * (isWhole ? DAY : 2))
    const { openTime } = await (await openStore(dir)).load(TEST)
    const out = new Set(
      bad.flatMap((k) =>
        (isWhole ? Array.from({ length: DAY }, (_, at) => at) : [5, 7]).map((at) => hour(k * DAY + at)),
      ),
    )
    const all = Array.from({ length: FILES * DAY }, (_, k) => hour(k))
    expect([...openTime]).toEqual(all.filter((time) => !out.has(time)))
  })

  test('skip-file leaves out what cannot be read, wherever it lies', async () => {
    const torn = zip(day(4)).subarray(0, -30)
    const { cwd, dir, result } = await sameResult(
      days({ 0: new Uint8Array(), 4: torn, 20: 'a page, no klines', 39: gzipSync(day(39)).subarray(0, 40) }),
      { onError: 'skip-file' },
    )
    const out = [0, 4, 20, 39]
    expect(result.skippedFiles).toEqual(out.map((k) => join(cwd, nameOf(k))))
    expect(result.skipped.map(({ row, field }) => [row, field])).toEqual(out.map(() => [0, 'file']))
    expect(result.added).toBe((FILES - out.length) * DAY)
    const { openTime } = await (await openStore(dir)).load(TEST)
    expect(openTime[0]).toBe(hour(DAY))
  })

  test('what a bad row looks like is told from its own file', async () => {
    const quarters = Array.from({ length: 8 }, (_, k) => dumpRow(hour(5 * DAY) + k * 900_000, PLAIN, '15m'))
    const { message } = await sameRefusal(days({ 5: zip(quarters.join('\n')) }))
    expect(message).toMatch(/DAY-05\.dump, line 2: .*; the rows are 15m apart: import them as 15m\. Nothing was stored/)
  })

  test('Parquet among them, by name or not, is read all the same', async () => {
    const cwd = scratch()
    const prices = ['open', 'high', 'low', 'close', 'volume'].map((name, k) => `${PLAIN[k]}::double as ${name}`)
    const bars = `select ${hour(25 * DAY)} + k * ${HOUR} as open_time, ${prices.join(', ')} from range(${DAY}) t(k)`
    await run(`copy (${bars}) to '${join(cwd, 'a')}' (format parquet)`)
    const parquet = readFileSync(join(cwd, 'a'))
    const { result } = await sameResult(days({ 25: parquet }))
    expect(result).toMatchObject({ added: FILES * DAY, read: FILES * DAY })
    const { [nameOf(25)]: _, ...rest } = days()
    expect((await sameResult({ ...rest, [nameOf(25, 'parquet')]: parquet })).result.added).toBe(result.added)
  })

  test('progress goes from no file to all of them', async () => {
    const files = days()
    const cwd = scratch(files)
    for (const threads of THREADS) {
      const told: number[] = []
      const onProgress = (done: number, total: number) => {
        expect(total).toBe(FILES)
        told.push(done)
      }
      const store = await openStore(join(cwd, 'stores', String(threads)))
      await importFiles(
        store,
        [...Object.keys(files)].map((name) => join(cwd, name)),
        TEST,
        { now: NOW, threads, onProgress },
      )
      expect(told[0]).toBe(0)
      expect(told.at(-1)).toBe(FILES)
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
      expect(told.length).toBeGreaterThan(2)
    }
  })
})

describe('a thread', () => {
  const reading = async (worker: URL) => {
    const files = days()
    const cwd = scratch(files)
    return readFiles(
      Object.keys(files).map((name) => join(cwd, name)),
      TEST,
      { now: NOW, threads: 2 },
      worker,
    )
  }

  test.each<[string, string | null, RegExp]>([
    ['that cannot be started', null, /Cannot find module/],
    ['that ends while it reads', 'process.exit(3)', /it ended with 3/],
    ['that fails while it reads', 'throw new Error("out of luck\\nand more")', /out of luck/],
  ])('%s is a plain error, not a stack', async (_, does, reason) => {
    const listens = `import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => { ${does} })\n`
    const cwd = scratch(does === null ? {} : { 'worker.mjs': listens })
    const error = await reading(pathToFileURL(join(cwd, 'worker.mjs'))).catch((problem: Error) => problem)
    expect(error).toBeInstanceOf(DataError)
    const { message } = error as DataError
    expect(message).toMatch(reason)
    expect(message).toMatch(
      /^a thread that reads the files could not be started or kept \([^\n]*\); nothing was stored\./,
    )
    expect(message).not.toContain('\n')
  })
})

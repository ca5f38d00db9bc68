import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appendTrials, readLedger } from '../../src/search/ledger.ts'
import { lineOf } from '../../src/search/ledger-line.ts'
import { scratch } from '../cli/klinelab.ts'
import { madeReturns, madeTrial } from './made-trials.ts'

const WRITER = join(import.meta.dirname, 'ledger-writer.ts')
const ledger = () => join(scratch(), 'reports', 'ledger.jsonl')
const many = (first: number, count: number) => Array.from({ length: count }, (_, k) => madeTrial(first + k))
const numbers = (file: string) => readLedger(file).entries.map(({ params }) => params['fast'])

function writer(...args: readonly (string | number)[]): ChildProcess {
  return spawn(process.execPath, [WRITER, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
}
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('close', resolve))

describe('the ledger', () => {
  test('one that is not there is empty; its folder is made with the first line', () => {
    const file = ledger()
    expect(readLedger(file)).toEqual({ file, entries: [], unreadable: 0, unreadableAt: [] })
    appendTrials(file, [])
    expect(existsSync(file)).toBe(false)
    appendTrials(file, many(0, 2))
    appendTrials(file, many(2, 1))
    expect(numbers(file)).toEqual([0, 1, 2])
    expect(readFileSync(file, 'utf8')).toBe(many(0, 3).map(lineOf).join(''))
  })

  test('more than a batch and more than a read hold, with letters of several bytes', () => {
    const file = ledger()
    const returns = madeReturns(1)
    const entries = many(0, 12_000).map((entry) => ({ ...entry, returns, name: 'größe'.repeat(5) }))
    appendTrials(file, entries)
    const read = readLedger(file)
    expect(readFileSync(file).length).toBeGreaterThan(9e6)
    expect(read.unreadable).toBe(0)
    expect(read.entries.map(({ params }) => params['fast'])).toEqual(entries.map(({ params }) => params['fast']))
    expect(new Set(read.entries.map(({ name }) => name))).toEqual(new Set(['größe'.repeat(5)]))
  })

  test('100,000 trials are all there', () => {
    const file = ledger()
    appendTrials(file, many(0, 100_000))
    const { entries, unreadable } = readLedger(file)
    expect([entries.length, unreadable, new Set(entries.map(({ id }) => id)).size]).toEqual([100_000, 0, 100_000])
  })
})

describe('a torn ledger', () => {
  test('a last line that was cut off is told of, and nothing is appended to it', () => {
    const file = ledger()
    appendTrials(file, many(0, 3))
    const { length } = readFileSync(file)
    truncateSync(file, length - 5)
    expect(readLedger(file)).toMatchObject({ unreadable: 1, unreadableAt: [3] })
    appendTrials(file, many(3, 2))
    expect(numbers(file)).toEqual([0, 1, 3, 4])
    expect(readLedger(file)).toMatchObject({ unreadable: 1, unreadableAt: [3] })
    expect(readFileSync(file, 'utf8').split('\n')[3]).toBe(lineOf(madeTrial(3)).trimEnd())
  })

  test('cut off at any byte of the last line, the others are kept', () => {
    const file = ledger()
    const [first, second] = many(0, 2).map(lineOf) as [string, string]
    mkdirSync(join(file, '..'))
    // every byte of what is read first and last, some of what is between
    for (let at = 1; at < second.length; at += at > 40 && at < second.length - 40 ? 13 : 1) {
      writeFileSync(file, first + second.slice(0, at))
      // without its newline alone nothing is missing
      const isWhole = at === second.length - 1
      expect(numbers(file)).toEqual(isWhole ? [0, 1] : [0])
      expect(readLedger(file).unreadableAt).toEqual(isWhole ? [] : [2])
    }
  })

  test('a whole line behind a torn one, zeroes of a power cut, and text of another kind', () => {
    const file = ledger()
    mkdirSync(join(file, '..'))
    const [a, b, c, d] = many(0, 4).map(lineOf) as [string, string, string, string]
    writeFileSync(file, `${a}${b.slice(0, 80)}${c}${'\0'.repeat(4096)}${d}what is this\n{"v":1}\n\n${a}`)
    const read = readLedger(file)
    expect(read.entries.map(({ params }) => params['fast'])).toEqual([0, 2, 3, 0])
    expect([read.unreadable, read.unreadableAt]).toEqual([4, [2, 3, 4, 5]])
  })

  test('of very many damaged lines the first are named', () => {
    const file = ledger()
    mkdirSync(join(file, '..'))
    writeFileSync(file, 'x\n'.repeat(500))
    const { unreadable, unreadableAt } = readLedger(file)
    expect([unreadable, unreadableAt.length, unreadableAt.at(-1)]).toEqual([500, 20, 20])
  })

  test('a line of a newer version is an error that says where and what to do', () => {
    const file = ledger()
    appendTrials(file, many(0, 2))
    appendFileSync(file, '{"v":2,"trial":{}}\n')
    expect(() => readLedger(file)).toThrow(
      `${file}:3: was written by a newer klinelab (version 2 of the ledger); update klinelab, or count in another ledger with --ledger FILE`,
    )
  })
})

describe('several processes', () => {
  test('two that append 10,000 lines each, in batches of all sizes, lose none', async () => {
    const file = ledger()
    const codes = await Promise.all([ended(writer(file, 0, 10_000, 100)), ended(writer(file, 100_000, 10_000, 2_500))])
    expect(codes).toEqual([0, 0])
    const read = readLedger(file)
    expect([read.entries.length, read.unreadable]).toEqual([20_000, 0])
    const found = numbers(file).map(Number)
    // each in the order in which it was written
    for (const first of [0, 100_000])
      expect(found.filter((n) => n >= first && n < first + 10_000)).toEqual(
        Array.from({ length: 10_000 }, (_, k) => first + k),
      )
  })

  test('killed in the middle of its work, what it told of is there, and others go on', async () => {
    const file = ledger()
    for (let round = 0; round < 4; round++) {
      const child = writer(file, round * 1_000_000, 0, 1300)
      let told = ''
      child.stdout!.setEncoding('utf8')
      const enough = new Promise<void>((resolve) => {
        child.stdout!.on('data', (text: string) => {
          told += text
          if (told.split('\n').length > 3) resolve()
        })
      })
      const end = ended(child)
      await enough
      process.kill(child.pid!, 'SIGKILL')
      await end
      const last = Number(told.split('\n').at(-2))
      const found = numbers(file)
        .map(Number)
        .filter((n) => n >= round * 1_000_000)
      expect(found.length).toBeGreaterThanOrEqual(last - round * 1_000_000)
      expect(found).toEqual(Array.from({ length: found.length }, (_, k) => round * 1_000_000 + k))
    }
    const before = readLedger(file)
    // one torn line a kill at most
    expect(before.unreadable).toBeLessThanOrEqual(4)
    appendTrials(file, [madeTrial(-1)])
    expect(numbers(file)).toEqual([...before.entries.map(({ params }) => params['fast']), -1])
  })
})

describe('a ledger that cannot be written or read', () => {
  test('a folder, a file for a folder, a full device: the message names it and says what was not counted', () => {
    const dir = scratch({ file: '' })
    expect(() => appendTrials(dir, many(0, 1))).toThrow(
      `${dir}: one trial was not counted in the trial ledger: is a folder; name a file with --ledger FILE`,
    )
    expect(() => appendTrials(join(dir, 'file', 'ledger.jsonl'), many(0, 3))).toThrow(/3 trials were not counted/)
    expect(() => readLedger(dir)).toThrow(`${dir}: the trial ledger cannot be read (EISDIR)`)
    expect(() => appendTrials('/dev/full', many(0, 2))).toThrow(
      '/dev/full: 2 trials were not counted in the trial ledger: the disk is full; free some space, and run it again to count it',
    )
  })

  test('trials that are written, but of which the disk does not tell to have them, are not said to be missing', () => {
    const file = ledger()
    // Node's permission model is without fsync
    const flags = ['--no-warnings', '--permission', '--allow-fs-read=*', '--allow-fs-write=*']
    const { stderr } = spawnSync(process.execPath, [...flags, WRITER, file, '1', '2', '2'], { encoding: 'utf8' })
    expect(stderr).toContain(
      `${file}: the trial ledger has the trials, but could not be written through to the disk (ERR_ACCESS_DENIED): a loss of power may lose them`,
    )
    expect(numbers(file)).toEqual([1, 2])
  })

  const disk = scratch()
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status === 0

  test.skipIf(!isMounted)(
    'a disk that runs full within a batch keeps the whole lines and says how many are missing',
    () => {
      const file = join(disk, 'ledger.jsonl')
      try {
        const entries = many(0, 1000).map((entry) => ({ ...entry, returns: madeReturns(1) }))
        let message = ''
        try {
          appendTrials(file, entries)
        } catch (error) {
          message = (error as Error).message
        }
        const kept = numbers(file)
        expect(kept.length).toBeGreaterThan(200)
        expect(kept).toEqual(Array.from({ length: kept.length }, (_, k) => k))
        expect(message).toContain(`${file}: ${1000 - kept.length} trials were not counted`)
        expect(message).toContain('the disk is full')
        // what is torn is ended once there is room again
        truncateSync(file, readFileSync(file).length - 2000)
        const left = numbers(file)
        appendTrials(file, [madeTrial(5000)])
        expect(numbers(file)).toEqual([...left, 5000])
      } finally {
        spawnSync('umount', [disk])
      }
    },
  )
})

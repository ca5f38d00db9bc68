import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Journal } from '../../../src/runs/paper/journal.ts'
import { scratch } from '../../cli/klinelab.ts'

const fileIn = (dir: string) => join(dir, 'journal.log')

async function records(file: string): Promise<unknown[]> {
  const all: unknown[] = []
  const journal = await Journal.open(file, (record) => all.push(record))
  expect(journal.records).toBe(all.length)
  await journal.close()
  return all
}

async function written(file: string, all: readonly object[]): Promise<void> {
  const journal = await Journal.open(file, () => undefined)
  for (const record of all) {
    journal.write(record)
    await journal.flush()
  }
  await journal.close()
}

/** All at once: they share an fsync. */
async function committed(file: string, all: readonly object[]): Promise<void> {
  const journal = await Journal.open(file, () => undefined)
  for (const record of all) journal.write(record)
  await journal.close()
}

afterEach(() => vi.restoreAllMocks())

describe('a journal', () => {
  test('a line a record: checksum, a space, JSON', async () => {
    const file = fileIn(scratch())
    await written(file, [{ kind: 'a', text: 'é\n' }])
    const json = '{"kind":"a","text":"é\\n"}'
    expect(readFileSync(file, 'utf8')).toBe(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`)
  })

  test('told again in order when it is opened, and goes on from there', async () => {
    const file = fileIn(scratch())
    await written(file, [{ n: 1 }, { n: 2 }])
    await written(file, [{ n: 3 }])
    expect(await records(file)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  test('cut off at any byte, it holds the records that were whole by then, and takes new ones', async () => {
    const all = [
      { n: 1, text: 'first' },
      { n: 2, text: 'second' },
      { n: 3, text: 'and the third, which is longer' },
    ]
    const file = fileIn(scratch())
    await written(file, all)
    const whole = readFileSync(file)
    const ends = [0, ...[...whole].flatMap((byte, k) => (byte === 10 ? [k + 1] : []))]
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      writeFileSync(file, whole.subarray(0, bytes))
      const kept = ends.filter((end) => end > 0 && end <= bytes).length
      const told: unknown[] = []
      const journal = await Journal.open(file, (record) => told.push(record))
      expect(told).toEqual(all.slice(0, kept))
      expect(journal.cut === null).toBe(ends.includes(bytes))
      if (journal.cut !== null) expect(journal.cut).toEqual({ line: kept + 1, bytes: bytes - ends[kept]! })
      journal.write({ n: 99 })
      await journal.close()
      expect(await records(file)).toEqual([...all.slice(0, kept), { n: 99 }])
    }
  })

  test('zeros that the power left at its end are cut off too', async () => {
    const file = fileIn(scratch())
    await written(file, [{ n: 1 }])
    const { size } = statSync(file)
    truncateSync(file, size + 4096)
    expect(await records(file)).toEqual([{ n: 1 }])
    expect(statSync(file).size).toBe(size)
  })

  test('one damaged byte ahead of whole records is an error that names the line; in the last record it is a torn write', async () => {
    const file = fileIn(scratch())
    await written(
      file,
      Array.from({ length: 5 }, (_, n) => ({ n, text: 'some text' })),
    )
    const whole = readFileSync(file)
    const length = whole.length / 5
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(whole)
        bytes[at]! ^= flip
        writeFileSync(file, bytes)
        const line = Math.floor(at / length) + 1
        // without the newline between them the last two records are one line, and not a whole one
        const isJoined = line === 4 && at % length === length - 1
        if (line === 5 || isJoined) expect(await records(file)).toHaveLength(isJoined ? 3 : 4)
        else await expect(records(file)).rejects.toThrow(`${file}: line ${line} is damaged`)
      }),
      { numRuns: 60 },
    )
  })

  test('a page that is missing inside of an unfinished commit is cut off with what follows; inside of one before it, it is an error', async () => {
    const file = fileIn(scratch())
    const many = (from: number) => Array.from({ length: 64 }, (_, n) => ({ n: from + n, text: 'x'.repeat(60) }))
    await written(file, [{ n: 0 }])
    const first = statSync(file).size
    await committed(file, many(1))
    const second = statSync(file).size
    const whole = readFileSync(file)
    const lineAt = (at: number) => whole.subarray(0, at).toString().split('\n').length
    for (let at = first; at < second; at += 97) {
      writeFileSync(file, Buffer.from(whole).fill(0, at, Math.min(at + 512, second)))
      const told: unknown[] = []
      const journal = await Journal.open(file, (record) => told.push(record))
      expect(journal.cut?.line).toBe(lineAt(at))
      await journal.close()
      expect(told).toEqual([{ n: 0 }, ...many(1)].slice(0, lineAt(at) - 1))
    }
    for (const next of [[{ n: 99 }], many(99)]) {
      writeFileSync(file, whole)
      await committed(file, next)
      const longer = readFileSync(file)
      // without the newline between them two records are one line
      for (let at = 0; at < second - 1; at += 499) {
        writeFileSync(file, Buffer.from(longer).fill(0, at, Math.min(at + 512, second - 1)))
        await expect(records(file)).rejects.toThrow(`${file}: line ${lineAt(at)} is damaged`)
      }
    }
    writeFileSync(file, whole)
    expect(await records(file)).toEqual([{ n: 0 }, ...many(1)])
  })

  test('one flipped byte inside of a commit is found, whichever it is', async () => {
    const file = fileIn(scratch())
    await committed(file, [{ n: 1 }, { n: 2 }, { n: 3 }])
    const whole = readFileSync(file)
    const second = whole.indexOf(10) + 1
    const end = whole.indexOf(10, second)
    for (let at = second; at < end; at++)
      for (const flip of [0x01, 0x0b, 0x20, 0xff]) {
        const bytes = Buffer.from(whole)
        bytes[at]! ^= flip
        writeFileSync(file, bytes)
        expect(await records(file)).toEqual([{ n: 1 }])
      }
  })

  test('a flush is over when the file holds the record', async () => {
    const file = fileIn(scratch())
    const journal = await Journal.open(file, () => undefined)
    for (let n = 0; n < 20; n++) {
      journal.write({ n })
      await journal.flush()
      expect(readFileSync(file, 'utf8').split('\n')[n]).toContain(`{"n":${n}}`)
    }
    await journal.close()
  })

  test('those who wait at once share an fsync; who comes meanwhile waits for the next', async () => {
    const file = fileIn(scratch())
    const journal = await Journal.open(file, () => undefined)
    const handle = await open(file, 'r')
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'datasync')
    await handle.close()
    const flushed = (n: number) => {
      journal.write({ n })
      return journal.flush()
    }
    await Promise.all(Array.from({ length: 1000 }, (_, n) => flushed(n)))
    expect(sync).toHaveBeenCalledTimes(1)
    const first = flushed(1000)
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([first, flushed(1001), flushed(1002)])
    expect(sync).toHaveBeenCalledTimes(3)
    await journal.close()
    expect(await records(file)).toHaveLength(1003)
  })

  test('on a full disk nothing is flushed any more, half a record is taken back, and what was there stays', async () => {
    const file = fileIn(scratch())
    const journal = await Journal.open(file, () => undefined)
    journal.write({ n: 1 })
    await journal.flush()
    const { size } = statSync(file)
    const handle = await open(file, 'r')
    vi.spyOn(Object.getPrototypeOf(handle), 'write').mockImplementation(async (bytes) => {
      appendFileSync(file, (bytes as Buffer).subarray(0, 5))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
    await handle.close()
    journal.write({ n: 2 })
    await expect(journal.flush()).rejects.toThrow(`${file}: the disk is full`)
    journal.write({ n: 3 })
    await expect(journal.flush()).rejects.toThrow('the disk is full')
    vi.restoreAllMocks()
    await expect(journal.flush()).rejects.toThrow('the disk is full')
    await journal.close()
    expect(statSync(file).size).toBe(size)
    expect(await records(file)).toEqual([{ n: 1 }])
  })
})

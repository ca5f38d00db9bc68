import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { lineOf, readLine, type TrialIdentity, trialId, WrittenTrial } from '../../src/search/ledger-line.ts'
import { madeReturns, madeTrial } from './made-trials.ts'

const back = (line: string) => {
  const trial = readLine(line.replace(/\n$/, ''))
  if (!(trial instanceof WrittenTrial)) throw new Error(`no trial: ${line}`)
  return trial
}

const FIELDS = [
  'id', 'at', 'verb', 'run', 'name', 'series', 'from', 'to', 'status', 'trades', 'totalReturn', 'objective', 'params',
] as const // biome-ignore format: a list

describe('a line of the ledger', () => {
  test('every field comes back as it was, hashes shortened', () => {
    const entry = madeTrial(7, { trades: null, totalReturn: -0.25, objective: null, status: 'pruned' })
    const read = back(lineOf(entry))
    for (const field of FIELDS) expect([field, read[field]]).toEqual([field, entry[field]])
    expect([read.data, read.code]).toEqual(['da'.repeat(8), 'c0'.repeat(8)])
    expect(read.returns).toBe(null)
  })

  test('is plain JSON in one line, short enough', () => {
    const line = lineOf(madeTrial(7, { returns: madeReturns(3) }))
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(line.length).toBeLessThan(900)
    const json = JSON.parse(line) as Record<string, unknown>
    expect(Object.keys(json).join(' ')).toBe(
      'v id at verb run name series span data code status trades ret obj r params c',
    )
    const body = line.slice(0, line.indexOf(',"c":"'))
    expect(json['c']).toBe(crc32(body).toString(16).padStart(8, '0'))
  })

  test('names and parameters that look like a line, or hold quotes and new lines, change nothing', () => {
    const evil = '{"v":9,"at":5,"verb":"x","c":"00000000"}\n\\","status":"failed'
    const params = { at: 1, status: 'failed', c: evil, 'r":null,"params': true, __proto__x: 'ö' }
    const entry = madeTrial(1, { name: evil, run: evil, series: [evil, 'b'], params, returns: madeReturns(2) })
    const line = lineOf(entry)
    expect(line.trimEnd()).not.toContain('\n')
    const read = back(line)
    for (const field of FIELDS) expect([field, read[field]]).toEqual([field, entry[field]])
    expect(line.lastIndexOf('{"v":')).toBe(0)
    expect(read.returns?.days).toBe(366)
  })

  test('a figure that is no number is null', () => {
    const read = back(lineOf(madeTrial(1, { objective: Number.NaN, totalReturn: Number.POSITIVE_INFINITY })))
    expect([read.objective, read.totalReturn]).toEqual([null, null])
  })

  test.each([2, 9, 63, 64, 65, 366, 2000])('returns of %i days: moments exact, blocks within half a unit', (days) => {
    const returns = madeReturns(days, days)
    const read = back(lineOf(madeTrial(1, { returns }))).returns!
    const { sums, squares, ...moments } = returns
    expect(read).toMatchObject(moments)
    expect([read.sums.length, read.squares.length]).toEqual([Math.min(64, days), Math.min(64, days)])
    const unit = Math.max(...sums.map(Math.abs)) / 32_767
    const squareUnit = Math.max(...squares) / 65_535
    for (const [k, sum] of sums.entries()) {
      expect(Math.abs(read.sums[k]! - sum)).toBeLessThanOrEqual(0.5000001 * unit)
      expect(Math.abs(read.squares[k]! - squares[k]!)).toBeLessThanOrEqual(0.5000001 * squareUnit)
    }
  })

  test('what was read and is written again is the same line', () => {
    const line = lineOf(madeTrial(1, { returns: madeReturns(5) }))
    expect(lineOf(back(line))).toBe(line)
  })

  test('returns that never moved, and those that are no numbers', () => {
    const still = { ...madeReturns(1, 10), mean: 0, deviation: 0, sums: Array(10).fill(0), squares: Array(10).fill(0) }
    expect(back(lineOf(madeTrial(1, { returns: still }))).returns).toEqual(still)
    const broken = { ...still, mean: Number.NaN }
    expect(back(lineOf(madeTrial(1, { returns: broken }))).returns).toBe(null)
  })

  test('any byte changed, or cut off at any place, is no line', () => {
    const line = lineOf(madeTrial(12, { returns: madeReturns(4) })).trimEnd()
    for (let at = 0; at < line.length; at++) {
      const other = line[at] === '0' ? '1' : '0'
      expect(readLine(`${line.slice(0, at)}${other}${line.slice(at + 1)}`)).not.toBeInstanceOf(WrittenTrial)
      expect(readLine(line.slice(0, at))).toBe(null)
    }
  })

  test('a newer version is told by its number', () => {
    expect(readLine('{"v":2,"whatever":[]}')).toBe(2)
    expect(readLine('{"v":0,"id":""}')).toBe(null)
    expect(readLine('{"vv":2,')).toBe(null)
  })
})

describe('the identity of a trial', () => {
  const facts = { name: 'a', params: { fast: 1, slow: 2 }, data: 'd', code: 'c', settings: 's' }

  test('is the same in whatever order parameters are named', () => {
    expect(trialId({ ...facts, params: { slow: 2, fast: 1 } })).toBe(trialId(facts))
    expect(trialId(facts)).toMatch(/^[0-9a-f]{24}$/)
  })

  test.each<Partial<TrialIdentity>>([
    { name: 'b' },
    { params: { fast: 1, slow: 3 } },
    { params: { fast: '1', slow: 2 } },
    { params: { fast: 1, slow: 2, more: true } },
    { data: 'e' },
    { code: 'e' },
    { settings: 'e' },
  ])('is another with %o', (change) => {
    expect(trialId({ ...facts, ...change })).not.toBe(trialId(facts))
  })
})

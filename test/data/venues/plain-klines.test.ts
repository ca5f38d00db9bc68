import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { fetchBars, type Page } from '../../../src/data/collect/fetch-bars.ts'
import { addBar } from '../../../src/data/collect/store-bars.ts'
import { DECIMAL_FIELDS, RowBuffer } from '../../../src/data/rows.ts'
import { BINANCE_USDM } from '../../../src/data/venues/binance-usdm.ts'
import { readPlainKlines } from '../../../src/data/venues/plain-klines.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { toldHttp } from '../collect/quick-http.ts'

const MINUTE = 60_000
const START = Date.UTC(2024, 0, 1)
const KLINES = parseSeries('binance-usdm:BTCUSDT:1m')
const MARKS = parseSeries('binance-usdm:BTCUSDT@mark:1m')

/** A kline, cell by cell as it stands in the answer. */
const cells = (openTime: number | string, closeTime: number | string, amount = '"42010.12000000"', trades = '7') => [
  ...[`${openTime}`, amount, '"42020.5"', '"41990"', '"42000.00000001"', '"0.00000000"', `${closeTime}`],
  ...['"123456789012345.12345678"', trades, '"12.5"', '"0012.50"', '"0"'],
]
const answerOf = (rows: readonly (readonly string[])[]) => `[${rows.map((row) => `[${row.join(',')}]`).join(',')}]`
const bytesOf = (body: string) => new TextEncoder().encode(body)

/** The rows that are counted, column by column. */
function columnsOf(rows: RowBuffer) {
  const part = (column: ArrayLike<number>) => Array.from(column).slice(0, rows.length)
  return {
    ...{ files: rows.files, openTime: part(rows.openTime), closeTime: part(rows.closeTime) },
    ...{ trades: part(rows.trades), line: part(rows.line), file: part(rows.file) },
    decimals: DECIMAL_FIELDS.map((field) => [part(rows.decimals[field].whole), part(rows.decimals[field].fraction)]),
  }
}

function rowsOf(bars: readonly BarText[]): RowBuffer {
  const rows = new RowBuffer(0)
  for (const bar of bars) addBar(rows, bar)
  return rows
}

test('digits and times of an answer come out as they stand in it', () => {
  const rows = readPlainKlines(bytesOf(answerOf([cells(START, START + MINUTE - 1)])), false)!
  expect(rows.length).toBe(1)
  expect([rows.openTime[0], rows.closeTime[0], rows.trades[0]]).toEqual([START, START + MINUTE, 7])
  const texts = DECIMAL_FIELDS.map((field) => rows.text(field, 0))
  expect(texts).toEqual(
    ['42010.12', '42020.5', '41990', '42000.00000001', '0', '123456789012345.12345678', '12.5', '12.5'], // biome-ignore format: eight alike
  )
  const micro = readPlainKlines(bytesOf(answerOf([cells(`${START}000`, `${START + MINUTE - 1}999`)])), false)!
  expect([micro.openTime[0], micro.closeTime[0]]).toEqual([START, START + MINUTE])
  const mark = readPlainKlines(bytesOf(answerOf([cells(START, START + MINUTE - 1)])), true)!
  expect(mark.text('close', 0)).toBe('42000.00000001')
  expect([mark.trades[0], mark.decimals.quoteVolume.whole[0], mark.decimals.takerQuote.whole[0]]).toEqual(
    [Number.NaN, Number.NaN, Number.NaN], // biome-ignore format: three alike
  )
})

/** What a cell may hold beside what it should. */
const ODD = [
  ...['', '"', '""', 'null', '1', '1.5', '"1"', '"-1"', '"-0"', '"1."', '".5"', '"1e-8"', '"1,5"', '" 1"', '" 1" ', '"1\\u0030"', '01'],
  ...['"1.000000001"', '"1.0000000000"', '"1234567890123456"', '"12345678901234567890"', '[]', '{}', '"0.12345678', '1]', '[1', '1,1'],
  ...['1704067200', '1704067200000000', '"1704067200000"', '0704067200000', '9704067200000000', '9704067200000', '170406720000', '-7'],
  ...['1704067200000.5', '1e3', '00', '123456789012345678', 'é', '"é"', '\n7', '7 '],
] // biome-ignore format: a list of oddities

const plainRow = fc
  .record({ k: fc.integer({ min: 0, max: 40 }), whole: fc.nat({ max: 99_999_999 }), fraction: fc.stringMatching(/^\d{1,8}$/), trades: fc.nat() })
  .map(({ k, whole, fraction, trades }) => {
    const at = START + k * MINUTE
    return cells(at, at + MINUTE - 1, `"${whole}.${fraction}"`, `${trades}`)
  }) // biome-ignore format: one line a step

/** Mostly one oddity in an answer that is plain otherwise: a cell, a row that is short or long, something before or behind it. */
const answers = fc
  .record({
    rows: fc.array(plainRow, { maxLength: 6 }),
    isSorted: fc.boolean(),
    odd: fc.option(fc.record({ row: fc.nat({ max: 5 }), cell: fc.nat({ max: 11 }), is: fc.constantFrom(...ODD) }), {
      freq: 2,
    }),
    width: fc.constantFrom(12, 12, 12, 12, 11, 10, 13),
    around: fc.constantFrom(['', ''], ['', ''], ['', ''], [' ', ''], ['', '\n'], ['', ']'], ['', ',']),
    isMicro: fc.boolean(),
  })
  .map(({ rows, isSorted, odd, width, around, isMicro }) => {
    const made = rows.map((row) => [...row, '"0"'].slice(0, width))
    if (isSorted) made.sort((a, b) => Number(a[0]) - Number(b[0]))
    if (isMicro) for (const row of made) [row[0], row[6]] = [`${row[0]}000`, `${row[6]}999`]
    if (odd !== null && odd.row < made.length) made[odd.row]![odd.cell] = odd.is
    return `${around[0]}${answerOf(made)}${around[1]}`
  })

describe.each([KLINES, MARKS])('$symbol', (series) => {
  test('whatever stands in one cell, it is read as JSON is, or not at all', () => {
    const opens = [0, 1, 2].map((k) => START + k * MINUTE)
    let read = 0
    for (let cell = 0; cell < 12; cell++)
      for (const is of ODD) {
        const rows = opens.map((at) => cells(at, at + MINUTE - 1))
        rows[1]![cell] = is
        const body = answerOf(rows)
        const plain = readPlainKlines(bytesOf(body), series === MARKS)
        if (plain === null) continue
        read++
        const bars = BINANCE_USDM.bars.read(body, series)
        expect(bars.map(({ openTime }) => openTime).sort(), `${is} in ${cell}`).toEqual(
          Array.from(plain.openTime.subarray(0, 3)).sort(),
        )
        if (bars[1]!.openTime === plain.openTime[1])
          expect(columnsOf(plain), `${is} in ${cell}`).toEqual(columnsOf(rowsOf(bars)))
      }
    // "1" is an amount in nine of them
    expect(read).toBeGreaterThan(8)
  })

  test('whatever is read so is what JSON says', () => {
    let plain = 0
    fc.assert(
      fc.property(answers, (body) => {
        const rows = readPlainKlines(bytesOf(body), series === MARKS)
        if (rows === null) return
        plain++
        const bars = BINANCE_USDM.bars.read(body, series)
        // JSON's are sorted; these are for whoever finds them in order
        const sorted = bars.every((bar, k) => bar.openTime === rows.openTime[k])
        expect(sorted ? columnsOf(rowsOf(bars)) : bars.length).toEqual(sorted ? columnsOf(rows) : rows.length)
      }),
      { seed: 7, numRuns: 1500 },
    )
    expect(plain).toBeGreaterThan(200)
  })

  test('a page is the same, or refused in the same words, whether its bytes are there or not', async () => {
    let plain = 0
    const stretch = { from: START + 2 * MINUTE, to: START + 38 * MINUTE }
    const pageOf = async (body: string, at: number, bytes?: Uint8Array): Promise<Page | string> => {
      const http = toldHttp(BINANCE_USDM, [{ body, at, headers: {}, ...(bytes !== undefined && { bytes }) }])
      try {
        for await (const page of fetchBars(http, series, stretch, { clock: () => at })) return page
        return 'none'
      } catch (error) {
        return (error as Error).message
      }
    }
    await fc.assert(
      fc.asyncProperty(answers, fc.integer({ min: 30, max: 80 }), async (body, ended) => {
        const at = START + ended * MINUTE
        const [slow, quick] = [await pageOf(body, at), await pageOf(body, at, bytesOf(body))]
        if (typeof slow === 'string' || typeof quick === 'string') {
          expect(quick).toEqual(slow)
          return
        }
        expect([quick.stretch, quick.at, quick.bars]).toEqual([slow.stretch, slow.at, slow.bars])
        if (quick.rows === undefined) return
        plain++
        expect(columnsOf(quick.rows)).toEqual(columnsOf(rowsOf(slow.bars)))
      }),
      { seed: 11, numRuns: 600 },
    )
    expect(plain).toBeGreaterThan(30)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCsv } from '../../src/data/csv.ts'
import { findLayout } from '../../src/data/csv-layout.ts'
import { type BadRow, DECIMAL_FIELDS, RowBuffer } from '../../src/data/rows.ts'
import { dumpRow, HOUR, START } from './klines.ts'

/** What is in the buffer, a text a row, beside the rows that could not be read and the count of all. */
function read(text: string, columns?: Record<string, string>) {
  const bytes = new TextEncoder().encode(text)
  const rows = new RowBuffer(1)
  const bad: BadRow[] = []
  const count = readCsv('a.csv', bytes, findLayout('a.csv', bytes, columns), rows, (row) => bad.push(row))
  const lines = Array.from({ length: rows.length }, (_, row) => {
    const decimals = DECIMAL_FIELDS.map((field) =>
      Number.isNaN(rows.decimals[field].whole[row]) ? '' : rows.text(field, row),
    )
    return [rows.line[row], rows.openTime[row], rows.closeTime[row], ...decimals, rows.trades[row]].join(' ')
  })
  return { lines, bad: bad.map(({ row, field, value, reason }) => ({ row, field, value, reason })), count }
}

/** The shortest text of a decimal without a sign, by text alone. */
function shortest(text: string): string {
  const [whole = '', fraction = ''] = text.split('.')
  const end = fraction.replace(/0+$/, '')
  return whole.replace(/^0+(?=\d)/, '') + (end === '' ? '' : `.${end}`)
}

const digits = (least: number, most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most }).map((all) => all.join(''))
/** Any number of places up to 8, 8 of them mostly, as exchanges write them. */
const decimal = fc
  .tuple(digits(1, 15), fc.oneof(digits(8, 8), digits(8, 8), digits(0, 8)))
  .map(([whole, fraction]) => (fraction === '' ? whole : `${whole}.${fraction}`))
const milliseconds = fc.integer({ min: 1e12, max: 9_999_999_999_999 })
const row = fc.record({
  open: milliseconds,
  // what times have below the millisecond, where they have 16 digits
  micros: fc.option(fc.integer({ min: 0, max: 999 }), { nil: null }),
  close: milliseconds,
  decimals: fc.array(decimal, { minLength: 8, maxLength: 8 }),
  trades: fc.nat(2 ** 31),
  last: fc.constantFrom('0', '', 'x y'),
})

describe('lines as exchanges write them', () => {
  test.each(['\n', '\r\n'])('are read as they stand, however long their cells, with %j between them', (end) => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.boolean(), (rows, isCut) => {
        const text = rows
          .map(({ open, micros, close, decimals: [o, h, l, c, v, quote, base, takerQuote], trades, last }) => {
            const below = micros === null ? '' : String(micros).padStart(3, '0')
            return (
              [`${open}${below}`, o, h, l, c, v, `${close}${below}`, quote, trades, base, takerQuote, last].join(',') +
              end
            )
          })
          .join('')
        const { lines, bad, count } = read(isCut ? text.slice(0, -end.length) : text)
        expect({ bad, count }).toEqual({ bad: [], count: rows.length })
        expect(lines).toEqual(
          rows.map(({ open, micros, close, decimals, trades }, k) => {
            const time = micros === null ? open : (open * 1000 + micros) / 1000
            return [k + 1, time, close + 1, ...decimals.map(shortest), trades].join(' ')
          }),
        )
      }),
    )
  })

  test('microseconds that a double does not hold are read as everywhere', () => {
    // 2^53 + 1 µs lies between two doubles
    const time = '9007199254740993'
    const fields = ',1,1,1,1,1\n'
    expect(read(`${time}${fields}`).lines).toEqual(read(`"${time}"${fields}`).lines)
  })
})

/** Stands between two lines that are plain. */
const ODD: readonly (readonly [name: string, line: string])[] = [
  ['no cell', ''],
  ['a cell too few', '1704070800000,1,2,0.5,1,7,1704074399999,5,3,1,2'],
  ['a cell too many', '1704070800000,1,2,0.5,1,7,1704074399999,5,3,1,2,0,'],
  ['a blank price', '1704070800000,1,,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['a sign', '1704070800000,1,2,-0.5,1,7,1704074399999,5,3,1,2,0'],
  ['a power', '1704070800000,1,2,5e-1,1,7,1704074399999,5,3,1,2,0'],
  ['a point without digits', '1704070800000,1.,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['digits behind a point only', '1704070800000,.5,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['two points', '1704070800000,1.2.3,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  // the signs next to the digits: "/" is one below "0", ":" one above "9"
  ...['/', ':'].flatMap((sign) =>
    Array.from({ length: 8 }, (_, k): [string, string] => [
      `"${sign}" for digit ${k + 1} of eight`,
      `1704070800000,1.${'2'.repeat(k)}${sign}${'2'.repeat(7 - k)},2,0.5,1,7,1704074399999,5,3,1,2,0`,
    ]),
  ),
  ['nine places, the last of them 0', '1704070800000,1.123456780,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['nine places', '1704070800000,1.123456789,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['a whole number beyond 2^53', '1704070800000,9007199254740993.5,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['another separator', '1704070800000;1,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['16 digits of a whole number', '1704070800000,1234567890123456,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['half a trade', '1704070800000,1,2,0.5,1,7,1704074399999,5,3.5,1,2,0'],
  ['no count of trades', '1704070800000,1,2,0.5,1,7,1704074399999,5,,1,2,0'],
  ['no close time', '1704070800000,1,2,0.5,1,7,,5,3,1,2,0'],
  ['blanks where not every file says something', '1704070800000,1,2,0.5,1,7,1704074399999,,3,,,0'],
  ['seconds', '1704070800,1,2,0.5,1,7,1704074399,5,3,1,2,0'],
  ['14 digits of a time', '17040708000000,1,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['a time with a letter', '17040x0800000,1,2,0.5,1,7,1704074399999,5,3,1,2,0'],
  ['a carriage return inside', '1704070800000,1,2,0.5,1,7,1704074399999,5,3,1,2,0\r0'],
]

describe('a line that is not plain is read with care, and named as ever', () => {
  // with the first cell in quotes no line is plain
  const quoted = (text: string) => text.replace(/^(\d+)/gm, '"$1"')
  const shown = ({ lines, bad, count }: ReturnType<typeof read>) => ({
    lines,
    count,
    bad: bad.map(({ row, field, value, reason }) => ({ row, field, value: value.replaceAll('"', ''), reason })),
  })

  test.each(ODD)('%s', (_, line) => {
    const text = [dumpRow(START), line, dumpRow(START + 2 * HOUR), ''].join('\n')
    const found = read(text)
    expect(shown(found)).toEqual(shown(read(quoted(text))))
    // its neighbours are there, whatever became of it
    expect(found.lines.map((one) => one.split(' ')[0])).toEqual(expect.arrayContaining(['1', '3']))
  })

  test('what a file does not say is not known, also where the memory was used before', () => {
    const rows = new RowBuffer(4)
    const bytes = new TextEncoder().encode(`${dumpRow(START)}\n`)
    readCsv('a.csv', bytes, findLayout('a.csv', bytes, undefined), rows, () => expect.unreachable())
    const again = RowBuffer.in(rows)
    const short = new TextEncoder().encode('1704070800000,1.5,2,0.5,1,7\n')
    readCsv('b.csv', short, findLayout('b.csv', short, undefined), again, () => expect.unreachable())
    expect(again).toMatchObject({ length: 1, files: ['b.csv'] })
    const { quoteVolume, takerBase, takerQuote } = again.decimals
    const unknown = [again.closeTime, again.trades, quoteVolume.whole, takerBase.whole, takerQuote.whole]
    expect(unknown.map((column) => column[0])).toEqual(unknown.map(() => Number.NaN))
  })

  test('a first line of words and numbers is a header, whatever the numbers', () => {
    const line = 'x,1704070800000,11.5,12,10.5,11,17\n'
    const columns = { openTime: '2', open: '3', high: '4', low: '5', close: '6', volume: '7' }
    expect(read(line + line, columns)).toMatchObject({ count: 1, lines: [expect.stringMatching(/^2 1704070800000 /)] })
  })

  test('one column for two fields, and columns that nobody asked for', () => {
    const text = 'note,time,price,high,low,volume\nx,1704070800000,1.5,2.00000000,0.5,7\n,1704074400000,1.25,2,0.5,7\n'
    expect(read(text, { open: 'price', close: 'price' }).lines).toEqual([
      '2 1704070800000 NaN 1.5 2 0.5 1.5 7    NaN',
      '3 1704074400000 NaN 1.25 2 0.5 1.25 7    NaN',
    ])
    expect(read(text, { open: 'price', close: 'high' }).lines).toEqual([
      '2 1704070800000 NaN 1.5 2 0.5 2 7    NaN',
      '3 1704074400000 NaN 1.25 2 0.5 2 7    NaN',
    ])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Trade } from '../../src/core/trade.ts'
import { csvCell, parseCsv, textOf } from '../../src/tables/csv.ts'
import { fillsCsv, parseFillsCsv } from '../../src/tables/fills-csv.ts'
import { parseTradesCsv, tradesCsv } from '../../src/tables/trades-csv.ts'
import { fill, trade } from '../metrics/made-up.ts'

describe('a cell', () => {
  test.each([
    ['a plain text as it is', 'dip', 'dip'],
    ['a comma in quotes', 'a,b', '"a,b"'],
    ['a quote doubled, in quotes', 'a "b"', '"a ""b"""'],
    ['a line break in quotes', 'a\nb', '"a\nb"'],
    ['a carriage return in quotes', 'a\rb', '"a\rb"'],
    ['nothing as nothing', null, ''],
    ['a formula as a text', '=1+1', "'=1+1"],
    ['a formula with a comma as a text in quotes', '=SUM(A1,A2)', '"\'=SUM(A1,A2)"'],
    ['a command as a text', '@cmd', "'@cmd"],
    ['a text that looks guarded guarded once more', "'=1", "''=1"],
    ['a whole number', 12, '12'],
    ['a negative number, which is no formula', -0.5, '-0.5'],
    ['a small number without exponent', 1e-8, '0.00000001'],
    ['a small number with all its digits', 1.234e-7, '0.0000001234'],
    ['a negative small number', -2.5e-10, '-0.00000000025'],
    ['a large number without exponent', 1.5e21, '1500000000000000000000'],
  ])('shows %s', (_, value, expected) => {
    expect(csvCell(value)).toBe(expected)
  })

  test('gives back the very number and the very text it was made from', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^['=+\-@\t\r\n", a]{0,6}$/))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true })), { minLength: 1 }),
        (row) => {
          const [cells, ...more] = parseCsv(`${row.map(csvCell).join(',')}\n`)
          expect(more).toEqual([])
          expect(cells!.map((cell, k) => (typeof row[k] === 'number' ? Number(cell) + 0 : textOf(cell)))).toEqual(
            row.map((value) => (typeof value === 'number' ? value + 0 : value)),
          )
          for (const value of row) if (typeof value === 'number') expect(csvCell(value)).not.toContain('e')
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('trades.csv', () => {
  const header =
    'symbol,side,qty,entryTime,entryPrice,exitTime,exitPrice,fees,funding,pnl,return,bars,mae,mfe,entryTag,exitTag'
  const one: Trade = {
    n: 1,
    symbol: 'BTCUSDT',
    side: 'short',
    qty: 0.001,
    entryTime: 1704067200000,
    entryPrice: 42_000.5,
    exitTime: 1704070800000,
    exitPrice: 41_000,
    fees: 0.083,
    funding: -0.0000001,
    pnl: 0.9175,
    return: 0.0218450258,
    bars: 1,
    mae: -0.01,
    mfe: 0.03,
    entryTag: 'a, "b"',
    exitTag: '=HYPERLINK("x")',
  }

  test('has the columns of the contract, one trade a line', () => {
    expect(tradesCsv([one])).toBe(
      `${header}\nBTCUSDT,short,0.001,1704067200000,42000.5,1704070800000,41000,0.083,-0.0000001,0.9175,0.0218450258,1,-0.01,0.03,"a, ""b""","'=HYPERLINK(""x"")"\n`,
    )
  })

  test('is a header alone where nothing was traded', () => {
    expect(tradesCsv([])).toBe(`${header}\n`)
    expect(parseTradesCsv(`${header}\n`)).toEqual([])
  })

  test('is read back as it was, and numbered', () => {
    const trades = [one, trade({ pnl: -1e-8, n: 2, entryTag: '' })]
    expect(parseTradesCsv(tradesCsv(trades))).toEqual(trades)
  })

  test.each([
    ['another header', (text: string) => text.replace('pnl', 'profit'), 'its header is not symbol,side'],
    ['a missing field', (text: string) => text.replace('0.9175,', ''), 'record 1 has 15 fields, not 16'],
    ['a torn last line', (text: string) => text.slice(0, text.indexOf('0.9175')), 'record 1 has 10 fields, not 16'],
    [
      'a field that is no number',
      (text: string) => text.replace('41000', '41k'),
      'exitPrice is "41k", which is no number',
    ],
    ['an empty number', (text: string) => text.replace('41000', ''), 'exitPrice is "", which is no number'],
  ])('with %s is refused by name', (_, damage, message) => {
    expect(() => parseTradesCsv(damage(tradesCsv([one])))).toThrow(message)
  })
})

describe('fills.csv', () => {
  test('has its columns, and an empty cell for no tag', () => {
    const made = fill({ side: 'buy', qty: 0.5, price: 100, fee: 0.05, tag: null, reference: 99.9, slippage: 0.05 })
    expect(fillsCsv([made])).toBe(
      'n,time,symbol,side,qty,price,reference,phase,liquidity,fee,feeAsset,slippage,realised,position,order,role,tag\n' +
        '1,1704067200000,BTCUSDT,buy,0.5,100,99.9,open,taker,0.05,USDT,0.05,0,0,o1,order,\n',
    )
  })

  test('is read back as it was', () => {
    const fills = [
      fill({ side: 'buy', qty: 1, price: 2, fee: 3, tag: null }),
      fill({ side: 'sell', qty: 1e-8, price: 1e-7, fee: 0, tag: '+1', n: 2 }),
    ]
    expect(parseFillsCsv(fillsCsv(fills))).toEqual(fills)
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from '@uwdata/flechette'
import { desc, table } from 'arquero'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { barsTable, equityTable, fillsTable, toArrow, toCsv, toParquet, tradesTable } from '../../src/tables/tables.ts'
import { scratch } from '../cli/klinelab.ts'
import { curve, fill, trade } from '../metrics/made-up.ts'

const bars: Bars = {
  series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1h' },
  priceDecimals: 2,
  length: 3,
  openTime: Float64Array.of(0, 3_600_000, 7_200_000),
  open: Float64Array.of(1, 2, 3),
  high: Float64Array.of(4, 5, 6),
  low: Float64Array.of(0.5, 1.5, 2.5),
  close: Float64Array.of(2, 3, 1e-7),
  volume: Float64Array.of(10, 20, 30),
}
const trades = [
  trade({ pnl: 5, entryTag: 'dip' }),
  trade({ pnl: -3, n: 2, side: 'short', entryTag: 'a, "b"' }),
  trade({ pnl: 0.1, n: 3, entryTag: '=1' }),
]
const fills = [
  fill({ side: 'buy', qty: 1, price: 10, fee: 0.01, tag: null }),
  fill({ side: 'sell', qty: 1, price: 11, fee: 0.01, tag: 'x', n: 2 }),
]

/** Reads a file with DuckDB's own reader: rows as JSON-like values. */
async function rowsOf(name: string, bytes: Uint8Array | string): Promise<Record<string, unknown>[]> {
  const file = join(scratch(), name)
  writeFileSync(file, bytes)
  const db = await (await DuckDBInstance.create(':memory:')).connect()
  return (await db.runAndReadAll(`select * from '${file}'`)).getRowObjectsJson() as Record<string, unknown>[]
}

describe('tables over the same columns', () => {
  test.each(['openTime', 'open', 'high', 'low', 'close', 'volume'] as const)('bars: %s is the very array', (name) => {
    expect(barsTable(bars).column(name)).toBe(bars[name])
  })

  test.each(['time', 'equity', 'cash', 'exposure'] as const)('equity: %s is the very array', (name) => {
    const equity = curve([1000, 1010])
    expect(equityTable(equity).column(name)).toBe(equity[name])
  })

  test('a view of bars stays a view: no buffer of its own', () => {
    const view: Bars = { ...bars, length: 2, close: bars.close.subarray(1) }
    expect((barsTable(view).column('close') as unknown as Float64Array).buffer).toBe(bars.close.buffer)
  })
})

describe('tables of rows', () => {
  const names = [
    'n',
    'symbol',
    'side',
    'qty',
    'entryTime',
    'entryPrice',
    'exitTime',
    'exitPrice',
    'fees',
    'funding',
    'pnl',
    'return',
    'bars',
    'mae',
    'mfe',
    'entryTag',
    'exitTag',
  ]

  test('trades: a number and the columns of trades.csv, numbers as doubles', () => {
    const made = tradesTable(trades)
    expect(made.columnNames()).toEqual(names)
    expect(made.column('pnl')).toEqual(Float64Array.of(5, -3, 0.1))
    expect(made.array('entryTag')).toEqual(['dip', 'a, "b"', '=1'])
  })

  test('the columns are the same whatever order the fields came in', () => {
    const shuffled = trades.map((one) => Object.fromEntries(Object.entries(one).reverse()) as unknown as typeof one)
    expect(tradesTable(shuffled).objects()).toEqual(tradesTable(trades).objects())
  })

  test('where nothing was traded the columns are still there', () => {
    expect(tradesTable([]).columnNames()).toEqual(names)
    expect(tradesTable([]).numRows()).toBe(0)
    expect(fillsTable([]).columnNames()).toContain('price')
  })

  test('verbs of arquero work on them', () => {
    const won = tradesTable(trades)
      .filter((row: { pnl: number }) => row.pnl > 0)
      .orderby(desc('pnl'))
    expect(won.array('entryTag')).toEqual(['dip', '=1'])
  })
})

describe('Arrow out', () => {
  test('bars come back number for number', () => {
    const back = tableFromIPC(toArrow(barsTable(bars)))
    for (const name of ['openTime', 'close', 'volume'] as const)
      expect([...back.getChild(name)!.toArray()]).toEqual([...bars[name]])
  })

  test('texts, missing ones too, come back as they were, in the order of the view', () => {
    const back = tableFromIPC(toArrow(fillsTable(fills).orderby(desc('n'))))
    expect([...back.getChild('tag')!.toArray()]).toEqual(['x', null])
    expect([...back.getChild('n')!.toArray()]).toEqual([2, 1])
  })

  test('an empty table has its columns', () => {
    const back = tableFromIPC(toArrow(tradesTable([])))
    expect(back.numRows).toBe(0)
    expect(back.schema.fields.map(({ name }) => name)).toContain('entryTag')
  })
})

describe('Parquet out', () => {
  test('what DuckDB reads of it is what was in the table', async () => {
    const rows = await rowsOf('fills.parquet', await toParquet(fillsTable(fills)))
    expect(rows).toEqual(fills.map((one) => ({ ...one })))
  })

  test('more rows than one chunk, and only those of a filtered view', async () => {
    const many = table({
      k: Float64Array.from({ length: 5000 }, (_, k) => k),
      isOdd: Array.from({ length: 5000 }, (_, k) => k % 2 === 1),
    })
    const rows = await rowsOf('many.parquet', await toParquet(many.filter((row: { k: number }) => row.k >= 10)))
    expect(rows.length).toBe(4990)
    expect(rows[0]).toEqual({ k: 10, isOdd: false })
    expect(rows.at(-1)).toEqual({ k: 4999, isOdd: true })
  })

  test('an empty table keeps its columns and their types', async () => {
    const file = join(scratch(), 'none.parquet')
    writeFileSync(file, await toParquet(tradesTable([])))
    const db = await (await DuckDBInstance.create(':memory:')).connect()
    const types = (await db.runAndReadAll(`describe select * from '${file}'`)).getRowObjectsJson()
    expect(types.find((one) => one['column_name'] === 'pnl')).toMatchObject({ column_type: 'DOUBLE' })
    expect(types.find((one) => one['column_name'] === 'entryTag')).toMatchObject({ column_type: 'VARCHAR' })
  })

  test('a name with a quote and a column of nothing are no obstacle', async () => {
    const odd = table({ 'a "b"': [1, 2], none: [null, null] })
    expect(await rowsOf('odd.parquet', await toParquet(odd))).toEqual([
      { 'a "b"': 1, none: null },
      { 'a "b"': 2, none: null },
    ])
  })

  test.each([
    ['dates', [new Date(0)], 'column x holds Thu Jan 01 1970'],
    ['a text among numbers', [1, 'two'], 'column x holds two, a string'],
  ])('%s are refused by name', async (_, values, message) => {
    await expect(toParquet(table({ x: values }))).rejects.toThrow(message)
  })
})

describe('CSV out', () => {
  test('is quoted like the files of a run folder', () => {
    const made = tradesTable(trades).select('n', 'pnl', 'entryTag')
    expect(toCsv(made)).toBe('n,pnl,entryTag\n1,5,dip\n2,-3,"a, ""b"""\n3,0.1,\'=1\n')
  })

  test('rows come in the order of the view', () => {
    expect(toCsv(fillsTable(fills).orderby(desc('n')).select('n', 'tag'))).toBe('n,tag\n2,x\n1,\n')
  })

  test('numbers have no exponent; nothing and NaN are empty', () => {
    const made = table({ 'a,b': [1e-7, Number.NaN, null], day: [new Date(0), null, null] })
    expect(toCsv(made)).toBe('"a,b",day\n0.0000001,1970-01-01T00:00:00.000Z\n,\n,\n')
  })

  test('DuckDB reads the bars back', async () => {
    const rows = await rowsOf('bars.csv', toCsv(barsTable(bars)))
    expect(rows.map((row) => Number(row['close']))).toEqual([...bars.close])
    expect(rows.map((row) => Number(row['openTime']))).toEqual([...bars.openTime])
  })
})

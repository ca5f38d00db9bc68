import { gzipSync } from 'node:zlib'
import { describe, test } from 'vitest'
import { zipOf } from '../data/klines.ts'
import { hourlyCsv } from './klinelab.ts'
import { type Bad, expectRefusal } from './refusal.ts'

/** 48 hours from 2024-01-01, alike. */
const HOURS = Array.from({ length: 48 }, () => [100, 101, 99, 100.5] as const)
const GOOD = hourlyCsv(HOURS)

const ZIP = zipOf({ 'TESTUSDT-1h-2024-01.csv': GOOD })

const importing = (file: string, as = 'binance:TESTUSDT:1h') => ['data', 'import', `HERE/${file}`, '--as', as]

const FILES: readonly Bad[] = [
  {
    name: 'a truncated zip',
    files: { 'TESTUSDT-1h-2024-01.zip': ZIP.subarray(0, -40) },
    args: importing('TESTUSDT-1h-2024-01.zip'),
    code: 1,
    says: ['HERE/TESTUSDT-1h-2024-01.zip', /truncated/, /fetch it again/],
  },
  {
    name: 'a zip of which only the beginning came',
    files: { 'a.zip': ZIP.subarray(0, 13) },
    args: importing('a.zip'),
    code: 1,
    says: ['HERE/a.zip', /truncated/, /fetch it again/],
  },
  {
    name: 'a zip with a flipped bit',
    files: { 'a.zip': ZIP.map((byte, k) => (k === 60 ? byte ^ 4 : byte)) },
    args: importing('a.zip'),
    code: 1,
    says: ['HERE/a.zip', /damaged/, /fetch it again/],
  },
  {
    name: 'a page of HTML that a download brought',
    files: { 'a.zip': '<!doctype html><title>404</title>' },
    args: importing('a.zip'),
    code: 1,
    says: ['HERE/a.zip', /no zip archive/, /fetch it again/],
  },
  {
    name: 'a truncated gzip',
    files: { 'a.csv.gz': gzipSync(GOOD).subarray(0, 60) },
    args: importing('a.csv.gz'),
    code: 1,
    says: ['a.csv.gz', /gzip/, /fetch it again/],
  },
  {
    name: 'a CSV with a torn last line',
    files: { 'a.csv': GOOD.slice(0, -9) },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 49:', '"1704236400000,100,101,99,"', '5 fields', /torn/, '--on-error skip-rows'],
  },
  {
    name: 'a price that is no number',
    files: { 'a.csv': GOOD.replace('101,99,100.5,10\n', '101,99,abc,10\n') },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 2: close "abc"', '--on-error skip-rows'],
  },
  {
    name: 'a high below the low',
    files: {
      'a.csv': hourlyCsv([
        [100, 101, 99, 100],
        [100, 98, 99, 100],
      ]),
    },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 3: high "98"', 'below the low 99', '--on-error skip-rows'],
  },
  {
    name: 'a text renamed .parquet',
    files: { 'a.parquet': GOOD },
    args: importing('a.parquet'),
    code: 1,
    says: ['HERE/a.parquet', 'PAR1', '"open"', /give it the ending/],
  },
  {
    name: 'an empty file',
    files: { 'a.csv': '' },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv', /empty/, /again/],
  },
  {
    name: 'a file that is not there',
    args: importing('nowhere.zip'),
    code: 2,
    says: ['"HERE/nowhere.zip"', /does not exist/, /give files, folders or globs/],
  },
  {
    name: 'the wrong symbol',
    files: { 'ETHUSDT-1h-2024-01.csv': GOOD },
    args: importing('ETHUSDT-1h-2024-01.csv', 'binance:BTCUSDT:1h'),
    code: 1,
    says: ['ETHUSDT', 'BTCUSDT', '--as'],
  },
  {
    name: 'the wrong interval',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:TESTUSDT:4h'),
    code: 1,
    says: ['HERE/a.csv, line 3: openTime', '4h grid', 'import them as 1h'],
  },
  {
    name: 'an unknown interval',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:TESTUSDT:7h'),
    code: 2,
    says: ['"7h"', '1h'],
  },
  {
    name: 'an unknown venue',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binanc:TESTUSDT:1h'),
    code: 2,
    says: ['"binanc"', 'did you mean "binance"'],
  },
  {
    name: 'two rows of one time that differ',
    files: { 'a.csv': GOOD, 'b.csv': GOOD.replace(/100,101,99,100.5,10\n$/, '100,101,99,100.25,10\n') },
    args: ['data', 'import', 'HERE/a.csv', 'HERE/b.csv', '--as', 'binance:TESTUSDT:1h'],
    code: 1,
    says: [
      'HERE/a.csv row 49 has close 100.5',
      'HERE/b.csv row 49 has 100.25',
      '2024-01-02T23:00',
      /leave the other out/,
    ],
  },
  {
    name: 'rows that are newest first',
    files: { 'a.csv': GOOD.split('\n').slice(1, 4).reverse().join('\n') },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 2: openTime "1704070800000', 'oldest first'],
  },
  {
    name: 'a bar of the future',
    // 1 January 2099
    files: { 'a.csv': GOOD.replace('1704067200000', '4070908800000') },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 2: openTime "4070908800000 (2099-01-01', 'future'],
  },
  {
    name: 'hours said to be minutes',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:TESTUSDT:1m'),
    code: 1,
    says: ['HERE/a.csv', '48 rows', '--as says 1m', 'import it as binance:TESTUSDT:1h'],
  },
  {
    name: 'columns nobody knows',
    files: { 'a.csv': GOOD.replace('close', 'last') },
    args: importing('a.csv'),
    code: 1,
    says: ['HERE/a.csv, line 1', 'no column for close', '--columns close=NAME'],
  },
  {
    name: '--columns with a name the file does not have',
    files: { 'a.csv': GOOD.replace('close', 'last') },
    args: [...importing('a.csv'), '--columns', 'close=lst'],
    code: 1,
    says: ['HERE/a.csv', '"lst"', 'did you mean "last"', '--columns'],
  },
  {
    name: '--columns with a field nobody knows',
    files: { 'a.csv': GOOD },
    args: [...importing('a.csv'), '--columns', 'closing=close'],
    code: 2,
    says: ['--columns', '"closing=close"', 'closeTime'],
  },
  {
    name: '--on-error with a word it does not know',
    files: { 'a.csv': GOOD },
    args: [...importing('a.csv'), '--on-error', 'ignore'],
    code: 2,
    says: ['--on-error', '"ignore"', 'skip-rows'],
  },
  {
    name: 'a symbol in small letters',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:testusdt:1h'),
    code: 2,
    says: ['--as', '"testusdt"', 'capitals'],
  },
  {
    name: 'a folder without klines',
    files: { 'd/readme.txt': 'none' },
    args: importing('d'),
    code: 1,
    says: ['"HERE/d"', 'no zip, csv, csv.gz or parquet'],
  },
  { name: 'a glob without a match', args: importing('*.zip'), code: 2, says: ['"HERE/*.zip"', 'no file matches'] },
  {
    name: 'a store that is a file',
    files: { 'a.csv': GOOD, file: 'x' },
    args: [...importing('a.csv'), '--store', 'HERE/file'],
    code: 1,
    says: ['HERE/file', /is a file: a store is a folder/, '--store'],
  },
]

const ASKED: readonly Bad[] = [
  {
    name: 'a series that is not stored',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSD:1h'],
    code: 2,
    says: ['binance:BTCUSD:1h', 'did you mean "binance:BTCUSDT:1h"', 'data import'],
  },
  {
    name: 'an empty range',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2030-01-01'],
    code: 2,
    says: ['2030-01-01', '2026-04-30', 'binance:BTCUSDT:1h', /choose a range within/],
  },
  {
    name: 'a range that ends before it begins',
    args: [
      'backtest',
      'STRATEGIES/sma-cross.ts',
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-03-01',
      '--to',
      '2024-01-01',
    ],
    code: 2,
    says: ['2024-03-01', '2024-01-01'],
  },
  {
    name: 'a date that is none',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2023-02-30'],
    code: 2,
    says: ['--from', '"2023-02-30"', '2023-01-01'],
  },
  {
    name: 'the same series twice',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', 'binance:BTCUSDT:1h'],
    code: 2,
    says: ['BTCUSDT', /twice|more than once/],
  },
  {
    name: 'a store that is not there, in the place of which what comes with klinelab would answer',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--store', 'HERE/typo'],
    code: 2,
    says: ['--store', /typo: there is no folder \/.*\/typo/, 'klinelab data get'],
  },
  {
    name: 'an export format nobody knows',
    args: ['data', 'export', 'binance:BTCUSDT:1m', '--out', 'HERE/x.xlsx'],
    code: 2,
    says: ['x.xlsx', '.parquet'],
  },
  {
    name: 'resampling to a finer interval',
    args: ['data', 'resample', 'binance:BTCUSDT:1h', '--to', '1m'],
    code: 2,
    says: ['1m', '1h'],
  },
  {
    name: 'checking a series that is not stored',
    args: ['data', 'check', 'binance:BTCUSDT:5m'],
    code: 2,
    says: [
      ...['binance:BTCUSDT:5m is not in the store', 'did you mean "binance:BTCUSDT:1m"', 'data import'],
      'klinelab data resample binance:BTCUSDT:1m --to 5m',
    ],
  },
  {
    name: 'checking what is no series',
    args: ['data', 'check', 'BTCUSDT'],
    code: 2,
    says: ['"BTCUSDT"', 'venue:SYMBOL:interval'],
  },
  {
    name: 'exporting an empty range',
    args: ['data', 'export', 'binance:BTCUSDT:1m', '--out', 'HERE/x.csv', '--to', '2023-01-01'],
    code: 2,
    says: ['binance:BTCUSDT:1m has no bars', '2023-01-01', '2023-03-01', /choose a range within/],
  },
  {
    name: 'exporting to a place that cannot be',
    files: { file: 'x' },
    args: ['data', 'export', 'binance:BTCUSDT:1m', '--out', 'HERE/file/x.csv', '--from', '2023-03-31'],
    code: 1,
    says: ['HERE/file/x.csv', /cannot be written/, '--out'],
  },
  {
    name: 'resampling to an interval nobody knows',
    args: ['data', 'resample', 'binance:BTCUSDT:1h', '--to', '7h'],
    code: 2,
    says: ['--to', '"7h"', 'known: 1m'],
  },
]

describe('bad files and bad requests for data', () => {
  test.each([...FILES, ...ASKED])('$name', (bad) => expectRefusal(bad, 'here'))
})

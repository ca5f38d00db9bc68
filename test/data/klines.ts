import { crc32, deflateRawSync } from 'node:zlib'
import type { Interval } from '../../src/core/interval.ts'
import { intervalMs } from '../../src/core/interval.ts'
import { parseSeries } from '../../src/core/series.ts'

/** Far behind every bar of the tests that do not care: 2027-01-01. */
export const NOW = Date.UTC(2027, 0, 1)

export const TEST = parseSeries('binance:TESTUSDT:1h')

export const HOUR = 3_600_000
/** 2024-01-01. */
export const START = Date.UTC(2024, 0, 1)

/** Open, high, low, close, volume as texts of the exchange. */
export type Texts = readonly [open: string, high: string, low: string, close: string, volume: string]

export const PLAIN: Texts = ['100.00000000', '101.50000000', '99.25000000', '100.75000000', '12.34500000']

/** One row of a Binance dump: 12 columns, milliseconds, close time inclusive. */
export function dumpRow(openTime: number, texts: Texts = PLAIN, interval: Interval = '1h'): string {
  const close = openTime + intervalMs(interval) - 1
  return [openTime, ...texts, close, '1234.56789000', 42, '6.17250000', '617.28394500', 0].join(',')
}

/** Rows of a dump, `count` bars from `from` on. */
export function dump(from: number, count: number, texts: Texts = PLAIN): string {
  return `${Array.from({ length: count }, (_, k) => dumpRow(from + k * HOUR, texts)).join('\n')}\n`
}

/** Rows of a plain CSV with the six columns every file has. */
export function plainCsv(rows: readonly (readonly [openTime: number | string, ...texts: string[]])[]): string {
  return `${['open_time,open,high,low,close,volume', ...rows.map((row) => row.join(','))].join('\n')}\n`
}

/** A zip archive by hand (APPNOTE 4.3): local headers with their data, central directory, end record. */
export function zipOf(files: Readonly<Record<string, string>>, method: 0 | 8 = 8): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text)
    const packed = method === 8 ? deflateRawSync(data) : data
    const about = Buffer.alloc(26)
    about.writeUInt16LE(20, 0)
    about.writeUInt16LE(method, 4)
    about.writeUInt32LE(crc32(data), 10)
    about.writeUInt32LE(packed.length, 14)
    about.writeUInt32LE(data.length, 18)
    about.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), about, Buffer.from(name), packed])
    const end = Buffer.alloc(14)
    end.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), about, end, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const last = Buffer.alloc(18)
  last.writeUInt16LE(central.length, 4)
  last.writeUInt16LE(central.length, 6)
  last.writeUInt32LE(directory.length, 8)
  last.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), last])
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'

const DATASETS = join(import.meta.dirname, '../../../shared/datasets')
const GOLDEN = join(DATASETS, 'golden')
const DAILY_ZIPS = join(DATASETS, 'klines/binance-spot-daily-zips/BTCUSDT/1m')

/** Golden vectors and recorded minutes lie beside the project and not in it: a plain checkout skips what needs them. */
export const hasGolden = existsSync(GOLDEN)
export const hasDailyZips = existsSync(DAILY_ZIPS)
if (!hasGolden) console.warn('golden vectors are not beside this checkout: the tests against them are skipped')

export function goldenText(path: string): string {
  return readFileSync(join(GOLDEN, path), 'utf8')
}

export function goldenJson<T>(path: string): T {
  return JSON.parse(goldenText(path)) as T
}

/** Closes of the first of the exchange's daily dumps in order, read here and not by the importer: a zip of one csv, column 5. */
export function dailyZipCloses(days: number): number[] {
  const closes: number[] = []
  const names = readdirSync(DAILY_ZIPS).filter((name) => name.endsWith('.zip'))
  for (const name of names.sort().slice(0, days)) {
    const zip = readFileSync(join(DAILY_ZIPS, name))
    // local file header: name and extra field lengths at 26 and 28, data after them
    const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28)
    const text = inflateRawSync(zip.subarray(start)).toString('latin1')
    for (const line of text.split('\n')) if (line !== '') closes.push(Number(line.split(',', 5)[4]))
  }
  return closes
}

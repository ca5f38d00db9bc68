import { createHash } from 'node:crypto'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SeriesManifest } from '../../src/data/index.ts'
import type { Bench } from './bench.ts'
import { median, repeated, runCommand, withFolder } from './process.ts'

const SERIES = 1000
const MONTHS = 60
const MINUTE = 60_000
const ROUNDS = 7

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Five years of minutes as they come from Binance's archive, months and a month of days, with gaps, holes and revisions. */
function madeManifest(symbol: string): SeriesManifest {
  const from = Date.UTC(2020, 0)
  const months = Array.from({ length: MONTHS }, (_, k) => {
    const [start, end] = [Date.UTC(2020, k), Date.UTC(2020, k + 1)]
    const month = new Date(start).toISOString().slice(0, 7)
    const sha256 = hash(symbol + month)
    const file = `${month}.${sha256.slice(0, 12)}.parquet`
    return { month, file, rows: (end - start) / MINUTE, from: start, to: end, sha256 }
  })
  const to = months.at(-1)!.to
  const days = Array.from({ length: 30 }, (_, k) => new Date(to - k * 86_400_000).toISOString().slice(0, 10))
  const gaps = Array.from({ length: 40 }, (_, k) => {
    const start = from + k * 31 * 86_400_000
    return { start, end: start + 90 * MINUTE, bars: 90 }
  })
  return {
    format: 1,
    series: `binance:${symbol}:1m`,
    rows: (to - from) / MINUTE - 40 * 90,
    ...{ from, to, priceDecimals: 5, gaps, outages: [], duplicates: 0, unfinished: 0, skipped: [] },
    sources: [...months.map(({ month }) => month), ...days].map((date) => {
      const name = `${symbol}-1m-${date}.zip`
      return { name, sha256: hash(name), rows: 44_640 }
    }),
    holes: gaps.map((gap) => ({ ...gap, cause: 'outage', because: 'known-gaps.json: outage of that day' })),
    origins: [{ origin: 'api.binance.com', from, to, rows: 1440 }],
    files: months,
  }
}

const bench: Bench = () =>
  withFolder(async (dir) => {
    let bytes = 0
    for (let k = 0; k < SERIES; k++) {
      const symbol = `C${k}USDT`
      const file = join(dir, 'binance', symbol, '1m', 'manifest.json')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${JSON.stringify(madeManifest(symbol), null, 1)}\n`)
      bytes += statSync(file).size
    }
    const list = () => Promise.resolve(runCommand(['data', 'list', '--store', dir]))
    // the first warms V8's compile cache and the disk's
    const { json } = await list()
    const { series } = json as { series: readonly { rows: number; gaps: { bars: number }; months: number }[] }
    const own = series.filter(({ months, gaps }) => months === MONTHS && gaps.bars === 40 * 90)
    if (own.length !== SERIES) throw new Error(`${own.length} series listed as they are, of ${SERIES}`)
    const seconds = (await repeated(ROUNDS, list)).map((run) => run.seconds)
    const empty = join(dir, 'none')
    mkdirSync(empty)
    const start = (await repeated(ROUNDS, () => Promise.resolve(runCommand(['data', 'list', '--store', empty])))).map(
      (run) => run.seconds,
    )
    return [
      {
        name: 'data list on 1,000 series of five years of minutes',
        value: median(seconds),
        unit: ' s',
        must: 0.5,
        aim: null,
        better: 'lower',
        detail: `median of ${ROUNDS} processes from start to end; ${(bytes / SERIES / 1000).toFixed(0)} kB a manifest; on an empty store ${median(start).toFixed(3)} s; fastest ${Math.min(...seconds).toFixed(3)} s`,
      },
    ]
  })

export default bench

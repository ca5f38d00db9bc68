import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Series, seriesName } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { diskError, quoted, readRows, run } from './duckdb.ts'
import type { LoadRange, Store } from './store.ts'

const FORMATS = ['.csv', '.csv.gz', '.parquet', '.arrow'] as const

/** Writes a stored series, exact decimals and all its columns, to one file; the ending says how. Returns the row count. */
export async function exportSeries(store: Store, series: Series, file: string, range: LoadRange = {}): Promise<number> {
  const format = FORMATS.findLast((ending) => file.toLowerCase().endsWith(ending))
  if (format === undefined) throw new DataError(`${file}: the ending says the format; use ${FORMATS.join(', ')}`)
  // loading first gives the store's own errors for an unknown series or an empty range
  const bars = await store.load(series, range)
  if (format === '.arrow') return exportArrow(bars, file)
  const manifest = (await store.manifest(series))!
  const folder = store.folder(series)!
  const from = range.from ?? 0
  const to = range.to ?? Number.MAX_SAFE_INTEGER
  const files = manifest.files.map((month) => quoted(join(folder, month.file))).join(', ')
  const select = `select * from read_parquet([${files}], union_by_name = true) where open_time >= ${from} and open_time < ${to} order by open_time`
  const temporary = `${resolve(file)}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true })
    const options = format === '.parquet' ? 'format parquet, compression zstd' : 'format csv, header true'
    await run(`copy (${select}) to ${quoted(temporary)} (${options})`)
    if (format === '.csv.gz') writeFileSync(temporary, gzipSync(readFileSync(temporary)))
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw diskError(file, error)
  }
  const [count] = await readRows(`select count(*)::integer as n from (${select})`)
  if (!existsSync(file)) throw new DataError(`${seriesName(series)} could not be written to ${file}`)
  return Number(count!['n'])
}

async function exportArrow(bars: Awaited<ReturnType<Store['load']>>, file: string): Promise<number> {
  const { tableFromArrays, tableToIPC } = await import('@uwdata/flechette')
  const { openTime, open, high, low, close, volume } = bars
  const bytes = tableToIPC(tableFromArrays({ openTime, open, high, low, close, volume }), { format: 'file' })
  try {
    writeFileSync(file, bytes as Uint8Array)
  } catch (error) {
    throw diskError(file, error)
  }
  return bars.length
}

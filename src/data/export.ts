import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Bars } from '../core/bar.ts'
import type { Series } from '../core/series.ts'
import { NotFoundError } from './data-error.ts'
import { diskError, quoted, run } from './duckdb.ts'
import { makeFolder } from './make-folder.ts'
import { discard, syncFile } from './manifest.ts'
import type { LoadRange, Store } from './store.ts'

const FORMATS = ['.csv', '.csv.gz', '.parquet', '.arrow'] as const

/** Writes a stored series, exact decimals and all its columns, to one file; the ending says how. Returns the row count. */
export async function exportSeries(store: Store, series: Series, file: string, range: LoadRange = {}): Promise<number> {
  const format = FORMATS.findLast((ending) => file.toLowerCase().endsWith(ending))
  if (format === undefined) throw new NotFoundError(`${file}: the ending says the format; use ${FORMATS.join(', ')}`)
  // loading first gives the store's own errors for an unknown series or an empty range
  const bars = await store.load(series, range)
  const temporary = `${resolve(file)}.${process.pid}.tmp`
  try {
    makeFolder(dirname(temporary))
    if (format === '.arrow') writeFileSync(temporary, await arrowOf(bars))
    else {
      const options = format === '.parquet' ? 'format parquet, compression zstd' : 'format csv, header true'
      await run(`copy (${await selectSql(store, series, range)}) to ${quoted(temporary)} (${options})`)
      if (format === '.csv.gz') writeFileSync(temporary, gzipSync(readFileSync(temporary)))
    }
    syncFile(temporary)
    renameSync(temporary, file)
  } catch (error) {
    discard(temporary)
    throw diskError(file, error)
  }
  return bars.length
}

async function selectSql(store: Store, series: Series, range: LoadRange): Promise<string> {
  const manifest = (await store.manifest(series))!
  const folder = store.folder(series)!
  const from = range.from ?? 0
  const to = range.to ?? Number.MAX_SAFE_INTEGER
  const files = manifest.files
    .filter((month) => month.to > from && month.from < to)
    .map((month) => quoted(join(folder, month.file)))
    .join(', ')
  return `select * from read_parquet([${files}], union_by_name = true) where open_time >= ${from} and open_time < ${to} order by open_time`
}

async function arrowOf(bars: Bars): Promise<Uint8Array> {
  const { tableFromArrays, tableToIPC } = await import('@uwdata/flechette')
  const { openTime, open, high, low, close, volume } = bars
  return tableToIPC(tableFromArrays({ openTime, open, high, low, close, volume }), { format: 'file' }) as Uint8Array
}

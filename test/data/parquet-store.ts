import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Series } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import type { StoreUnderTest } from '../contracts/test-store.ts'
import { NOW, TEST } from './klines.ts'

export const EMBEDDED = join(ROOT, 'datasets')

/** The Parquet store as the contract wants it. */
export async function parquetStore(behind?: string): Promise<StoreUnderTest> {
  const cwd = scratch()
  const store = await openStore(join(cwd, 'store'), behind === undefined ? {} : { behind })
  let files = 0
  const put = (series: Series, csv: string) => {
    const file = join(cwd, `${++files}.csv`)
    writeFileSync(file, csv)
    return importFiles(store, [file], series, { now: NOW })
  }
  return { store, put }
}

type Options = Partial<Parameters<typeof importFiles>[3]>

/** A fresh store beside some files, and an import of them by name. */
export async function storeBeside(files: Readonly<Record<string, string | Uint8Array>>, series: Series = TEST) {
  const cwd = scratch(files)
  const store = await openStore(join(cwd, 'store'))
  const paths = (names: readonly string[]) => names.map((name) => join(cwd, name))
  return {
    cwd,
    store,
    folder: join(cwd, 'store', series.venue, series.symbol, series.interval),
    bring: (...names: string[]) => importFiles(store, paths(names), series, { now: NOW }),
    bringWith: (options: Options, ...names: string[]) =>
      importFiles(store, paths(names), series, { now: NOW, ...options }),
  }
}

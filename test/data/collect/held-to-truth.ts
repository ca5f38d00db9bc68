import { join } from 'node:path'
import { closeTimeOf } from '../../../src/core/interval.ts'
import type { Series } from '../../../src/core/series.ts'
import type { Hole, Stretch } from '../../../src/data/collect/batch.ts'
import { quoted, readDoubles } from '../../../src/data/duckdb.ts'
import type { Store } from '../../../src/data/store.ts'
import type { BarText } from '../../../src/data/venues/venue.ts'
import { firstOpen, type Truth } from '../../servers/truth.ts'

/** How the store stands to the truth table over a stretch; all empty where all is well. */
export interface Verdict {
  /** Stored bars that are none, stand twice, or say something else than the truth. */
  readonly wrong: readonly string[]
  /** Open times of bars that are not stored, and no hole says so. */
  readonly lost: readonly number[]
  /** Open times of bars that are not stored, and a hole names them. */
  readonly named: readonly number[]
  /** Open times at which there was no bar, and no hole says so. */
  readonly unnamed: readonly number[]
}

export const ALL_WELL: Verdict = { wrong: [], lost: [], named: [], unnamed: [] }

/** Bar by bar, all that the venue says of it. */
export async function heldToTruth(store: Store, series: Series, truth: Truth, stretch: Stretch): Promise<Verdict> {
  const told = new Map(truth.texts(series, stretch.from, stretch.to).map((bar) => [bar.openTime, bar]))
  const manifest = await store.manifest(series)
  const holes = manifest?.holes ?? []
  const isNamed = (at: number) => holes.some((hole: Hole) => at >= hole.start && at < hole.end)
  const seen = new Set<number>()
  const wrong: string[] = []
  for (const row of manifest === null || manifest.rows === 0
    ? []
    : await storedRows(store, series, [...told.values()][0]!)) {
    const [at, ...values] = row as [number, ...number[]]
    if (at < stretch.from || at >= stretch.to) continue
    const bar = told.get(at)
    if (seen.has(at)) wrong.push(`${at} stands twice`)
    else if (bar === undefined) wrong.push(`${at} is no bar`)
    else if (!isSame(values, valuesOf(bar))) wrong.push(`${at} is ${values}, not ${valuesOf(bar)}`)
    seen.add(at)
  }
  const [lost, named, unnamed]: number[][] = [[], [], []]
  for (let at = firstOpen(stretch.from, series); at < stretch.to; at = closeTimeOf(at, series.interval))
    if (!seen.has(at)) (isNamed(at) ? (told.has(at) ? named : []) : told.has(at) ? lost : unnamed).push(at)
  return { wrong, lost, named, unnamed }
}

const COLUMNS = {
  open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume',
  quoteVolume: 'quote_volume', trades: 'trades', takerBase: 'taker_base', takerQuote: 'taker_quote',
} as const // biome-ignore format: nine alike

/** Of what a venue says nothing there is no column. */
function toldBy(bar: BarText): readonly (keyof typeof COLUMNS)[] {
  return (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]).filter((field) => bar[field] !== null)
}

/** Straight from the files that the manifest names, oldest first. */
async function storedRows(store: Store, series: Series, told: BarText): Promise<readonly number[][]> {
  const manifest = (await store.manifest(series))!
  const folder = store.folder(series)!
  const files = manifest.files.map(({ file }) => quoted(join(folder, file)))
  const values = toldBy(told).map((field) => `coalesce(${COLUMNS[field]}::double, 'nan'::double)`)
  const sql = `select open_time::double, ${values} from read_parquet([${files}], union_by_name = true) order by open_time`
  const columns = await readDoubles(sql, values.length + 1, manifest.rows)
  return Array.from(columns[0]!, (_, row) => columns.map((column) => column[row]!))
}

function valuesOf(bar: BarText): readonly number[] {
  return toldBy(bar).map((field) => Number(bar[field]))
}

/** Sums of products are kept to eight decimals. */
function isSame(stored: readonly number[], told: readonly number[]): boolean {
  return stored.every((value, k) => Object.is(value, told[k]!) || Math.abs(value - told[k]!) <= 1e-8)
}

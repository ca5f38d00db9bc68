import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { EquityColumns, RunDocument } from '../core/run.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Trade } from '../core/trade.ts'
import { DataError, readDoubles } from '../data/index.ts'
import { parseFillsCsv } from '../tables/fills-csv.ts'
import { parseTradesCsv } from '../tables/trades-csv.ts'
import { UsageError } from './usage-error.ts'

/** A run folder read back. */
export interface LoadedRun {
  readonly dir: string
  readonly document: RunDocument
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
  readonly events: readonly RunEvent[]
  readonly equity: EquityColumns
}

/**
 * Reads a run folder back: its document, trades, fills, events and equity curve.
 * @throws DataError where a file of it is missing or damaged
 */
export async function loadRun(dir: string): Promise<LoadedRun> {
  const document = readDocument(dir)
  const text = (name: string) => {
    const file = join(dir, name)
    if (!existsSync(file))
      throw new DataError(
        `${file}: is missing from the run folder; make the run again with: ${document.reproduce.command}`,
      )
    return readFileSync(file, 'utf8')
  }
  const events = text('events.jsonl')
    .split('\n')
    .filter((line) => line !== '')
  const equityFile = join(dir, 'equity.parquet').replaceAll("'", "''")
  const [time, equity, cash, exposure] = await readDoubles(
    `select time, equity, cash, exposure from read_parquet('${equityFile}')`,
    4,
    document.engine.bars,
  )
  return {
    dir,
    document,
    trades: parseTradesCsv(text('trades.csv')),
    fills: parseFillsCsv(text('fills.csv')),
    events: events.map((line) => JSON.parse(line) as RunEvent),
    equity: { length: time!.length, time: time!, equity: equity!, cash: cash!, exposure: exposure! },
  }
}

/** `run.json` of a run folder. */
export function readDocument(dir: string): RunDocument {
  const file = join(dir, 'run.json')
  if (!existsSync(file)) throw new UsageError(`${dir}: is no run folder, it has no run.json`)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunDocument
  } catch (error) {
    throw new DataError(`${file}: is no JSON (${(error as Error).message}); delete the folder and make the run again`)
  }
}

/** Every run folder under `out`, by name. */
export function listRuns(out: string): { readonly dir: string; readonly document: RunDocument }[] {
  if (!existsSync(out)) return []
  return readdirSync(out)
    .sort()
    .map((name) => join(out, name))
    .filter((dir) => existsSync(join(dir, 'run.json')))
    .map((dir) => ({ dir, document: readDocument(dir) }))
}

/**
 * The folder of a run named by its path, its name, or the beginning or end of its name.
 * @throws UsageError where none or several fit
 */
export function findRun(name: string, out: string, cwd: string): string {
  for (const dir of [resolve(cwd, name), join(out, name)]) if (existsSync(join(dir, 'run.json'))) return dir
  const names = listRuns(out).map(({ dir }) => basename(dir))
  const fitting = names.filter((one) => one.startsWith(name) || one.endsWith(name))
  if (fitting.length === 1) return join(out, fitting[0]!)
  if (fitting.length > 1)
    throw new UsageError(`"${name}" fits ${fitting.length} runs: ${fitting.join(', ')}; give more of the name`)
  throw new UsageError(
    `there is no run "${name}"${didYouMean(name, names)} in ${out}; ${names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none yet'}`,
  )
}

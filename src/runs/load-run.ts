import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { EvaluationDocument } from '../core/evaluation.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { EquityColumns, RunDocument } from '../core/run.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Trade } from '../core/trade.ts'
import { DataError, readDoubles } from '../data/index.ts'
import { parseFillsCsv } from '../tables/fills-csv.ts'
import { parseTradesCsv } from '../tables/trades-csv.ts'
import { UsageError } from './usage-error.ts'

/** How the names of folders end that are being written, or were when the power failed. */
export const UNFINISHED = '.tmp'

/** Folder within that of a run in which a trained model lies. */
export const ARTIFACT = 'artifact'

/** What the run made last may be called. */
const LATEST = 'latest'

/** Names that an error lists. */
const LISTED = 5

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return `${names.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

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
 * @throws UsageError where there is no run folder, DataError where a file of it is missing, damaged or of another run
 */
export async function loadRun(dir: string): Promise<LoadedRun> {
  const document = readDocument(dir)
  const again = `make the run again with: ${document.reproduce.command}`
  const damaged = (name: string, what: string) => new DataError(`${join(dir, name)}: ${what}; ${again}`)
  const text = (name: string) => {
    const file = join(dir, name)
    if (!existsSync(file)) throw damaged(name, 'is missing from the run folder')
    return readFileSync(file, 'utf8')
  }
  const parsed = <T>(name: string, parse: (text: string) => T): T => {
    const content = text(name)
    try {
      return parse(content)
    } catch (error) {
      throw damaged(name, `is damaged: ${(error as Error).message}`)
    }
  }
  const fills = parsed('fills.csv', parseFillsCsv)
  if (createHash('sha256').update(text('fills.csv')).digest('hex') !== document.tradeHash)
    throw damaged('fills.csv', 'is not what the run wrote: its sha256 is not the tradeHash of run.json')
  const trades = parsed('trades.csv', parseTradesCsv)
  if (trades.length !== document.metrics['trades'])
    throw damaged('trades.csv', `holds ${trades.length} trades, run.json says ${document.metrics['trades']}`)
  const events = parsed('events.jsonl', parseEvents)
  const equity = await readEquity(dir, document.engine.bars, damaged)
  const last = equity.equity.at(-1) ?? document.metrics['startEquity']
  if (last !== document.metrics['endEquity'])
    throw damaged('equity.parquet', `ends at ${last}, run.json says ${document.metrics['endEquity']}`)
  return { dir, document, trades, fills, events, equity }
}

function parseEvents(text: string): RunEvent[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line, k) => {
    try {
      return JSON.parse(line) as RunEvent
    } catch (error) {
      throw new RangeError(`line ${k + 1} is no JSON (${(error as Error).message})`)
    }
  })
}

async function readEquity(
  dir: string,
  bars: number,
  damaged: (name: string, what: string) => DataError,
): Promise<LoadedRun['equity']> {
  const name = 'equity.parquet'
  const file = join(dir, name)
  if (!existsSync(file)) throw damaged(name, 'is missing from the run folder')
  const sql = `select time, equity, cash, exposure from read_parquet('${file.replaceAll("'", "''")}')`
  try {
    const [time, equity, cash, exposure] = await readDoubles(sql, 4, bars)
    return { length: time!.length, time: time!, equity: equity!, cash: cash!, exposure: exposure! }
  } catch (error) {
    throw damaged(name, `cannot be read (${(error as Error).message.split('\n')[0]})`)
  }
}

/**
 * `run.json` of a run folder.
 * @throws UsageError where there is none, DataError where it is damaged
 */
export function readDocument(dir: string): RunDocument {
  const document = readAnyDocument(dir)
  if (isModel(document))
    throw new UsageError(`${document.run}: is a trained model, not a backtest; see klinelab evaluate ${document.run}`)
  return document
}

/**
 * `run.json` of a trained model's folder.
 * @throws UsageError where there is none, DataError where it is damaged
 */
export function readModelDocument(dir: string): EvaluationDocument {
  const document = readAnyDocument(dir)
  if (!isModel(document))
    throw new UsageError(`${document.run}: is a backtest, not a trained model; see klinelab runs show ${document.run}`)
  return document
}

export function isModel(document: RunDocument | EvaluationDocument): document is EvaluationDocument {
  return 'kind' in document && document.kind === 'model'
}

const OF_RUN = ['run', 'strategy', 'params', 'data', 'range', 'engine', 'metrics', 'reproduce']
const OF_MODEL = ['run', 'model', 'definition', 'data', 'engine', 'series', 'reproduce']

/** `run.json` of a backtest or a trained model. @throws as `readDocument` */
export function readAnyDocument(dir: string): RunDocument | EvaluationDocument {
  const file = join(dir, 'run.json')
  if (!existsSync(file)) throw new UsageError(`${dir}: is no run folder, it has no run.json`)
  const damaged = (what: string) => new DataError(`${file}: ${what}; delete the folder and make the run again`)
  let json: Readonly<Record<string, unknown>> | null
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as typeof json
  } catch (error) {
    throw damaged(`is no JSON (${(error as Error).message})`)
  }
  for (const key of json?.['kind'] === 'model' ? OF_MODEL : OF_RUN)
    if (json?.[key] === undefined) throw damaged(`is no run, it has no "${key}"`)
  return json as unknown as RunDocument | EvaluationDocument
}

/** Every run folder under `out`, by name; not those that are being written. */
function runFolders(out: string): string[] {
  if (!existsSync(out)) return []
  return readdirSync(out)
    .filter((name) => !name.endsWith(UNFINISHED) && existsSync(join(out, name, 'run.json')))
    .sort()
    .map((name) => join(out, name))
}

/** Every run under `out`, by name; one that cannot be read is told of and left out. */
export function listRuns(
  out: string,
  onDamaged: (message: string) => void,
): { readonly dir: string; readonly document: RunDocument | EvaluationDocument }[] {
  return runFolders(out).flatMap((dir) => {
    try {
      return [{ dir, document: readAnyDocument(dir) }]
    } catch (error) {
      onDamaged((error as Error).message)
      return []
    }
  })
}

/**
 * The folder of a run named by its path, its name, the beginning or end of its name, or `latest`.
 * @param kind only runs of this kind are looked at by name
 * @throws UsageError where none or several fit
 */
export function findRun(name: string, out: string, cwd: string, kind?: 'model'): string {
  for (const dir of [resolve(cwd, name), join(out, name)]) if (existsSync(join(dir, 'run.json'))) return dir
  const names = runFolders(out)
    .filter((dir) => kind === undefined || existsSync(join(dir, ARTIFACT)))
    .map((dir) => basename(dir))
  const fitting = names.filter((one) => one.startsWith(name) || one.endsWith(name))
  if (fitting.length === 1) return join(out, fitting[0]!)
  const madeAt = (one: string) => statSync(join(out, one, 'run.json')).mtimeMs
  const newest = (among: readonly string[]) => [...among].sort((a, b) => madeAt(b) - madeAt(a))
  if (name === LATEST && names.length > 0) return join(out, newest(names)[0]!)
  if (fitting.length > 1)
    throw new UsageError(
      `"${name}" fits ${fitting.length} runs, newest first: ${listed(newest(fitting))}; give more of the name, or ${LATEST} for the run made last`,
    )
  throw new UsageError(
    `there is no run "${name}"${didYouMean(name, names)} in ${out}; ${names.length > 0 ? `there are: ${listed(newest(names))}` : 'there are none yet'}`,
  )
}

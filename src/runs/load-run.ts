import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { EvaluationDocument } from '../core/evaluation.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import { givenText } from '../core/given-text.ts'
import type { EquityColumns, RunDocument } from '../core/run.ts'
import type { SweepDocument, WalkForwardDocument } from '../core/search.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Trade } from '../core/trade.ts'
import { DataError } from '../data/data-error.ts'
import { readDoubles } from '../data/duckdb.ts'
import { parseFillsCsv } from '../tables/fills-csv.ts'
import { parseTradesCsv } from '../tables/trades-csv.ts'
import { UsageError } from './usage-error.ts'

/** How the names of folders end that are being written, or were when the power failed. */
export const UNFINISHED = '.tmp'

/** Folder within that of a run in which a trained model lies. */
export const ARTIFACT = 'artifact'

/** What the run made last may be called. */
const LATEST = 'latest'

/** What only the folders of runs of a kind have. */
const FILE_OF = { backtest: 'events.jsonl', model: ARTIFACT } as const

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
  if (typeof dir !== 'string')
    throw new UsageError(
      `loadRun(${dir === undefined ? '' : givenText(dir)}): write the path of a run folder, the dir of what runBacktest returned`,
    )
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

/** What a run folder may be of. */
type AnyDocument = RunDocument | EvaluationDocument | SearchDocument

/** `run.json` of a search. */
export type SearchDocument = SweepDocument | WalkForwardDocument

type RunKind = 'backtest' | EvaluationDocument['kind'] | SearchDocument['kind']

/** How errors call them, which command says more, and what their documents must have. */
const KINDS: Readonly<Record<RunKind, { readonly words: string; readonly see: string; readonly keys: string }>> = {
  backtest: {
    words: 'a backtest',
    see: 'runs show',
    keys: 'run strategy params data range engine metrics reproduce',
  },
  model: { words: 'a trained model', see: 'evaluate', keys: 'run model definition data engine series reproduce' },
  sweep: {
    words: 'a sweep',
    see: 'runs show',
    keys: 'run subject name search data range engine trials best table spread overfitting reproduce',
  },
  'walk-forward': {
    words: 'a walk-forward',
    see: 'runs show',
    keys: 'run name search data range engine plan windows metrics efficiency reproduce',
  },
}

function kindOf(document: AnyDocument): RunKind {
  return 'kind' in document ? document.kind : 'backtest'
}

/** How a run is called by what it is: `a sweep`. */
export function kindWords(document: AnyDocument): string {
  const { words } = KINDS[kindOf(document)]
  return 'subject' in document && document.subject === 'model' ? `${words} of a model` : words
}

function refusal(document: AnyDocument, wanted: string): UsageError {
  const { see } = KINDS[kindOf(document)]
  return new UsageError(
    `${document.run}: is ${kindWords(document)}, not ${wanted}; see klinelab ${see} ${document.run}`,
  )
}

/**
 * `run.json` of a backtest's folder.
 * @throws UsageError where there is none, DataError where it is damaged
 */
export function readDocument(dir: string): RunDocument {
  const document = readAnyDocument(dir)
  if ('kind' in document) throw refusal(document, KINDS.backtest.words)
  return document
}

/**
 * `run.json` of a trained model's folder.
 * @throws UsageError where there is none, DataError where it is damaged
 */
export function readModelDocument(dir: string): EvaluationDocument {
  const document = readAnyDocument(dir)
  if (!isModel(document)) throw refusal(document, KINDS.model.words)
  return document
}

/**
 * `run.json` of a search's folder.
 * @throws UsageError where there is none, DataError where it is damaged
 */
export function readSearchDocument(dir: string): SearchDocument {
  const document = readAnyDocument(dir)
  if (!isSearch(document)) throw refusal(document, `${KINDS.sweep.words} or ${KINDS['walk-forward'].words}`)
  return document
}

export function isModel(document: AnyDocument): document is EvaluationDocument {
  return kindOf(document) === 'model'
}

export function isSearch(document: AnyDocument): document is SearchDocument {
  return kindOf(document) === 'sweep' || kindOf(document) === 'walk-forward'
}

/** `run.json` of any run. @throws as `readDocument` */
export function readAnyDocument(dir: string): AnyDocument {
  const file = join(dir, 'run.json')
  if (!existsSync(file)) throw new UsageError(`${dir}: is no run folder, it has no run.json`)
  const damaged = (what: string) => new DataError(`${file}: ${what}; delete the folder and make the run again`)
  let json: Readonly<Record<string, unknown>> | null
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as typeof json
  } catch (error) {
    throw damaged(`is no JSON (${(error as Error).message})`)
  }
  const kind = json?.['kind'] ?? 'backtest'
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind))
    throw damaged(`is of a kind that this version does not know, ${JSON.stringify(kind)}`)
  for (const key of KINDS[kind as RunKind].keys.split(' '))
    if (json?.[key] === undefined) throw damaged(`is no run, it has no "${key}"`)
  return json as unknown as AnyDocument
}

/** Every run folder under `out`, by name; not those that are being written. */
function runFolders(out: string): string[] {
  if (!existsSync(out)) return []
  return readdirSync(out)
    .filter((name) => !name.endsWith(UNFINISHED) && existsSync(join(out, name, 'run.json')))
    .sort()
    .map((name) => join(out, name))
}

/** How the folder of a run ends that nobody has given another name. */
const IS_NAMED = /-[0-9a-f]{12}$/

/** Run folders by what `klinelab runs` calls them: a folder that was given another name holds what it was called before. */
function runsByName(out: string): ReadonlyMap<string, string> {
  const folders = runFolders(out)
  const byName = new Map(folders.map((dir) => [basename(dir), dir]))
  for (const dir of folders) {
    if (IS_NAMED.test(dir)) continue
    const name = nameWithin(dir)
    if (name === null || byName.has(name)) continue
    byName.delete(basename(dir))
    byName.set(name, dir)
  }
  return byName
}

function nameWithin(dir: string): string | null {
  try {
    return readAnyDocument(dir).run
  } catch {
    // a damaged one keeps the name of its folder
    return null
  }
}

/** Every run under `out`, by name; one that cannot be read is told of and left out. */
export function listRuns(
  out: string,
  onDamaged: (message: string) => void,
): { readonly dir: string; readonly document: AnyDocument }[] {
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
 * The folder of a run named by its path, its name, its strategy's name, the beginning or end of its name, or `latest`.
 * @param kind runs of this kind are meant; where none of them fits, another that does is found, to be told what it is
 * @throws UsageError where none or several fit
 */
export function findRun(name: string, out: string, cwd: string, kind?: keyof typeof FILE_OF): string {
  for (const dir of [resolve(cwd, name), join(out, name)]) if (existsSync(join(dir, 'run.json'))) return dir
  const all = runsByName(out)
  const names = [...all.keys()].filter((one) => kind === undefined || existsSync(join(all.get(one)!, FILE_OF[kind])))
  const isMeant = (one: string) =>
    [one, basename(all.get(one)!)].some((called) => called.startsWith(name) || called.endsWith(name))
  const alike = names.filter(isMeant)
  // plain-9033b35c1a7c, and not plain-two-26e3090d0b85
  const own = alike.filter((one) => one.replace(IS_NAMED, '') === name)
  const fitting = own.length > 0 ? own : alike
  const others = fitting.length > 0 ? [] : [...all.keys()].filter(isMeant)
  if (fitting.length === 1) return all.get(fitting[0]!)!
  if (others.length === 1) return all.get(others[0]!)!
  const madeAt = (one: string) => statSync(join(all.get(one)!, 'run.json')).mtimeMs
  const newest = (among: readonly string[]) => [...among].sort((a, b) => madeAt(b) - madeAt(a))
  if (name === LATEST && names.length > 0) return all.get(newest(names)[0]!)!
  if (fitting.length > 1)
    throw new UsageError(
      `"${name}" fits ${fitting.length} runs, newest first: ${listed(newest(fitting))}; give more of the name, or ${LATEST} for the run made last`,
    )
  throw new UsageError(
    `there is no run "${name}"${didYouMean(name, names)} in ${out}; ${names.length > 0 ? `there are: ${listed(newest(names))}` : 'there are none yet'}`,
  )
}

import { givenText } from '../core/given-text.ts'
import type { RecordedRequest, RunDocument } from '../core/run.ts'
import { DataError } from '../data/index.ts'
import { diffTrades, type TradeDiff } from './diff-trades.ts'
import { type LoadedRun, loadRun } from './load-run.ts'
import { UsageError } from './usage-error.ts'

export interface Difference {
  /** Where in run.json, e.g. `metrics.sharpe`. */
  readonly key: string
  readonly a: unknown
  readonly b: unknown
}

/** Two finished runs, side by side. */
export interface Comparison {
  readonly a: RunDocument
  readonly b: RunDocument
  readonly differences: readonly Difference[]
  /** `null` where amounts of two assets cannot be told from one another. */
  readonly trades: TradeDiff | null
}

/** @throws DataError where the folder of one of them is damaged */
export async function compareRuns(dirA: string, dirB: string): Promise<Comparison> {
  const [one, other] = [await loadRun(dirA), await loadRun(dirB)]
  const [a, b] = [one.document, other.document]
  return { a, b, differences: diffRuns(a, b), trades: a.quote === b.quote ? tradesOf(one, other) : null }
}

function tradesOf(one: LoadedRun, other: LoadedRun): TradeDiff {
  try {
    return diffTrades(one, other)
  } catch (error) {
    const [a, b] = [one.document.run, other.document.run]
    throw new DataError(
      `${(error as Error).message}: a file of ${one.dir} or ${other.dir} was changed; klinelab verify ${a} and klinelab verify ${b} say which`,
    )
  }
}

/** Of a request, what stands elsewhere in the document too. */
const ELSEWHERE = [
  'strategy',
  'data',
  'from',
  'to',
  'set',
  'cash',
  'costs',
  'noCosts',
  'execution',
  'riskFree',
  'benchmark',
]

/** @throws UsageError for what is no run.json, of which a run without its document is the likeliest */
function checkDocument(given: unknown): void {
  const has = (key: string) => typeof given === 'object' && given !== null && key in given
  if (has('reproduce') && has('metrics')) return
  throw new UsageError(
    `diffRuns: it compares the documents of two runs, and was given ${givenText(given)}; write diffRuns(a.document, b.document)`,
  )
}

/** What two runs were told and what came of it, where they differ; identities and prose are left out. */
export function diffRuns(a: RunDocument, b: RunDocument): Difference[] {
  for (const document of [a, b]) checkDocument(document)
  const found: Difference[] = []
  const visit = (key: string, x: unknown, y: unknown) => found.push(...differingValues(key, x, y))
  const compared = [
    'strategy',
    'params',
    'data',
    'range',
    'engine',
    'cash',
    'costs',
    'execution',
    'benchmark',
    'riskFree',
    'seed',
    'metrics',
    'band',
    'nearFaults',
    'portfolio',
    'perpetuals',
    'peer',
    'split',
    'orders',
    'tradeHash',
  ] as const
  for (const key of compared) visit(key, a[key], b[key])
  const [asked, other] = [a.reproduce.request, b.reproduce.request]
  if (asked !== null && other !== null) {
    visit('settings', settingsOf(asked), settingsOf(other))
    // those of the first venue stand in the document
    if (Object.keys({ ...asked.costs, ...other.costs }).length > 1) visit('settings.costs', asked.costs, other.costs)
  }
  visit('reproduce.code', a.reproduce.code, b.reproduce.code)
  visit('reproduce.config', a.reproduce.config, b.reproduce.config)
  visit('reproduce.inputs', a.reproduce.inputs, b.reproduce.inputs)
  return found
}

/** Where two values differ, leaf by leaf. */
export function differingValues(key: string, a: unknown, b: unknown): Difference[] {
  if (!isTree(a) && !isTree(b)) return Object.is(a, b) ? [] : [{ key, a: a ?? null, b: b ?? null }]
  const [left, right] = [a, b].map((side) => (isTree(side) ? side : {})) as [Tree, Tree]
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].flatMap((name) => differingValues(`${key}.${name}`, left[name], right[name]))
}

/** What of a request stands nowhere else in its document. */
export function settingsOf(request: RecordedRequest): object {
  return Object.fromEntries(Object.entries(request).filter(([key]) => !ELSEWHERE.includes(key)))
}

type Tree = Readonly<Record<string, unknown>>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}

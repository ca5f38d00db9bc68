import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { EquityColumns, RunDocument } from '../core/run.ts'
import { beginParquet } from '../data/duckdb.ts'
import { writeAtomic } from '../data/manifest.ts'
import { renderReport } from '../report/report.ts'
import { tradesCsv } from '../tables/trades-csv.ts'
import type { Backtest } from './backtest.ts'
import { type Counting, countTrials, judgedBy, trialOfRun } from './count-trials.ts'
import { reportAssets } from './report-assets.ts'
import { folderError, LEDGER, timingText, writeFolder } from './write-folder.ts'

export interface WrittenRun {
  readonly dir: string
  /** `null` where the ledger cannot be written or read, which has been told. */
  readonly verdict: LedgerVerdict | null
}

/** Counts a backtest in the trial ledger and writes its folder. @throws DataError as `writeFolder` */
export async function writeRun(run: Backtest, out: string, seconds: number, counting: Counting): Promise<WrittenRun> {
  const { document } = run.result
  const trial = trialOfRun(run.result, counting.verb ?? 'backtest', Date.now())
  const verdict = countTrials([trial], counting) ? judgedBy(trial, counting) : null
  const dir = await writeFolder(document.run, out, {
    render: (dir) => renderRun(run, dir, verdict),
    timing: timingText(seconds, run.seconds),
    reason: reasonOf(document),
  })
  return { dir, verdict }
}

/** Writes everything that a run's inputs decide into a folder, and what the ledger says of it, if that is known. */
export async function renderRun(
  { result, fills }: Backtest,
  dir: string,
  verdict: LedgerVerdict | null = null,
): Promise<void> {
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
  // DuckDB compresses the curve while the texts are put together here
  const { finished } = await beginEquity(join(dir, 'equity.parquet'), result.equity)
  try {
    write('run.json', `${JSON.stringify(result.document, null, 1)}\n`)
    write('trades.csv', tradesCsv(result.trades))
    write('fills.csv', fills)
    write('events.jsonl', result.events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    write('report.html', renderReport(result, reportAssets(), verdict))
    if (verdict !== null) write(LEDGER, ledgerText(verdict))
  } finally {
    // nobody may clear the folder away while it is written into
    await finished
  }
}

function reasonOf({ reproduce }: RunDocument): string {
  return reproduce.request === null
    ? 'Its strategy was handed over as an object, whose code cannot be seen; move the folder away.'
    : 'A strategy that asks the clock, Math.random or a file of its own has such results. If this one does not, move the folder away and report this as a bug.'
}

/** time, equity, cash, exposure per instant. */
export function beginEquity(file: string, equity: EquityColumns): ReturnType<typeof beginParquet> {
  const { time, cash, exposure } = equity
  return beginParquet(file, [
    { name: 'time', kind: 'double', values: time },
    { name: 'equity', kind: 'double', values: equity.equity },
    { name: 'cash', kind: 'double', values: cash },
    { name: 'exposure', kind: 'double', values: exposure },
  ])
}

/** `ledger.json`. */
export function ledgerText(verdict: LedgerVerdict): string {
  return `${JSON.stringify(verdict, null, 1)}\n`
}

/** Makes the report of a finished run again, with what the ledger says by now; the rest of its folder stays as it is. */
export function rewriteReport(run: Backtest, dir: string, counting: Counting): string {
  const verdict = judgedBy(trialOfRun(run.result, counting.verb ?? 'backtest', Date.now()), counting)
  return writeReport(dir, renderReport(run.result, reportAssets(), verdict), verdict)
}

/** Writes the page of a finished run, and what the ledger says of it. */
export function writeReport(dir: string, page: string, verdict: LedgerVerdict | null): string {
  const file = join(dir, 'report.html')
  try {
    writeAtomic(file, page)
    if (verdict !== null) writeAtomic(join(dir, LEDGER), ledgerText(verdict))
  } catch (error) {
    throw folderError(dir, error)
  }
  return file
}

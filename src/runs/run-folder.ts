import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import type { EquityColumns, RunDocument, RunResult } from '../core/run.ts'
import { beginParquet, DataError, makeFolder, writeAtomic } from '../data/index.ts'
import { renderReport } from '../report/report.ts'
import { type Part, renderTradePage } from '../report/trade-page.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { tradesCsv } from '../tables/trades-csv.ts'
import type { Backtest } from './backtest.ts'
import { UNFINISHED } from './load-run.ts'
import { reportAssets } from './report-assets.ts'

/** Wall-clock facts, which no two runs share. */
const TIMING = 'timing.json'

/**
 * Writes a run's folder in one move. Where the folder exists, its bytes must be the same: anything else means that the
 * same inputs gave two results.
 * @throws DataError 'not deterministic' that names the files that differ
 */
export async function writeRun(run: Backtest, out: string, seconds: number): Promise<string> {
  const { document } = run.result
  const dir = join(out, document.run)
  // of one writer only: an equal run may be written at the same time, by this process or another
  const temporary = `${dir}.${process.pid}.${randomUUID().slice(0, 8)}${UNFINISHED}`
  const discard = () => rmSync(temporary, { recursive: true, force: true })
  process.once('exit', discard)
  try {
    makeFolder(temporary)
    await renderRun(run, temporary)
    writeFileSync(join(temporary, TIMING), timingText(seconds, run.seconds))
    if (isMoved(temporary, dir)) return dir
    const differing = differences(dir, temporary)
    if (differing.length > 0)
      throw new DataError(
        `not deterministic: ${dir} holds another result of the same inputs; different: ${differing.join(', ')}. ${reasonOf(document)}`,
      )
    renameSync(join(temporary, TIMING), join(dir, TIMING))
  } catch (error) {
    throw folderError(out, error)
  } finally {
    process.off('exit', discard)
    discard()
  }
  return dir
}

/** Writes everything that a run's inputs decide into a folder. */
export async function renderRun({ result }: Backtest, dir: string): Promise<void> {
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
  // DuckDB compresses the curve while the texts are put together here
  const { finished } = await beginEquity(join(dir, 'equity.parquet'), result.equity)
  try {
    write('run.json', `${JSON.stringify(result.document, null, 1)}\n`)
    write('trades.csv', tradesCsv(result.trades))
    write('fills.csv', fillsCsv(result.fills))
    write('events.jsonl', result.events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    write('report.html', renderReport(result, reportAssets()))
  } finally {
    // nobody may clear the folder away while it is written into
    await finished
  }
}

/** Whether a folder could take its name; it cannot where a finished one has it. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (existsSync(to)) return false
    throw error
  }
}

function reasonOf({ reproduce }: RunDocument): string {
  return reproduce.request === null
    ? 'Its strategy was handed over as an object, whose code cannot be seen; move the folder away.'
    : 'A strategy that asks the clock, Math.random or a file of its own has such results. If this one does not, move the folder away and report this as a bug.'
}

function timingText(seconds: number, engineSeconds: number): string {
  const machine = {
    platform: platform(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
  }
  return `${JSON.stringify({ finished: new Date().toISOString(), seconds, engineSeconds, machine }, null, 1)}\n`
}

function folderError(out: string, error: unknown): unknown {
  const { code } = error as { code?: string }
  if (code === 'ENOSPC')
    return new DataError(`${out}: the disk is full; the run was not written. Free some space and run it again.`)
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new DataError(`${out}: is a file, or lies in one; runs need a folder. Choose another with --out DIR.`)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'ENOENT')
    return new DataError(`${out}: the folder cannot be written (${code}); choose another with --out DIR.`)
  return error
}

/** Files of a run, as rendered into `fresh`, that the folder `old` does not have or has with other bytes. */
export function differences(old: string, fresh: string): string[] {
  const names = readdirSync(fresh).filter((name) => name !== TIMING)
  return names.sort().filter((name) => {
    const [a, b] = [join(old, name), join(fresh, name)]
    return !existsSync(a) || !readFileSync(a).equals(readFileSync(b))
  })
}

/** time, equity, cash, exposure per instant. */
function beginEquity(file: string, equity: EquityColumns): ReturnType<typeof beginParquet> {
  const { time, cash, exposure } = equity
  return beginParquet(file, [
    { name: 'time', kind: 'double', values: time },
    { name: 'equity', kind: 'double', values: equity.equity },
    { name: 'cash', kind: 'double', values: cash },
    { name: 'exposure', kind: 'double', values: exposure },
  ])
}

/** Makes the report of a finished run again; the rest of its folder stays as it is. */
export function rewriteReport(run: Backtest, dir: string): string {
  const file = join(dir, 'report.html')
  try {
    writeAtomic(file, renderReport(run.result, reportAssets()))
  } catch (error) {
    throw folderError(dir, error)
  }
  return file
}

/** Writes one trade's page, wherever that is to be. */
export function writeTradePage(result: RunResult, parts: readonly Part[], command: string, file: string): string {
  try {
    writeAtomic(file, renderTradePage(result, parts, command, reportAssets()))
  } catch (error) {
    throw new DataError(
      `${file}: the chart cannot be written (${(error as { code?: string }).code ?? (error as Error).message}); choose another place with --chart FILE`,
    )
  }
  return file
}

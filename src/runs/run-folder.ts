import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import type { EquityColumns } from '../core/run.ts'
import { DataError, writeAtomic, writeParquet } from '../data/index.ts'
import { renderReport } from '../report/report.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { tradesCsv } from '../tables/trades-csv.ts'
import type { Backtest } from './backtest.ts'
import { reportAssets } from './report-assets.ts'

/** Wall-clock facts, which no two runs share. */
const TIMING = 'timing.json'

/**
 * Writes a run's folder in one move. Where the folder exists, its bytes must be the same: anything else means that the
 * same inputs gave two results.
 * @throws DataError 'not deterministic' that names the files that differ
 */
export async function writeRun(run: Backtest, out: string, seconds: number): Promise<string> {
  const { result } = run
  const dir = join(out, result.document.run)
  const temporary = `${dir}.${process.pid}.tmp`
  const discard = () => rmSync(temporary, { recursive: true, force: true })
  process.once('exit', discard)
  try {
    mkdirSync(temporary, { recursive: true })
    const write = (name: string, text: string) => writeFileSync(join(temporary, name), text)
    write('run.json', `${JSON.stringify(result.document, null, 1)}\n`)
    write('trades.csv', tradesCsv(result.trades))
    write('fills.csv', fillsCsv(result.fills))
    write('events.jsonl', result.events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    await writeEquity(join(temporary, 'equity.parquet'), result.equity)
    write('report.html', renderReport(result, reportAssets()))
    const machine = {
      platform: platform(),
      node: process.version,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory: totalmem(),
    }
    write(
      TIMING,
      `${JSON.stringify({ finished: new Date().toISOString(), seconds, engineSeconds: run.seconds, machine }, null, 1)}\n`,
    )
    if (existsSync(dir)) {
      const differing = differences(dir, temporary)
      if (differing.length > 0)
        throw new DataError(
          `not deterministic: ${dir} holds another result of the same inputs; different: ${differing.join(', ')}. Move it away and report this as a bug.`,
        )
      renameSync(join(temporary, TIMING), join(dir, TIMING))
    } else renameSync(temporary, dir)
  } catch (error) {
    throw folderError(out, error)
  } finally {
    process.off('exit', discard)
    discard()
  }
  return dir
}

function folderError(out: string, error: unknown): unknown {
  const { code } = error as { code?: string }
  if (code === 'ENOSPC')
    return new DataError(`${out}: the disk is full; the run was not written. Free some space and run it again.`)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return new DataError(`${out}: the folder cannot be written (${code}); choose another with --out DIR.`)
  return error
}

function differences(old: string, fresh: string): string[] {
  const names = new Set([...readdirSync(old), ...readdirSync(fresh)])
  names.delete(TIMING)
  return [...names].sort().filter((name) => {
    const [a, b] = [join(old, name), join(fresh, name)]
    return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b))
  })
}

/** time, equity, cash, exposure per instant. */
async function writeEquity(file: string, equity: EquityColumns): Promise<void> {
  const { time, cash, exposure } = equity
  await writeParquet(file, [
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

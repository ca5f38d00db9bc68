import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerVerdict } from '../core/ledger.ts'
import { resolveParams } from '../engine/index.ts'
import { summarise } from '../metrics/index.ts'
import { renderWalkForwardReport } from '../report/walk-forward-report.ts'
import { type TrialEntry, trialId } from '../search/ledger-line.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { tradesCsv } from '../tables/trades-csv.ts'
import { trialsCsv } from '../tables/trials-csv.ts'
import { type Counting, countTrials, dataHash, judgedBy } from './count-trials.ts'
import { reportAssets } from './report-assets.ts'
import { beginEquity, ledgerText, type WrittenRun, writeReport } from './run-folder.ts'
import { figuresOf, writeSearch } from './sweep-folder.ts'
import { trialEntries } from './trial-entries.ts'
import type { WalkForward } from './walk-forward.ts'
import { LEDGER } from './write-folder.ts'

/** Counts a walk-forward and all its trials in the ledger and writes its folder. @throws DataError as `writeFolder` */
export function writeWalkForward(run: WalkForward, out: string, counting: Counting): Promise<WrittenRun> {
  const { result, ground, studies, journal } = run
  const { document } = result
  const own = stitchedEntry(run)
  const trials = studies.flatMap((study) => study.trials)
  const outcomes = studies.flatMap((study) => study.outcomes)
  const others = journal.isCounting ? [] : trialEntries(ground, trials, outcomes, 'walk-forward', document.run)
  const verdict = countTrials([...others, own], counting) ? judgedBy(own, counting) : null
  return writeSearch(run, out, verdict, (folder) => renderWalkForward(run, folder, verdict))
}

/** Makes the page of a finished walk-forward again; as of a sweep. */
export function rewriteWalkForwardReport(run: WalkForward, dir: string, counting: Counting): string {
  const verdict = judgedBy(stitchedEntry(run), counting)
  return writeReport(dir, renderWalkForwardReport(run.result, reportAssets(), verdict), verdict)
}

/** Writes everything that its inputs decide into a folder, and what the ledger says of it, if that is known. */
export async function renderWalkForward(
  { result, studies, trades, fills }: Pick<WalkForward, 'result' | 'studies' | 'trades' | 'fills'>,
  dir: string,
  verdict: LedgerVerdict | null = null,
): Promise<void> {
  const { document, equity } = result
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
  const { finished } = await beginEquity(join(dir, 'equity.parquet'), equity)
  try {
    const trials = studies.flatMap((study) => study.trials)
    const outcomes = studies.flatMap((study) => study.outcomes)
    const windows = studies.flatMap((study, k) => study.trials.map(() => k + 1))
    write('run.json', `${JSON.stringify(document, null, 1)}\n`)
    write('trials.csv', trialsCsv(trials, outcomes, document.search.dimensions, figuresOf(outcomes), windows))
    write('trades.csv', tradesCsv(trades))
    write('fills.csv', fillsCsv(fills))
    write('report.html', renderWalkForwardReport(result, reportAssets(), verdict))
    if (verdict !== null) write(LEDGER, ledgerText(verdict))
  } finally {
    // nobody may clear the folder away while it is written into
    await finished
  }
}

/** The stitched test stretches as a trial: what is judged is their curve. */
function stitchedEntry({ result, from, ground }: WalkForward): TrialEntry {
  const { document, equity } = result
  const { run, name, metrics, windows, cash, search } = document
  const identity = {
    ...{ name, params: resolveParams(ground.facts.strategy, ground.manifest.fixed), data: dataHash(ground.used) },
    ...{ code: ground.manifest.code, settings: run },
  }
  return {
    ...{ ...identity, params: { ...document.fixed }, id: trialId(identity), at: Date.now(), verb: 'walk-forward', run },
    ...{ series: ground.used.map(({ series }) => series), from, to: windows.at(-1)!.test.to, status: 'done' },
    trades: metrics['trades'] ?? null,
    totalReturn: metrics['totalReturn'] ?? null,
    objective: metrics[search.objective.name] ?? null,
    returns: summarise(equity, from, cash),
  }
}

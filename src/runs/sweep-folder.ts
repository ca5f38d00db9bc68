import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { SweepResult, TrialOutcome } from '../core/search.ts'
import { renderSweepReport } from '../report/sweep-report.ts'
import type { TrialEntry } from '../search/ledger-line.ts'
import { trialsCsv } from '../tables/trials-csv.ts'
import { type Counting, countTrials, judgedBy } from './count-trials.ts'
import { modelEntries } from './model-sweep-document.ts'
import { reportAssets } from './report-assets.ts'
import { ledgerText, type WrittenRun, writeReport } from './run-folder.ts'
import type { Sweep } from './sweep.ts'
import { trialEntries } from './trial-entries.ts'
import { LEDGER, timingText, writeFolder } from './write-folder.ts'

/** Counts a sweep's trials in the ledger and writes its folder. @throws DataError as `writeFolder` */
export async function writeSweep(run: Sweep, out: string, counting: Counting): Promise<WrittenRun> {
  const { result, journal, seconds } = run
  const { document } = result
  const entries = entriesOf(run)
  const isCounted = journal.isCounting || countTrials(entries, counting)
  const verdict = isCounted ? bestJudged(run, entries, counting) : null
  try {
    const dir = await writeFolder(document.run, out, {
      render: (folder) => renderSweep(result, folder, verdict),
      timing: timingText(seconds, null),
      reason: reasonOf(document.reproduce),
    })
    journal.remove()
    return { dir, verdict }
  } finally {
    journal.release()
  }
}

function entriesOf({ result, ground }: Sweep): TrialEntry[] {
  const { document, trials, outcomes } = result
  return 'facts' in ground
    ? trialEntries(ground, trials, outcomes, 'sweep', document.run)
    : modelEntries(ground, trials, outcomes, document.run)
}

/** What the ledger says of the best trial. */
function bestJudged({ result }: Sweep, entries: readonly TrialEntry[], counting: Counting): LedgerVerdict | null {
  const { document, trials } = result
  const best = entries.find((_, k) => trials[k]!.number === document.best?.trial)
  return best === undefined ? null : judgedBy(best, counting)
}

/** Makes the page of a finished sweep again, with what the ledger says by now; nothing is counted, and the rest stays as it is. */
export function rewriteSweepReport(run: Sweep, dir: string, counting: Counting): string {
  const verdict = bestJudged(run, entriesOf(run), counting)
  return writeReport(dir, renderSweepReport(run.result, reportAssets(), verdict), verdict)
}

/** What may be behind two results of the same search. */
export function reasonOf({ request }: SweepResult['document']['reproduce']): string {
  return request === null
    ? 'Its strategy was handed over as an object, whose code cannot be seen; move the folder away.'
    : 'A strategy or an objective that asks the clock, Math.random or a file of its own has such results. If these do not, move the folder away and report this as a bug.'
}

/** Writes everything that a sweep's inputs decide into a folder, and what the ledger says of it, if that is known. */
export function renderSweep(result: SweepResult, dir: string, verdict: LedgerVerdict | null = null): void {
  const { document, trials, outcomes } = result
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
  write('run.json', `${JSON.stringify(document, null, 1)}\n`)
  write('trials.csv', trialsCsv(trials, outcomes, document.search.dimensions, figuresOf(outcomes)))
  write('report.html', renderSweepReport(result, reportAssets(), verdict))
  if (verdict !== null) write(LEDGER, ledgerText(verdict))
}

/** Keys of the figures that the outcomes have. */
export function figuresOf(outcomes: readonly TrialOutcome[]): readonly string[] {
  return Object.keys(outcomes.find(({ status }) => status === 'done')?.metrics ?? {})
}

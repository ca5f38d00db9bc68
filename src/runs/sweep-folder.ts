import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { SweepResult, Trial, TrialOutcome, WalkForwardResult } from '../core/search.ts'
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

/** Counts a sweep's trials in the ledger, as far as they are not, and writes its folder. @throws DataError as `writeFolder` */
export function writeSweep(run: Sweep, out: string, counting: Counting): Promise<WrittenRun> {
  const { result } = run
  const { trials, outcomes } = result
  const isCounted = run.journal.isCounting || countTrials(entriesOf(run, trials, outcomes), counting)
  const verdict = isCounted ? bestJudged(run, counting) : null
  return writeSearch(run, out, verdict, (folder) => renderSweep(result, folder, verdict))
}

/** Writes the folder of a search, whose journal then is needed no longer. */
export async function writeSearch(
  {
    result,
    journal,
    seconds,
  }: Pick<Sweep, 'journal' | 'seconds'> & { readonly result: SweepResult | WalkForwardResult },
  out: string,
  verdict: LedgerVerdict | null,
  render: (folder: string) => Promise<void> | void,
): Promise<WrittenRun> {
  const { run, reproduce } = result.document
  try {
    const dir = await writeFolder(run, out, { render, timing: timingText(seconds, null), reason: reasonOf(reproduce) })
    journal.remove()
    return { dir, verdict }
  } finally {
    journal.release()
  }
}

function entriesOf(
  { ground, result }: Sweep,
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
): TrialEntry[] {
  const { run } = result.document
  return 'facts' in ground
    ? trialEntries(ground, trials, outcomes, 'sweep', run)
    : modelEntries(ground, trials, outcomes, run)
}

/** What the ledger says of the best trial. */
function bestJudged(run: Sweep, counting: Counting): LedgerVerdict | null {
  const { document, trials, outcomes } = run.result
  const k = trials.findIndex(({ number }) => number === document.best?.trial)
  const [best] = k < 0 ? [] : entriesOf(run, [trials[k]!], [outcomes[k]!])
  return best === undefined ? null : judgedBy(best, counting)
}

/** Makes the page of a finished sweep again, with what the ledger says by now; nothing is counted, and the rest stays as it is. */
export function rewriteSweepReport(run: Sweep, dir: string, counting: Counting): string {
  const verdict = bestJudged(run, counting)
  return writeReport(dir, renderSweepReport(run.result, reportAssets(), verdict), verdict)
}

/** What may be behind two results of the same search. */
function reasonOf({
  request,
}: SweepResult['document']['reproduce'] | WalkForwardResult['document']['reproduce']): string {
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

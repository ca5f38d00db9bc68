import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { damageOf } from '../models/artifact.ts'
import { renderEvaluation } from '../report/evaluation-report.ts'
import { predictionsCsv } from '../tables/predictions-csv.ts'
import { countTrials, trialOfModel } from './count-trials.ts'
import type { ModelRun } from './evaluate.ts'
import { ARTIFACT } from './load-run.ts'
import { reportAssets } from './report-assets.ts'
import type { Settings } from './settings.ts'
import { timingText, writeFolder } from './write-folder.ts'

type Told = (text: string) => void

/**
 * Counts a model that was trained or judged in the trial ledger, and writes its folder. One that is there, and whose model is not what was written into it,
 * has been damaged: it is written anew, and that is told.
 * @throws DataError as `writeFolder`
 */
export function writeModelRun(
  run: ModelRun,
  { out, ledger }: Pick<Settings, 'out' | 'ledger'>,
  seconds: number,
  { onNotice = () => {}, onWarning = onNotice }: { readonly onNotice?: Told; readonly onWarning?: Told },
): Promise<string> {
  const { document } = run.result
  const dir = join(out, document.run)
  const damage = existsSync(dir) ? damageOf(join(dir, ARTIFACT)) : null
  if (damage !== null) {
    onNotice(`${damage}; the folder is written anew`)
    rmSync(dir, { recursive: true, force: true })
  }
  countTrials([trialOfModel(document, Date.now())], { ledger, onWarning })
  return writeFolder(document.run, out, {
    render: (dir) => renderModelRun(run, dir),
    timing: timingText(seconds, null),
    reason:
      document.reproduce.request === null
        ? 'Its model was handed over as an object, whose code cannot be seen; move the folder away.'
        : 'Move the folder away and report this as a bug, unless an indicator of your own asks the clock or Math.random.',
  })
}

/** Writes everything that a model's inputs decide into a folder. */
export function renderModelRun({ result, files }: ModelRun, dir: string): void {
  const { document, predictions } = result
  mkdirSync(join(dir, ARTIFACT), { recursive: true })
  writeFileSync(join(dir, 'run.json'), `${JSON.stringify(document, null, 1)}\n`)
  writeFileSync(join(dir, 'predictions.csv'), predictionsCsv(predictions))
  for (const [name, text] of files) writeFileSync(join(dir, ARTIFACT, name), text)
  writeFileSync(join(dir, 'report.html'), renderEvaluation(result, reportAssets()))
}

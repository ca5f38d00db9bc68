import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RecordedSearch, RecordedWalkForward } from '../core/search.ts'
import { DataError } from '../data/index.ts'
import { RECORDED_SEARCH, RECORDED_WALK_FORWARD } from '../report/search-schema.ts'
import type { Counting } from './count-trials.ts'
import { diffSearches } from './diff-searches.ts'
import { findProjectFile } from './find-project-file.ts'
import { readSearchDocument, type SearchDocument } from './load-run.ts'
import { loadStrategy } from './load-strategy.ts'
import { isModulePath } from './objective.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import { recordedSettings } from './settings.ts'
import { sweep } from './sweep.ts'
import { renderSweep, rewriteSweepReport } from './sweep-folder.ts'
import { UsageError } from './usage-error.ts'
import { causes, type Verification, verdictOf } from './verification.ts'
import { walkForward } from './walk-forward.ts'
import { renderWalkForward, rewriteWalkForwardReport } from './walk-forward-folder.ts'
import { differences } from './write-folder.ts'

/** A finished search made again, in memory. */
interface SearchAgain {
  readonly document: SearchDocument
  /** Writes everything that its inputs decide into a folder. */
  readonly render: (dir: string) => Promise<void> | void
  /** Makes the page of its folder again, counting nothing. */
  readonly rewriteReport: (dir: string, counting: Counting) => string
}

/** Makes a finished search again from what its run.json records. */
async function searchAgain(
  dir: string,
  document: SearchDocument,
  store: string,
  cwd: string,
  host: SearchHost,
): Promise<SearchAgain> {
  const { run, kind, reproduce } = document
  if (kind === 'sweep' && document.subject === 'model')
    throw new UsageError(
      `${run}: a search of a model is not made again by this; ask for it again: ${reproduce.command}`,
    )
  if (reproduce.request === null)
    throw new UsageError(
      `${run}: its strategy or its objective was handed over by a script, not named by a file; run that script again`,
    )
  const checked = (kind === 'sweep' ? RECORDED_SEARCH : RECORDED_WALK_FORWARD).safeParse(reproduce.request)
  const unlike = checked.error?.issues[0]
  if (unlike !== undefined)
    throw new DataError(
      `${join(dir, 'run.json')}: reproduce.request.${unlike.path.join('.')}: ${unlike.message}; it was made by another build or changed by hand, so make the run again: ${reproduce.command}`,
    )
  const record = reproduce.request as RecordedSearch | RecordedWalkForward
  const settings = recordedSettings(record.backtest, { store, out: dirname(dir) })
  const asked = await askedAgain(record, dir, cwd)
  const own = { ...host, write: false }
  if (!('plan' in record)) {
    const made = await sweep(asked, settings, own)
    return {
      document: made.result.document,
      render: (folder) => renderSweep(made.result, folder),
      rewriteReport: (folder, counting) => rewriteSweepReport(made, folder, counting),
    }
  }
  const made = await walkForward(asked, record.plan, settings, own)
  return {
    document: made.result.document,
    render: (folder) => renderWalkForward(made, folder),
    rewriteReport: (folder, counting) => rewriteWalkForwardReport(made, folder, counting),
  }
}

async function askedAgain(record: RecordedSearch, dir: string, cwd: string): Promise<SearchAsked> {
  const { backtest, set, where, method, trials, objective, goal, seed, prune } = record
  const file = findProjectFile('strategy', backtest.strategy, dir, cwd)
  const { strategy } = await loadStrategy(file)
  const { data, from, to, closeAtEnd, allowInSample } = backtest
  const fixed = Object.entries(backtest.set).filter(([name, value]) => strategy.params[name]?.default !== value)
  return {
    ...{ strategy: file, data, from, to, closeAtEnd, allowInSample, method, goal, seed },
    set: [...set, ...fixed.map(([name, value]) => `${name}=${value}`)],
    where: where === null ? [] : [where],
    objective: isModulePath(objective) ? findProjectFile('objective', objective, dir, cwd) : objective,
    ...(trials !== null && { trials }),
    ...(prune !== null && { prune }),
  }
}

/** Makes a finished search again and compares every file of it: the same inputs must give the same bytes. */
export async function verifySearch(
  dir: string,
  store: string,
  cwd: string,
  host: SearchHost = {},
): Promise<Verification> {
  const recorded = readSearchDocument(dir)
  const again = await searchAgain(dir, recorded, store, cwd, host)
  const fresh = JSON.parse(JSON.stringify(again.document)) as SearchDocument
  const changed = causes(recorded, fresh)
  const [was, is] = [recorded.reproduce.inputs, fresh.reproduce.inputs]
  if (was['objective'] !== is['objective'])
    changed.push('the module of the objective, a file it imports, or the lockfile was changed')
  const temporary = mkdtempSync(join(tmpdir(), 'klinelab-verify-'))
  try {
    await again.render(temporary)
    return verdictOf({
      ...{ run: recorded.run, dir, changed, differing: diffSearches(recorded, fresh) },
      ...{ files: differences(dir, temporary), who: 'the strategy or the objective' },
    })
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/**
 * Makes the page of a finished search again; the rest of its folder stays as it is.
 * @throws UsageError where its inputs are no longer what they were
 */
export async function rewriteSearchReport(
  dir: string,
  store: string,
  cwd: string,
  counting: Counting,
  host: SearchHost = {},
): Promise<string> {
  const recorded = readSearchDocument(dir)
  const { run } = recorded
  const again = await searchAgain(dir, recorded, store, cwd, host)
  const fresh = JSON.parse(JSON.stringify(again.document)) as SearchDocument
  if (fresh.run !== run || diffSearches(recorded, fresh).length > 0)
    throw new UsageError(
      `${run}: its data, code or settings are no longer what they were, so its report cannot be made again; see klinelab verify ${run}`,
    )
  return again.rewriteReport(dir, counting)
}

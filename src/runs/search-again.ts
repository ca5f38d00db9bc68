import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RecordedModelSearch, RecordedSearch, RecordedWalkForward } from '../core/search.ts'
import { DataError } from '../data/index.ts'
import { RECORDED_MODEL_SEARCH, RECORDED_SEARCH, RECORDED_WALK_FORWARD } from '../report/search-schema.ts'
import type { Counting } from './count-trials.ts'
import { diffSearches } from './diff-searches.ts'
import { findProjectFile } from './find-project-file.ts'
import { readSearchDocument, type SearchDocument } from './load-run.ts'
import { loadStrategy } from './load-strategy.ts'
import { isModulePath } from './objective.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import { sweepOf } from './search-subject.ts'
import { recordedSettings, type Settings } from './settings.ts'
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
  given: Settings,
  cwd: string,
  host: SearchHost,
): Promise<SearchAgain> {
  const { run, kind, reproduce } = document
  if (reproduce.request === null)
    throw new UsageError(
      `${run}: its strategy or its objective was handed over by a script, not named by a file; run that script again`,
    )
  const isModel = kind === 'sweep' && document.subject === 'model'
  const schema = isModel ? RECORDED_MODEL_SEARCH : kind === 'sweep' ? RECORDED_SEARCH : RECORDED_WALK_FORWARD
  const unlike = schema.safeParse(reproduce.request).error?.issues[0]
  if (unlike !== undefined)
    throw new DataError(
      `${join(dir, 'run.json')}: reproduce.request.${unlike.path.join('.')}: ${unlike.message}; it was made by another build or changed by hand, so make the run again: ${reproduce.command}`,
    )
  const record = reproduce.request as RecordedSearch | RecordedWalkForward | RecordedModelSearch
  const places = { store: given.store, out: dirname(dir) }
  // a model that is searched has no money to say anything of
  const settings = 'backtest' in record ? recordedSettings(record.backtest, places) : { ...given, ...places }
  const asked = await askedAgain(record, dir, cwd)
  const own = { ...host, write: false }
  if (!('plan' in record)) {
    const made = await sweepOf(asked, settings, own)
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

async function askedAgain(
  record: RecordedSearch | RecordedModelSearch,
  dir: string,
  cwd: string,
): Promise<SearchAsked> {
  const { where, method, trials, objective, goal, seed } = record
  const { fixed, ...subject } =
    'backtest' in record ? await strategyAgain(record, dir, cwd) : modelAgain(record, dir, cwd)
  return {
    ...{ ...subject, method, goal, seed },
    set: [...record.set, ...Object.entries(fixed).map(([name, value]) => `${name}=${value}`)],
    where: where === null ? [] : [where],
    objective: isModulePath(objective) ? findProjectFile('objective', objective, dir, cwd) : objective,
    ...(trials !== null && { trials }),
  }
}

async function strategyAgain({ backtest, prune }: RecordedSearch, dir: string, cwd: string) {
  const file = findProjectFile('strategy', backtest.strategy, dir, cwd)
  const { strategy } = await loadStrategy(file)
  const { data, from, to, closeAtEnd, allowInSample, set } = backtest
  const fixed = Object.fromEntries(
    Object.entries(set).filter(([name, value]) => strategy.params[name]?.default !== value),
  )
  return { strategy: file, data, from, to, closeAtEnd, allowInSample, fixed, ...(prune !== null && { prune }) }
}

function modelAgain({ module, model, data, from, to, holdout, fixed }: RecordedModelSearch, dir: string, cwd: string) {
  return { strategy: findProjectFile('module', module, dir, cwd), model, data, from, to, holdout, fixed }
}

/** Makes a finished search again and compares every file of it: the same inputs must give the same bytes. */
export async function verifySearch(
  dir: string,
  settings: Settings,
  cwd: string,
  host: SearchHost = {},
): Promise<Verification> {
  const recorded = readSearchDocument(dir)
  const again = await searchAgain(dir, recorded, settings, cwd, host)
  const fresh = JSON.parse(JSON.stringify(again.document)) as SearchDocument
  const isModel = recorded.kind === 'sweep' && recorded.subject === 'model'
  const changed = causes(recorded, fresh, isModel ? 'the module' : 'the strategy')
  const [was, is] = [recorded.reproduce.inputs, fresh.reproduce.inputs]
  if (was['objective'] !== is['objective'])
    changed.push('the module of the objective, a file it imports, or the lockfile was changed')
  const temporary = mkdtempSync(join(tmpdir(), 'klinelab-verify-'))
  try {
    await again.render(temporary)
    return verdictOf({
      ...{ run: recorded.run, dir, changed, differing: diffSearches(recorded, fresh) },
      ...{ files: differences(dir, temporary), who: 'the strategy, the model or the objective' },
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
  settings: Settings,
  cwd: string,
  counting: Counting,
  host: SearchHost = {},
): Promise<string> {
  const recorded = readSearchDocument(dir)
  const { run } = recorded
  const again = await searchAgain(dir, recorded, settings, cwd, host)
  const fresh = JSON.parse(JSON.stringify(again.document)) as SearchDocument
  if (fresh.run !== run || diffSearches(recorded, fresh).length > 0)
    throw new UsageError(
      `${run}: its data, code or settings are no longer what they were, so its report cannot be made again; see klinelab verify ${run}`,
    )
  return again.rewriteReport(dir, counting)
}

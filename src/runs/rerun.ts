import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunDocument } from '../core/run.ts'
import { DataError } from '../data/index.ts'
import type { Strategy } from '../engine/index.ts'
import { REPRODUCE_SCHEMA } from '../report/run-schema.ts'
import { type Backtest, backtest, type Progress } from './backtest.ts'
import { codeHash } from './code-hash.ts'
import { type Difference, diffRuns } from './diff-runs.ts'
import { findProjectFile } from './find-project-file.ts'
import { readDocument } from './load-run.ts'
import { loadStrategy } from './load-strategy.ts'
import { renderRun } from './run-folder.ts'
import { INPUTS } from './run-identity.ts'
import { recordedSettings } from './settings.ts'
import type { SimulateSlot } from './simulate.ts'
import type { TrainingHost } from './train-run.ts'
import { UsageError } from './usage-error.ts'
import { differences } from './write-folder.ts'

export interface Verification {
  readonly run: string
  readonly dir: string
  readonly same: boolean
  /** What differs, in words a person can act on; empty where nothing does. */
  readonly problems: readonly string[]
  readonly differences: readonly Difference[]
}

/** Makes a finished run again from what its run.json records, in memory. */
export async function rerun(
  dir: string,
  store: string,
  cwd: string,
  onProgress?: Progress,
  host: TrainingHost = {},
): Promise<Backtest> {
  const { request, settings } = askedFor(readDocument(dir), dir, store, cwd)
  return backtest(request, settings, onProgress, undefined, { ...host, write: false })
}

/** What was seen of a run that was made again, and which of its inputs are not what they were. */
interface Watched {
  readonly slots: readonly SimulateSlot[]
  readonly result: Backtest['result']
  readonly changed: readonly string[]
}

/** The same with another strategy in the place of its own, one that does as it does and is watched. */
export async function rerunWatched(
  dir: string,
  store: string,
  cwd: string,
  watch: (strategy: Strategy) => Strategy,
  onProgress?: Progress,
): Promise<Watched> {
  const recorded = readDocument(dir)
  const { request, settings } = askedFor(recorded, dir, store, cwd)
  const { strategy, file } = await loadStrategy(request.strategy)
  const { result, options } = await backtest(
    { ...request, strategy: watch(strategy) },
    settings,
    onProgress,
    undefined,
    {
      write: false,
    },
  )
  // the code of what is handed over as an object cannot be seen, that of its file can
  const reproduce = { ...result.document.reproduce, code: codeHash(file).hash }
  return { result, slots: options.slots, changed: causes(recorded, { ...result.document, reproduce }) }
}

/** What a run was asked for, as its run.json records it. */
function askedFor({ reproduce, run }: RunDocument, dir: string, store: string, cwd: string) {
  const record = reproduce.request
  const unlike = REPRODUCE_SCHEMA.safeParse(reproduce).error?.issues[0]
  if (unlike !== undefined)
    throw new DataError(
      `${join(dir, 'run.json')}: reproduce.${unlike.path.join('.')}: ${unlike.message}; it was made by another build or changed by hand, so make the run again: ${reproduce.command}`,
    )
  if (record === null)
    throw new UsageError(`${run}: its strategy was handed over by a script, not named by a file; run that script again`)
  const strategy = findProjectFile('strategy', record.strategy, dir, cwd)
  const { data, from, to, set, closeAtEnd, allowInSample, stress } = record
  const request = {
    strategy,
    data,
    from,
    to,
    set,
    closeAtEnd,
    allowInSample,
    stress,
    ...(record.benchmark !== null && { benchmark: record.benchmark }),
  }
  return { request, settings: recordedSettings(record, { store, out: dirname(dir) }) }
}

/** Runs a finished run again and compares every file of it: the same inputs must give the same bytes. */
export async function verifyRun(
  dir: string,
  store: string,
  cwd: string,
  onProgress?: Progress,
  host: TrainingHost = {},
): Promise<Verification> {
  const recorded = readDocument(dir)
  const run = await rerun(dir, store, cwd, onProgress, host)
  const fresh = JSON.parse(JSON.stringify(run.result.document)) as RunDocument
  const differing = diffRuns(recorded, fresh)
  const files = await differingFiles(run, dir)
  const problems = causes(recorded, fresh)
  const isNow = problems.length === 0
  if (isNow && differing.length > 0)
    problems.push(
      'the same data, code, parameters and config gave another result: run.json was changed by hand, or the strategy asks the clock, Math.random or a file of its own; if neither is so, report this as a bug',
    )
  for (const name of files)
    if (!existsSync(join(dir, name))) problems.push(`${name} is missing from the folder`)
    else if (isNow && !(name === 'run.json' && differing.length > 0))
      problems.push(
        `${name} in the folder is not what the run writes: it was changed by hand${name === 'report.html' ? ', or made by another build of this version' : ''}`,
      )
  const same = problems.length === 0 && files.length === 0
  return { run: recorded.run, dir, same, problems, differences: differing }
}

/** Files of a run's folder that are not what the run gives now. */
async function differingFiles(run: Backtest, dir: string): Promise<string[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'klinelab-verify-'))
  try {
    await renderRun(run, temporary)
    return differences(dir, temporary)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Inputs that are not what they were. */
function causes(recorded: RunDocument, fresh: RunDocument): string[] {
  const problems: string[] = []
  if (recorded.engine.version !== fresh.engine.version)
    problems.push(
      `klinelab was ${recorded.engine.version}, is ${fresh.engine.version}: its results and its report may differ for that`,
    )
  for (const [k, data] of recorded.data.entries())
    if (data.sha256 !== fresh.data[k]?.sha256)
      problems.push(`the stored bars of ${data.series} are not those of the run`)
  if (recorded.reproduce.code !== fresh.reproduce.code)
    problems.push('the strategy, a file it imports, or the lockfile was changed')
  const [before, now] = [recorded.reproduce.inputs, fresh.reproduce.inputs]
  for (const [name, words] of Object.entries(INPUTS))
    if (before[name] !== now[name]) problems.push(`${words}: not those of the run`)
  return problems
}

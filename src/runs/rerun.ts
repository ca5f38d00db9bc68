import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunDocument } from '../core/run.ts'
import { DataError } from '../data/index.ts'
import type { Strategy } from '../engine/index.ts'
import { REPRODUCE_SCHEMA } from '../report/run-schema.ts'
import { type Backtest, backtest, type Progress } from './backtest.ts'
import { codeHash } from './code-hash.ts'
import { diffRuns } from './diff-runs.ts'
import { findProjectFile } from './find-project-file.ts'
import { readDocument } from './load-run.ts'
import { loadStrategy } from './load-strategy.ts'
import { renderRun } from './run-folder.ts'
import { recordedSettings } from './settings.ts'
import type { SimulateSlot } from './simulate.ts'
import type { TrainingHost } from './train-run.ts'
import { UsageError } from './usage-error.ts'
import { causes, type Verification, verdictOf } from './verification.ts'
import { differences } from './write-folder.ts'

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
  const changed = causes(recorded, fresh)
  return verdictOf({ run: recorded.run, dir, changed, differing, files, who: 'the strategy' })
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

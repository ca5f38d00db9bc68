import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunDocument } from '../../core/run.ts'
import type { WalkForwardDocument } from '../../core/search.ts'
import { type Check, checkModule } from '../check.ts'
import { isCounted, judgedBy, trialOfFolder } from '../count-trials.ts'
import { findProjectFile } from '../find-project-file.ts'
import { isModel, isSearch, listRuns } from '../load-run.ts'
import { loadStrategy } from '../load-strategy.ts'
import { verifyRun } from '../rerun.ts'
import type { Settings } from '../settings.ts'
import { UsageError } from '../usage-error.ts'
import type { Verification } from '../verification.ts'
import { type MissingCommands, missingCommands, NO_COMMANDS } from './commands.ts'
import { type ComparedSession, comparedSessions, uncomparedSessions } from './compared-sessions.ts'

/** What is known of a run that somebody wants to promote. */
export interface Evidence {
  readonly document: RunDocument
  readonly verification: Verification
  /** `null` where it could not be looked for, and why. */
  readonly check: Check | null
  readonly whyUnchecked: string
  readonly walkForward: WalkForwardDocument | null
  readonly deflated: Deflated
  readonly sessions: readonly ComparedSession[]
  /** Names of sessions that parity has not looked at. */
  readonly uncompared: readonly string[]
  readonly commands: MissingCommands
}

/** Probability that the Sharpe ratio is real given all trials, how many these were, and why there is none. */
interface Deflated {
  readonly figure: number | null
  readonly trials: number
  readonly why: string
  /** Whether the ledger has this run: one that has not may have lost the others too. */
  readonly isCounted: boolean
}

export interface Host {
  readonly cwd: string
  readonly onProgress?: (done: number, total: number) => void
  readonly onWarning: (text: string) => void
}

/** Bars after which the leak test makes the future another. */
const SAMPLES = 12

/** Makes the run again, looks for leaks, and gathers what lies among the runs and sessions of the same code. */
export async function evidenceOf(
  dir: string,
  document: RunDocument,
  settings: Settings,
  host: Host,
): Promise<Evidence> {
  const verification = await verifyRun(dir, settings.store, host.cwd, host.onProgress, { onNotice: host.onWarning })
  const { run, reproduce } = document
  const { request } = reproduce
  const file = request === null ? null : findProjectFile('strategy', request.strategy, dir, host.cwd)
  return {
    document,
    verification,
    ...(await leakTest(document, file, settings, host)),
    walkForward: walkForwardOf(document, dirname(dir), host.onWarning),
    deflated: await deflatedOf(dir, settings, host),
    sessions: comparedSessions(document, settings.out),
    uncompared: uncomparedSessions(document, settings.out),
    commands:
      request === null || file === null
        ? NO_COMMANDS
        : missingCommands(run, request, (await loadStrategy(file)).strategy),
  }
}

async function leakTest(
  { data, range, seed, reproduce: { request } }: RunDocument,
  module: string | null,
  settings: Settings,
  { cwd, onProgress }: Host,
): Promise<Pick<Evidence, 'check' | 'whyUnchecked'>> {
  if (request === null || module === null)
    return {
      check: null,
      whyUnchecked: 'its strategy was handed over by a script: nobody can run it with other futures',
    }
  const series = data.map((one) => one.series)
  const { from, to } = range
  const asked = { module, from: cwd, data: series, range: { from, to }, set: request.set, samples: SAMPLES, seed }
  try {
    return { check: await checkModule(asked, settings, onProgress), whyUnchecked: '' }
  } catch (error) {
    // too few bars to make their future another: that is no error of whoever asks, and no pass either
    if (!(error instanceof UsageError)) throw error
    return { check: null, whyUnchecked: error.message }
  }
}

async function deflatedOf(dir: string, { ledger }: Settings, { onWarning }: Host): Promise<Deflated> {
  const trial = await trialOfFolder(dir)
  const verdict = judgedBy(trial, { ledger, onWarning })
  const overfitting = verdict?.overfitting ?? null
  const trials = verdict?.trials ?? 0
  const unreadable = verdict?.unreadable ?? 0
  // of a single trial nothing was chosen: its Sharpe ratio is judged as it stands
  const figure = (trials === 1 ? overfitting?.probabilistic : overfitting?.deflated) ?? null
  const counted = isCounted(trial, { ledger, onWarning })
  const why = !counted
    ? `${ledger} has not this run among its trials: nobody knows how many there were; made again it is counted`
    : unreadable > 0
      ? `${ledger} has damaged lines (${unreadable}): nobody knows how many trials there were; mend it, or take them out`
      : (overfitting?.notes['deflated'] ?? 'it has no daily returns that could be compared')
  return { figure: counted && unreadable === 0 ? figure : null, trials, why, isCounted: counted }
}

/** The newest walk-forward of the same strategy, code and series: what was chosen before each test, and how the tests went. */
function walkForwardOf(run: RunDocument, out: string, onWarning: (text: string) => void): WalkForwardDocument | null {
  const names = run.data.map(({ series }) => series).join()
  const found = listRuns(out, onWarning).flatMap(({ dir, document }) => {
    if (isModel(document) || !isSearch(document) || document.kind !== 'walk-forward') return []
    const isOfIt = document.name === run.strategy && document.reproduce.code === run.reproduce.code
    const isOnIt = document.data.map(({ series }) => series).join() === names
    return isOfIt && isOnIt ? [{ document, at: statSync(join(dir, 'run.json')).mtimeMs }] : []
  })
  return found.sort((a, b) => b.at - a.at)[0]?.document ?? null
}

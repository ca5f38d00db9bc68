import native, { dirname } from 'node:path'
import type { Fill } from '../core/fill.ts'
import type { EquityColumns, Metrics } from '../core/run.ts'
import type { Params } from '../core/search.ts'
import type { Trade } from '../core/trade.ts'
import { findObjective, type Goal, judge } from '../search/objective.ts'
import { codeHash, projectRoot } from './code-hash.ts'
import { loadModule } from './load-module.ts'
import { sha256 } from './run-identity.ts'
import { UsageError, usage } from './usage-error.ts'

/** What a function of one's own is handed to judge a trial by. */
export interface TrialResult {
  /** All figures of `METRICS`. */
  readonly metrics: Metrics
  /** Why one of them is null. */
  readonly notes: Readonly<Record<string, string>>
  readonly params: Params
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
  /** Columns that the next trial writes over: keep values, not them. */
  readonly equity: EquityColumns
}

/** What a search is for: a figure, or a function of a module. */
export interface ObjectiveSpec {
  readonly name: string
  readonly goal: Goal
  /**
   * Path of a module from the root of the strategy's project, where commands are given, or the whole path of one that lies elsewhere; and
   * what its code hashes to. `null`: a figure.
   */
  readonly module: { readonly path: string; readonly code: string } | null
  /** Of a function that was handed over by a script: sha256 of its text. What it closes over cannot be seen. */
  readonly inline?: string
}

/** A function of one's own that judges a trial: the number to be best. */
export type ObjectiveFunction = (result: TrialResult) => number

export type JudgeTrial = (result: TrialResult) => ReturnType<typeof judge>

/** An objective as it was asked for, loaded. */
export interface LoadedObjective {
  readonly spec: ObjectiveSpec
  readonly file: string | null
  /** Of a function; `null`: a figure. */
  readonly judge: JudgeTrial | null
}

/**
 * Reads `--objective` and `--goal`: the name of a figure, the path of a module whose default export is a function of a trial, or
 * that function.
 * @param strategy its file, if it has one
 * @throws UsageError where it is neither
 */
export async function objectiveOf(
  asked: string | ObjectiveFunction,
  goal: Goal | undefined,
  subject: 'strategy' | 'model',
  strategy: string | null = null,
): Promise<LoadedObjective> {
  if (typeof asked === 'function') {
    const name = asked.name === '' ? 'objective' : asked.name
    const spec = { name, goal: goal ?? ('max' as const), module: null, inline: sha256(String(asked)) }
    return { spec, file: null, judge: (result) => judge(name, answerOf(name, asked, result)) }
  }
  const text = asked
  if (!isModulePath(text)) {
    const found = usage(() => findObjective(text, subject))
    return { spec: { name: found.name, goal: goal ?? found.goal, module: null }, file: null, judge: null }
  }
  if (subject === 'model')
    throw new UsageError(`--objective ${text}: a search of a model is judged by a figure, such as logLoss or auc`)
  const { file } = await loadObjective(text)
  const name = pathFrom(projectRoot(dirname(file)), file)
  const path = strategy === null ? name : pathFrom(projectRoot(dirname(strategy)), file)
  const { judge: own } = await loadObjective(text, name)
  return { spec: { name, goal: goal ?? 'max', module: { path, code: codeHash(file).hash } }, file, judge: own }
}

type PathRules = Pick<typeof native, 'relative' | 'isAbsolute'>

/** From a project's root, or the whole path of what lies outside of it; on Windows another drive is, too. */
export function pathFrom(root: string, file: string, { relative, isAbsolute }: PathRules = native): string {
  const between = relative(root, file)
  const path = between.replaceAll('\\', '/')
  // a folder may be called ..x
  const isOutside = path === '..' || path.startsWith('../') || isAbsolute(between)
  return isOutside ? file.replaceAll('\\', '/') : path
}

/** Whether an objective is named by a file, not by the key of a figure. */
export function isModulePath(objective: string): boolean {
  return /\.(ts|js|mjs)$/.test(objective)
}

/**
 * The function of a module that judges a trial.
 * @param name what reasons call it: the same wherever the project lies
 * @throws UsageError where it exports none
 */
export async function loadObjective(
  path: string,
  name = path,
): Promise<{ readonly judge: JudgeTrial; readonly file: string }> {
  const { file, exports } = await loadModule('objective', path)
  const { default: own } = exports
  if (typeof own !== 'function')
    throw new UsageError(
      `objective ${path}: its default export is no function; write: export default ({ metrics }) => metrics.sharpe`,
    )
  return { file, judge: (result) => judge(name, answerOf(name, own as ObjectiveFunction, result)) }
}

/** What it throws is said of it, and not of the strategy. */
function answerOf(name: string, own: ObjectiveFunction, result: TrialResult): unknown {
  try {
    return own(result)
  } catch (error) {
    throw new Error(`objective ${name} threw: ${(error as Error).message ?? String(error)}`, { cause: error })
  }
}

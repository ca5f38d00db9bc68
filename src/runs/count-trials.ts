import type { EvaluationDocument } from '../core/evaluation.ts'
import type { LedgerVerdict, TrialVerb } from '../core/ledger.ts'
import type { RecordedRequest, RunDocument, RunResult, SeriesUsed } from '../core/run.ts'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { summarise } from '../metrics/returns-summary.ts'
import { appendTrials, type Ledger, LedgerError, readLedger } from '../search/ledger.ts'
import { type TrialEntry, trialId } from '../search/ledger-line.ts'
import { judgeTrial } from '../search/ledger-verdict.ts'
import { isModel, loadRun, readAnyDocument } from './load-run.ts'
import { sha256 } from './run-identity.ts'

/** Which ledger a run is counted in, as what, and who is told where that does not go. */
export interface Counting {
  readonly ledger: string
  readonly verb?: Extract<TrialVerb, 'backtest' | 'demo'>
  readonly onWarning: (text: string) => void
}

/** A backtest as a trial. @param at when it was made, UTC ms */
export function trialOfRun(
  { document, equity }: Pick<RunResult, 'document' | 'equity'>,
  verb: TrialVerb,
  at: number,
): TrialEntry {
  const { run, strategy, params, data, range, metrics, reproduce } = document
  const facts = { name: strategy, params, data: dataHash(data), code: reproduce.code }
  return {
    ...{ ...facts, id: trialId({ ...facts, settings: settingsHash(document) }), at, verb, run },
    ...{ series: data.map(({ series }) => series), from: range.from, to: range.to, status: 'done' },
    trades: metrics['trades'] ?? null,
    totalReturn: metrics['totalReturn'] ?? null,
    objective: null,
    returns: summarise(equity, range.from, metrics['startEquity']!),
  }
}

/** The trial that a run folder holds. @throws UsageError, DataError as `loadRun` */
export async function trialOfFolder(dir: string): Promise<TrialEntry> {
  const document = readAnyDocument(dir)
  if (isModel(document)) return trialOfModel(document, Date.now())
  return trialOfRun(await loadRun(dir), 'backtest', Date.now())
}

/** A trained model, as it was judged, as a trial: it has no daily returns of its own. */
export function trialOfModel(document: EvaluationDocument, at: number): TrialEntry {
  const { run, model, data, threshold, costs, reproduce } = document
  const facts = { name: model, params: { threshold }, data: dataHash(data), code: sha256(reproduce.definition) }
  const settings = sha256([reproduce.code, costs])
  return {
    ...{ ...facts, id: trialId({ ...facts, settings }), at, verb: 'model', run },
    ...{ series: data.map(({ series }) => series), from: Math.min(...data.map(({ from }) => from)) },
    ...{ to: Math.max(...data.map(({ to }) => to)), status: 'done', trades: null, totalReturn: null },
    ...{ objective: null, returns: null },
  }
}

/**
 * A challenger of a retraining as a trial: it is judged on bars that decide which model speaks from then on, and was tried whether it won or not.
 * @param folds where it has learnt and where it was judged: another window is another trial
 */
export function trialOfChallenger(
  {
    name,
    threshold,
    code,
    definition,
  }: { readonly name: string; readonly threshold: number; readonly code: string | null; readonly definition: string },
  data: readonly Pick<SeriesUsed, 'series' | 'sha256' | 'from' | 'to'>[],
  folds: unknown,
  { run, at }: { readonly run: string; readonly at: number },
): TrialEntry {
  const facts = { name, params: { threshold }, data: dataHash(data), code: sha256(definition) }
  return {
    ...{ ...facts, id: trialId({ ...facts, settings: sha256([code, folds]) }), at, verb: 'model', run },
    ...{ series: data.map(({ series }) => series), from: Math.min(...data.map(({ from }) => from)) },
    ...{ to: Math.max(...data.map(({ to }) => to)), status: 'done', trades: null, totalReturn: null },
    ...{ objective: null, returns: null },
  }
}

/** Of the bars of all series, and their names. */
export function dataHash(data: readonly Pick<SeriesUsed, 'series' | 'sha256'>[]): string {
  return sha256(data.map((one) => [one.series, one.sha256]))
}

/**
 * Of all that decides a run's returns besides strategy, parameters, bars and code. What only judges or shows it (a benchmark, the
 * band, `--stress`) makes no other trial of it; nor do the bars before the range, which a trial of a search is given as many of as
 * the greediest of its trials wants. Of a strategy whose code cannot be seen its fills are known by too.
 */
export function settingsHash({
  reproduce,
  tradeHash,
}: {
  readonly reproduce: Pick<RunDocument['reproduce'], 'request' | 'config' | 'inputs'>
  readonly tradeHash: string
}): string {
  const { request, config, inputs } = reproduce
  if (request === null) return sha256([config, tradeHash])
  const { settings, benchmark, certificates, warmup, ...used } = inputs
  return sha256([deciding(request), used])
}

function deciding(request: RecordedRequest): Partial<RecordedRequest> {
  const { strategy, data, from, to, set, stress, band, benchmark, riskFree, warmup, ...decides } = request
  return decides
}

/** Counts trials. A ledger that cannot be written costs no run its result: that is told. @returns whether they were counted */
export function countTrials(trials: readonly TrialEntry[], { ledger, onWarning }: Counting): boolean {
  return told(onWarning, () => appendTrials(ledger, trials) ?? true) ?? false
}

/** What counts a search's trials as they are done; `null` where nobody counts. */
export function counterOf(
  counting: Counting | undefined,
  entriesOf: (trials: readonly Trial[], outcomes: readonly TrialOutcome[]) => readonly TrialEntry[],
): ((trials: readonly Trial[], outcomes: readonly TrialOutcome[]) => void) | null {
  return counting === undefined ? null : (trials, outcomes) => void countTrials(entriesOf(trials, outcomes), counting)
}

/** What the ledger makes of a trial, which is not counted for that; `null` where it cannot be read, which is told. */
export function judgedBy(trial: TrialEntry, { ledger, onWarning }: Counting): LedgerVerdict | null {
  return told(onWarning, () => {
    const read = readLedger(ledger)
    if (read.unreadable > 0) onWarning(damageText(read))
    return judgeTrial(read, trial)
  })
}

/** Whether the ledger has this trial. */
export function isCounted({ id }: Pick<TrialEntry, 'id'>, { ledger, onWarning }: Counting): boolean {
  return told(onWarning, () => readLedger(ledger).entries.some((one) => one.id === id)) ?? false
}

function told<T>(onWarning: (text: string) => void, work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    onWarning(error.message)
    return null
  }
}

/** Lines of a ledger that are not counted, by number. */
export function damageText({ file, unreadable, unreadableAt }: Ledger): string {
  const more = unreadable - unreadableAt.length
  const lines = `${unreadableAt.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return unreadable === 1
    ? `${file}:${lines}: the line is torn or damaged, and its trial is not counted`
    : `${file}: lines ${lines} are torn or damaged, and their trials are not counted`
}

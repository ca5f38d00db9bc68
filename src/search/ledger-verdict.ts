import type { LedgerVerdict, NamedTrial } from '../core/ledger.ts'
import type { ReturnsSummary } from '../core/search.ts'
import { judgeOverfitting } from '../metrics/overfitting.ts'
import { dailySharpe } from '../metrics/returns-summary.ts'
import type { Ledger } from './ledger.ts'
import { lineOf, readLine, type TrialEntry, WrittenTrial } from './ledger-line.ts'

const DAYS_A_YEAR = 365

interface View {
  /** Only trials of this strategy or model, and only those with this series. */
  readonly name?: string
  readonly series?: string
}

export interface NameTried {
  readonly name: string
  readonly trials: number
  /** UTC ms. */
  readonly last: number
  readonly best: NamedTrial | null
}

/**
 * What a ledger says of one of its trials: all different trials count, whatever they were of, since any of them could have been
 * the one that is shown. A trial that is not in the ledger is counted with it.
 * @param chosen the trial, or `best`: that with the highest Sharpe ratio; one that was given up is never the best
 */
export function judgeTrial(ledger: Ledger, chosen: TrialEntry | 'best', view: View = {}): LedgerVerdict {
  const different = new Map<string, WrittenTrial>()
  for (const trial of ledger.entries) if (isIn(view, trial)) different.set(trial.id, trial)
  if (chosen !== 'best' && !different.has(chosen.id)) different.set(chosen.id, asWritten(chosen))
  const trials = [...different.values()]
  const known = trials.map(({ returns }) => ({ returns }))
  const k = chosen === 'best' ? bestOf(trials, known) : trials.findIndex(({ id }) => id === chosen.id)
  const own = known[k]?.returns ?? null
  const trades = trials[k]?.trades ?? null
  const times = trials.map(({ at }) => at)
  const { name = null, series = null } = view
  return {
    lines: ledger.entries.length,
    trials: trials.length,
    failed: trials.filter(({ status }) => status === 'failed').length,
    byName: counted(trials, 'name').map(([name, trials]) => ({ name, trials })),
    byVerb: counted(trials, 'verb').map(([verb, trials]) => ({ verb, trials })),
    first: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
    last: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
    compared:
      own === null ? 0 : known.filter(({ returns }) => returns?.from === own.from && returns.days === own.days).length,
    unreadable: ledger.unreadable,
    view: { name, series },
    chosen: k < 0 ? null : named(trials[k]!, own),
    overfitting:
      own === null ? null : judgeOverfitting(own, known, { trials: trials.length, ...(trades !== null && { trades }) }),
  }
}

/** What was tried of each strategy and model, the most first: how much, when last, and the best Sharpe ratio of it. */
export function bestByName(ledger: Ledger, view: View = {}): readonly NameTried[] {
  const groups = new Map<string, Map<string, WrittenTrial>>()
  for (const trial of ledger.entries) {
    if (!isIn(view, trial)) continue
    const { name } = trial
    if (!groups.has(name)) groups.set(name, new Map())
    groups.get(name)!.set(trial.id, trial)
  }
  const tried = [...groups].map(([name, group]) => {
    const trials = [...group.values()]
    const known = trials.map(({ returns }) => ({ returns }))
    const k = bestOf(trials, known)
    const last = trials.reduce((latest, { at }) => Math.max(latest, at), 0)
    return { name, trials: trials.length, last, best: k < 0 ? null : named(trials[k]!, known[k]!.returns) }
  })
  return tried.sort((a, b) => b.trials - a.trials)
}

function isIn({ name, series }: View, trial: WrittenTrial): boolean {
  return (name === undefined || trial.name === name) && (series === undefined || trial.series.includes(series))
}

/** As precise as a line is, so that it is equal to itself in a ledger. */
function asWritten(trial: TrialEntry): WrittenTrial {
  if (trial instanceof WrittenTrial) return trial
  return readLine(lineOf(trial).slice(0, -1)) as WrittenTrial
}

/** −1 where none has a Sharpe ratio. */
function bestOf(
  trials: readonly WrittenTrial[],
  known: readonly { readonly returns: ReturnsSummary | null }[],
): number {
  let best = -1
  let most = Number.NEGATIVE_INFINITY
  for (const [k, { returns }] of known.entries()) {
    const sharpe = returns === null ? null : dailySharpe(returns)
    if (sharpe === null || sharpe <= most || trials[k]!.status !== 'done') continue
    best = k
    most = sharpe
  }
  return best
}

function counted<K extends 'name' | 'verb'>(trials: readonly WrittenTrial[], key: K): [WrittenTrial[K], number][] {
  const counts = new Map<WrittenTrial[K], number>()
  for (const trial of trials) counts.set(trial[key], (counts.get(trial[key]) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}

function named(trial: WrittenTrial, returns: ReturnsSummary | null): NamedTrial {
  const { id, verb, run, name, params, series, from, to, totalReturn, trades } = trial
  const daily = returns === null ? null : dailySharpe(returns)
  const sharpe = daily === null ? null : daily * Math.sqrt(DAYS_A_YEAR)
  return { id, verb, run, name, params, series, from, to, sharpe, totalReturn, trades }
}

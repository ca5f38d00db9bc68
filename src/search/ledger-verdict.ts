import type { LedgerVerdict, NamedTrial } from '../core/ledger.ts'
import type { ReturnsInLittle } from '../core/search.ts'
import { judgeColumns } from '../metrics/overfitting.ts'
import { type ReturnsColumns, returnsAt } from '../metrics/returns-columns.ts'
import { dailySharpe } from '../metrics/returns-summary.ts'
import type { Ledger } from './ledger.ts'
import { lineOf, readLine, type TrialEntry, WrittenTrial } from './ledger-line.ts'
import { LedgerReturns } from './ledger-returns.ts'

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
  const trials = differentTrials(ledger, view)
  let k = chosen === 'best' ? -1 : trials.findIndex(({ id }) => id === chosen.id)
  if (chosen !== 'best' && k < 0) k = trials.push(asWritten(chosen)) - 1
  const { returns, kinds, first, last } = goThrough(trials)
  if (chosen === 'best') k = bestOf(trials, returns)
  const own = k < 0 ? null : returnsAt(returns, k)
  const trades = trials[k]?.trades ?? null
  const { name = null, series = null } = view
  return {
    ...{ lines: ledger.entries.length, trials: trials.length, first, last },
    failed: kinds.reduce((sum, { count, one }) => sum + (one.status === 'failed' ? count : 0), 0),
    byName: counted(kinds, 'name').map(([name, trials]) => ({ name, trials })),
    byVerb: counted(kinds, 'verb').map(([verb, trials]) => ({ verb, trials })),
    compared: own === null ? 0 : countOver(returns, own),
    unreadable: ledger.unreadable,
    view: { name, series },
    chosen: k < 0 ? null : named(trials[k]!, own),
    overfitting:
      own === null ? null : judgeColumns(own, returns, { trials: trials.length, ...(trades !== null && { trades }) }),
  }
}

/** What was tried of each strategy and model, the most first: how much, when last, and the best Sharpe ratio of it. */
export function bestByName(ledger: Ledger, view: View = {}): readonly NameTried[] {
  const groups = new Map<string, WrittenTrial[]>()
  for (const trial of differentTrials(ledger, view)) {
    const { name } = trial
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [trial])
    else group.push(trial)
  }
  const tried = [...groups].map(([name, trials]) => {
    const { returns, last } = goThrough(trials)
    const k = bestOf(trials, returns)
    const best = k < 0 ? null : named(trials[k]!, returnsAt(returns, k))
    return { name, trials: trials.length, last: last!, best }
  })
  return tried.sort((a, b) => b.trials - a.trials)
}

/** What is known of a trial that was made more than once: the most of it, and of equals the last. */
const KNOWN = { failed: 0, pruned: 1, done: 2 } as const

function differentTrials({ entries }: Ledger, view: View): WrittenTrial[] {
  const isAll = view.name === undefined && view.series === undefined
  const different: WrittenTrial[] = []
  // of open addresses: a Map of so many texts takes ten times as long
  const places = 2 ** Math.ceil(Math.log2(2 * entries.length + 1))
  const taken = new Int32Array(places).fill(-1)
  for (let k = 0; k < entries.length; k++) {
    const trial = entries[k]!
    if (!isAll && !isIn(view, trial)) continue
    let place = trial.idBits & (places - 1)
    while (taken[place]! >= 0 && !isSame(different[taken[place]!]!, trial)) place = (place + 1) & (places - 1)
    const before = taken[place]!
    if (before < 0) taken[place] = different.push(trial) - 1
    else if (KNOWN[trial.status] >= KNOWN[different[before]!.status]) different[before] = trial
  }
  return different
}

function isSame(one: WrittenTrial, other: WrittenTrial): boolean {
  return one.idBits === other.idBits && one.id === other.id
}

interface Kind {
  /** One of them. */
  readonly one: WrittenTrial
  count: number
}

interface Tried {
  readonly returns: ReturnsColumns
  /** Trials that are alike in all but parameters and outcome: few kinds where there are many trials. */
  readonly kinds: readonly Kind[]
  /** When, UTC ms; `null` without any. */
  readonly first: number | null
  readonly last: number | null
}

/** What is asked of every line, in one go: to come back to so many costs more than what is read of them. */
function goThrough(trials: readonly WrittenTrial[]): Tried {
  const returns = new LedgerReturns(trials.length)
  const kinds = new Map<string, Kind>()
  let [text, kind] = ['', null as Kind | null]
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let k = 0; k < trials.length; k++) {
    const trial = trials[k]!
    const { at, kind: own } = trial
    first = Math.min(first, at)
    last = Math.max(last, at)
    // those of one search stand one after the other
    if (kind === null || own !== text) {
      kind = kinds.get(own) ?? { one: trial, count: 0 }
      kinds.set(own, kind)
      text = own
    }
    kind.count++
    trial.readReturns(returns, k)
  }
  const times = trials.length === 0 ? { first: null, last: null } : { first, last }
  return { returns, kinds: [...kinds.values()], ...times }
}

function counted<K extends 'name' | 'verb'>(kinds: readonly Kind[], key: K): [WrittenTrial[K], number][] {
  const counts = new Map<WrittenTrial[K], number>()
  for (const { one, count } of kinds) counts.set(one[key], (counts.get(one[key]) ?? 0) + count)
  return [...counts].sort((a, b) => b[1] - a[1])
}

/** Trials over the same days. */
function countOver(columns: ReturnsColumns, { from, days }: ReturnsInLittle): number {
  let count = 0
  for (let k = 0; k < columns.length; k++) if (columns.from[k] === from && columns.days[k] === days) count++
  return count
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
function bestOf(trials: readonly WrittenTrial[], { mean, deviation }: ReturnsColumns): number {
  let best = -1
  let most = Number.NEGATIVE_INFINITY
  for (let k = 0; k < trials.length; k++) {
    if (!(deviation[k]! > 0)) continue
    const sharpe = mean[k]! / deviation[k]!
    if (sharpe <= most || trials[k]!.status !== 'done') continue
    best = k
    most = sharpe
  }
  return best
}

function named(trial: WrittenTrial, returns: ReturnsInLittle | null): NamedTrial {
  const { id, verb, run, name, params, series, from, to, totalReturn, trades } = trial
  const daily = returns === null ? null : dailySharpe(returns)
  const sharpe = daily === null ? null : daily * Math.sqrt(DAYS_A_YEAR)
  return { id, verb, run, name, params, series, from, to, sharpe, totalReturn, trades }
}

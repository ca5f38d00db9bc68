import type { LedgerVerdict, NamedTrial } from '../core/ledger.ts'
import type { ReturnsInLittle } from '../core/search.ts'
import { judgeOverfitting } from '../metrics/overfitting.ts'
import { dailySharpe } from '../metrics/returns-summary.ts'
import type { Ledger } from './ledger.ts'
import { Columns, lineOf, readLine, type TrialEntry, WrittenTrial } from './ledger-line.ts'

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
  const known = returnsOf(trials)
  if (chosen === 'best') k = bestOf(trials, known)
  const own = known[k]?.returns ?? null
  const trades = trials[k]?.trades ?? null
  const kinds = kindsOf(trials)
  const { name = null, series = null } = view
  return {
    ...{ lines: ledger.entries.length, trials: trials.length, ...timesOf(trials) },
    failed: kinds.reduce((sum, { count, one }) => sum + (one.status === 'failed' ? count : 0), 0),
    byName: counted(kinds, 'name').map(([name, trials]) => ({ name, trials })),
    byVerb: counted(kinds, 'verb').map(([verb, trials]) => ({ verb, trials })),
    compared: own === null ? 0 : known.filter(({ returns }) => isOver(returns, own)).length,
    unreadable: ledger.unreadable,
    view: { name, series },
    chosen: k < 0 ? null : named(trials[k]!, own),
    overfitting:
      own === null ? null : judgeOverfitting(own, known, { trials: trials.length, ...(trades !== null && { trades }) }),
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
    const known = returnsOf(trials)
    const k = bestOf(trials, known)
    const best = k < 0 ? null : named(trials[k]!, known[k]!.returns)
    return { name, trials: trials.length, last: timesOf(trials).last!, best }
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
    const { id } = trial
    let place = placeOf(id) & (places - 1)
    while (taken[place]! >= 0 && different[taken[place]!]!.id !== id) place = (place + 1) & (places - 1)
    const before = taken[place]!
    if (before < 0) taken[place] = different.push(trial) - 1
    else if (KNOWN[trial.status] >= KNOWN[different[before]!.status]) different[before] = trial
  }
  return different
}

/** Of the first half of an id, which is a hash. */
function placeOf(id: string): number {
  let bits = 0
  for (let k = 0; k < 12; k++) bits = (Math.imul(bits, 31) + id.charCodeAt(k)) | 0
  return bits ^ (bits >>> 15)
}

function returnsOf(trials: readonly WrittenTrial[]): { readonly returns: ReturnsInLittle | null }[] {
  const columns = new Columns()
  return trials.map((trial) => ({ returns: trial.returnsIn(columns) }))
}

interface Kind {
  /** One of them. */
  readonly one: WrittenTrial
  count: number
}

/** Trials that are alike in all but parameters and outcome, by number: few kinds where there are many trials. */
function kindsOf(trials: readonly WrittenTrial[]): readonly Kind[] {
  const kinds = new Map<string, Kind>()
  let [last, kind] = ['', null as Kind | null]
  for (const trial of trials) {
    const text = trial.kind
    // those of one search stand one after the other
    if (kind === null || text !== last) {
      kind = kinds.get(text) ?? { one: trial, count: 0 }
      kinds.set(text, kind)
      last = text
    }
    kind.count++
  }
  return [...kinds.values()]
}

function counted<K extends 'name' | 'verb'>(kinds: readonly Kind[], key: K): [WrittenTrial[K], number][] {
  const counts = new Map<WrittenTrial[K], number>()
  for (const { one, count } of kinds) counts.set(one[key], (counts.get(one[key]) ?? 0) + count)
  return [...counts].sort((a, b) => b[1] - a[1])
}

function timesOf(trials: readonly WrittenTrial[]): { readonly first: number | null; readonly last: number | null } {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { at } of trials) {
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return trials.length === 0 ? { first: null, last: null } : { first, last }
}

function isOver(returns: ReturnsInLittle | null, { from, days }: ReturnsInLittle): boolean {
  return returns !== null && returns.from === from && returns.days === days
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
  known: readonly { readonly returns: ReturnsInLittle | null }[],
): number {
  let best = -1
  let most = Number.NEGATIVE_INFINITY
  for (let k = 0; k < known.length; k++) {
    const { returns } = known[k]!
    const sharpe = returns === null ? null : dailySharpe(returns)
    if (sharpe === null || sharpe <= most || trials[k]!.status !== 'done') continue
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

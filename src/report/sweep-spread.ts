import type { SweepDocument, SweepResult, TrialOutcome } from '../core/search.ts'
import { count, percent, plural } from './format.ts'
import { type Bins, histogram } from './histogram.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { finishedText, paramsText, shapeOf, shapeText } from './search-format.ts'

/** Objectives of all trials by size, those of trials that were given up apart. */
export interface SpreadBins extends Bins {
  /** Of each bin those that were given up. */
  readonly pruned: readonly number[]
  /** Trials beyond the picture on its worse side: a few far ones would leave no room for the others. */
  readonly beyond: number
}

/** How far below the middle half, in widths of it, a trial is drawn. */
const FAR = 4

export function spreadBins({ document, outcomes }: SweepResult): SpreadBins | null {
  const { spread, search } = document
  if (spread === null) return null
  const room = FAR * (spread.q3 - spread.q1)
  const isMax = search.objective.goal === 'max'
  const [low, high] = room === 0 ? [spread.low, spread.high] : [spread.q1 - room, spread.q3 + room]
  const all = outcomes.flatMap(({ objective, status }) => (objective === null ? [] : [{ objective, status }]))
  const near = all.filter(({ objective }) => (isMax ? objective >= low : objective <= high))
  if (near.length === 0) return null
  const bins = histogram(near.map(({ objective }) => objective))
  const pruned = new Array<number>(bins.counts.length).fill(0)
  const binOf = (value: number) => Math.floor(value / bins.width + 1e-9) - bins.first
  for (const { objective, status } of near) if (status === 'pruned') pruned[binOf(objective)]!++
  return { ...bins, pruned, beyond: all.length - near.length }
}

export function spreadSection(result: SweepResult, bins: SpreadBins | null): string {
  const { document } = result
  const { spread, best, search } = document
  const { label, form } = shapeOf(search.objective.name)
  const text = (value: number) => shapeText(form, value, document)
  const title = 'All trials'
  if (spread === null || bins === null)
    return section('spread', title, '<p class="off">No trial has an objective: there is nothing to spread.</p>')
  const edge = (at: number) => text((bins.first + at) * bins.width)
  const table = tableHtml(
    `Trials by ${label}`,
    [{ title: 'from' }, ...['to below', 'trials', 'given up'].map((one) => ({ title: one, kind: 'number' as const }))],
    bins.counts.flatMap((n, k) => (n === 0 ? [] : [[edge(k), edge(k + 1), count(n), count(bins.pruned[k]!)]])),
  )
  const beyond =
    bins.beyond === 0
      ? ''
      : ` ${plural(bins.beyond, 'trial')} further on the worse side ${bins.beyond === 1 ? 'is' : 'are'} not drawn.`
  const pruned = bins.pruned.some((n) => n > 0) ? ' Pale: given up after a part of the data.' : ''
  const marked = best === null ? '' : ` The line marks the best, ${text(best.objective!)}.`
  const finished = finishedText(result, '')
  const words = `${finished === '' ? 'From' : `Of ${finished}, from`} ${text(spread.low)} to ${text(spread.high)}; half lie between ${text(spread.q1)} and ${text(spread.q3)}, around ${text(spread.median)}.${marked}${pruned}${beyond}`
  return section('spread', title, figure('chart-spread', `Trials by ${label}`, escapeHtml(words), 260, table))
}

/** Reasons that a table of them holds. */
const REASONS = 40

/** Trials that came to nothing, by what stopped them. */
export function failuresSection({ document, outcomes, trials }: SweepResult): string {
  const groups = new Map<string, { first: TrialOutcome; n: number }>()
  for (const outcome of outcomes) {
    if (outcome.status === 'done' && outcome.objective !== null) continue
    const key = `${outcome.status} ${outcome.reason ?? ''}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: outcome, n: 1 })
    else group.n++
  }
  if (groups.size === 0) return ''
  const all = [...groups.values()].sort((a, b) => b.n - a.n)
  const paramsOf = new Map(trials.map(({ number, params }) => [number, params]))
  const rows = all
    .slice(0, REASONS)
    .map(({ first, n }) => [
      statusText(first.status),
      escapeHtml(first.reason ?? 'no reason was given'),
      count(n),
      percent(n / document.trials.all, 1),
      count(first.number),
      escapeHtml(paramsText(paramsOf.get(first.number) ?? {})),
    ])
  return section(
    'failures',
    'Trials that came to nothing',
    `<p>${outcomeWords(document)}</p>`,
    tableHtml(
      all.length > REASONS ? `The ${REASONS} commonest of ${count(all.length)} reasons` : 'By reason',
      [
        { title: 'What became of it' },
        { title: 'Reason', kind: 'prose' },
        { title: 'trials', kind: 'number' },
        { title: 'of all', kind: 'number' },
        { title: 'first', kind: 'number' },
        { title: 'with', kind: 'prose' },
      ],
      rows,
    ),
  )
}

function statusText(status: TrialOutcome['status']): string {
  if (status === 'failed') return '<span class="bad">failed</span>'
  return status === 'pruned' ? '<span class="mark">given up</span>' : 'done, without an objective'
}

function outcomeWords({ trials }: SweepDocument): string {
  return [
    trials.failed === 0
      ? ''
      : `${plural(trials.failed, 'trial')} threw an error; the others went on, and it counts as tried.`,
    trials.pruned === 0
      ? ''
      : `${plural(trials.pruned, 'trial')} ${trials.pruned === 1 ? 'was' : 'were'} given up after a part of the data, being below the median of earlier ones there.`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

import type { LedgerVerdict } from '../core/ledger.ts'
import type { Overfitting, Params, SweepDocument, TrialRow, WalkForwardDocument } from '../core/search.ts'
import { timeName } from '../core/time.ts'
import { finishedNeighbours } from '../report/sweep-plateau.ts'
import { amount, count, percent, plural, ratio, tableText } from './text.ts'

/** Rows that are printed. */
const SHOWN = 10

/** What a person wants to know of a sweep at once. */
export function sweepText(document: SweepDocument): string {
  const { search, trials, table, data, best } = document
  const { objective } = search
  const names = search.dimensions.map(({ name }) => name)
  const figures = (document.subject === 'model' ? OF_MODELS : OF_STRATEGIES).filter(({ key }) => key !== objective.name)
  const rows = table.filter(({ rank }) => rank !== null).slice(0, SHOWN)
  const [from, to] = [document.range.from, document.range.to].map((at) => timeName(at))
  return [
    `${document.name}: ${plural(trials.all, 'trial')}${trials.failed > 0 ? `, ${count(trials.failed)} failed` : ''}${trials.pruned > 0 ? `, ${count(trials.pruned)} pruned` : ''}, by ${objective.name}`,
    `${data.map(({ series }) => series).join(', ')}, ${from} to ${to} UTC`,
    '',
    rows.length === 0
      ? 'No trial has an objective, so none is the best; trials.csv says why of each.'
      : tableText(
          ['', ...names, objective.name, ...figures.map(({ title }) => title)],
          rows.map((row) => cellsOf(row, names, figures)),
        ),
    ...plateauText(document),
    ...overfittingText(document.overfitting),
    ...(best !== null && document.subject === 'strategy' && document.reproduce.request !== null
      ? ['', `The best alone: ${best.command}`]
      : []),
    ...heldOutText(document),
    ...document.remarks.flatMap((remark, k) => [...(k === 0 ? [''] : []), `! ${remark}`]),
  ]
    .map((line) => line.replaceAll(/^(?=.)/gm, '  '))
    .join('\n')
    .trimStart()
}

/** The best beside its neighbours; those that were not finished count as worse than all that were. */
function plateauText({ best, plateau }: SweepDocument): string[] {
  if (best === null || plateau === null || plateau.neighbours.length === 0) return []
  const { neighbours, finished, median, worst, ties } = plateau
  const n = neighbours.length
  const same =
    ties.trials === 0
      ? ''
      : ` ${plural(ties.trials, 'other trial')} ${ties.trials === 1 ? 'comes' : 'come'} to exactly the same.`
  const beside = `Beside the best (${figure(best.objective)})`
  const missing = `${beside} ${finishedNeighbours(plateau)}`
  if (finished < n && (median === null || finished < 2))
    return ['', `${missing}: too few to say whether it stands on a plateau or alone.${same}`]
  if (finished < n)
    return ['', `${missing}; the others counted as worse, they come to ${figure(median)} in the middle.${same}`]
  return [
    '',
    n === 1
      ? `${beside} its one neighbour comes to ${figure(median)}.${same}`
      : `${beside} its ${n} neighbours come to ${figure(median)} in the middle, ${figure(worst)} at worst.${same}`,
  ]
}

interface Shown {
  readonly title: string
  readonly key: string
  readonly text: (value: number | null | undefined) => string
}

const whole = (value: number | null | undefined) => (value == null ? '–' : count(value))

/** Figures beside the objective. */
const OF_STRATEGIES: readonly Shown[] = [
  { title: 'return', key: 'totalReturn', text: percent },
  { title: 'Sharpe', key: 'sharpe', text: ratio },
  { title: 'drawdown', key: 'maxDrawdown', text: percent },
  { title: 'trades', key: 'trades', text: whole },
]
const OF_MODELS: readonly Shown[] = [
  ...['logLoss', 'auc', 'accuracy'].map((key) => ({
    title: key,
    key,
    text: (value: number | null = null) => figure(value),
  })),
  { title: 'rows', key: 'rows', text: whole },
]

function cellsOf(
  { rank, params, objective, metrics }: TrialRow,
  names: readonly string[],
  figures: readonly Shown[],
): string[] {
  return [
    String(rank),
    ...names.map((name) => valueText(params[name])),
    figure(objective),
    ...figures.map(({ key, text }) => text(metrics[key])),
  ]
}

/** Of a number that was drawn from a range six digits. */
function valueText(value: Params[string] | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value)
}

/** Of a model: what the best is worth where nobody chose it, and how it is come by. */
function heldOutText({ best, heldOut, search }: SweepDocument): string[] {
  if (best === null || heldOut === null) return []
  const [from, to] = [heldOut.from, heldOut.to].map((at) => timeName(at).slice(0, 10))
  const said =
    heldOut.objective === null
      ? `nothing can be said of it on bars that no trial saw: ${heldOut.reason}`
      : `${figure(heldOut.objective)} on bars that no trial saw (${from} to ${to})`
  const settings = best.edit?.split('\n').join(', ')
  return [
    '',
    `Chosen for ${search.objective.name} ${figure(best.objective)} on validation; ${said}.`,
    `${settings}: write it into the model’s definition and run ${best.command}`,
  ]
}

/** What a person wants to know of a walk-forward at once. */
export function walkForwardText(document: WalkForwardDocument): string {
  const { windows, metrics, inSample, peer, efficiency, profitable, stability, data, plan, overfitting } = document
  const day = (at: number) => timeName(at).slice(0, 10)
  return [
    `${document.name}: ${plural(windows.length, 'window')}, chosen on ${plan.train}${plan.kind === 'anchored' ? ' and all before' : ''}, traded for ${plan.test}, by ${document.search.objective.name}`,
    `${data.map(({ series }) => series).join(', ')}, ${day(windows[0]!.test.from)} to ${day(windows.at(-1)!.test.to)} out of sample`,
    '',
    tableText(
      ['', 'traded from', 'to', 'chosen', 'in sample', 'out of sample', 'return', 'trades'],
      windows.map(({ window, test, chosen, inSample: inside, outOfSample }) => [
        String(window),
        ...[day(test.from), day(test.to), chosen === null ? 'nothing' : paramsText(chosen)],
        ...[figure(inside?.objective ?? null), figure(outOfSample?.objective ?? null)],
        percent(outOfSample?.metrics['totalReturn']),
        outOfSample?.metrics['trades'] == null ? '–' : count(outOfSample.metrics['trades']),
      ]),
    ),
    '',
    ...table([
      [
        'Out of sample',
        `return ${percent(metrics['totalReturn'])} (buy and hold ${percent(peer['totalReturn'])}), a year ${percent(metrics['cagr'])}, Sharpe ${ratio(metrics['sharpe'])}, drawdown ${percent(metrics['maxDrawdown'])}`,
      ],
      ['In sample', `a year ${percent(inSample['cagr'])}, Sharpe ${ratio(inSample['sharpe'])}, mean of the windows`],
      [
        'Efficiency',
        efficiency === null
          ? `none: ${document.notes['efficiency']}`
          : `${percent(efficiency, 0)} of what it was chosen for`,
      ],
      ['Windows', profitable === null ? 'nothing was traded' : `${percent(profitable, 0)} made money`],
      ...stability.map(({ name, kept }): [string, string] => [
        name,
        kept === null
          ? windows.length === 1
            ? 'one window only'
            : 'never chosen twice in a row'
          : `stayed as it was ${percent(kept, 0)} of the time`,
      ]),
    ]),
    ...overfittingText(overfitting),
    ...document.remarks.flatMap((remark, k) => [...(k === 0 ? [''] : []), `! ${remark}`]),
  ]
    .map((line) => line.replaceAll(/^(?=.)/gm, '  '))
    .join('\n')
    .trimStart()
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([label, text]) => `${label.padEnd(13)} ${text}`)
}

/** What the search leaves of its best. */
function overfittingText(found: Overfitting | null): string[] {
  if (found === null) return []
  return ['', found.verdict]
}

/** To four digits. */
export function figure(value: number | null): string {
  if (value === null) return '–'
  return Math.abs(value) >= 1000 ? amount(value) : String(Number(value.toPrecision(4)))
}

function paramsText(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** `sweep --json`: run.json, where it lies, and, when it was just made, what the trial ledger says of its best. */
export function searchJson<D extends { readonly run: string }>(
  document: D,
  dir: string,
  made?: { readonly seconds: number; readonly ledger: LedgerVerdict | null },
): unknown {
  const { run, ...rest } = document
  return { run, dir, report: `${dir}/report.html`, ...rest, ...made }
}

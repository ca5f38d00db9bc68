import type { LedgerVerdict } from '../core/ledger.ts'
import type { Overfitting, Params, SweepDocument, TrialRow, WalkForwardDocument } from '../core/search.ts'
import { timeName } from '../core/time.ts'
import { amount, count, percent, plural, ratio, tableText } from './text.ts'

/** Rows that are printed. */
const SHOWN = 10

/** What a person wants to know of a sweep at once. */
export function sweepText(document: SweepDocument): string {
  const { search, trials, table, data, best, plateau } = document
  const { objective } = search
  const names = search.dimensions.map(({ name }) => name)
  const rows = table.filter(({ rank }) => rank !== null).slice(0, SHOWN)
  const [from, to] = [document.range.from, document.range.to].map((at) => timeName(at))
  return [
    `${document.name}: ${plural(trials.all, 'trial')}${trials.failed > 0 ? `, ${count(trials.failed)} failed` : ''}${trials.pruned > 0 ? `, ${count(trials.pruned)} pruned` : ''}, by ${objective.name}`,
    `${data.map(({ series }) => series).join(', ')}, ${from} to ${to} UTC`,
    '',
    rows.length === 0
      ? 'No trial has an objective; trials.csv says why.'
      : tableText(
          ['', ...names, objective.name, 'return', 'Sharpe', 'drawdown', 'trades'],
          rows.map((row) => cellsOf(row, names)),
        ),
    ...(best !== null && plateau !== null && plateau.neighbours.length > 0
      ? [
          '',
          `Beside the best (${figure(best.objective)}) its ${plural(plateau.neighbours.length, 'neighbour')} come to ${figure(plateau.median)} in the middle, ${figure(plateau.worst)} at worst.`,
        ]
      : []),
    ...overfittingText(document.overfitting),
    ...document.remarks.flatMap((remark, k) => [...(k === 0 ? [''] : []), `! ${remark}`]),
  ]
    .map((line) => line.replaceAll(/^(?=.)/gm, '  '))
    .join('\n')
    .trimStart()
}

function cellsOf({ rank, params, objective, metrics }: TrialRow, names: readonly string[]): string[] {
  return [
    String(rank),
    ...names.map((name) => String(params[name])),
    figure(objective),
    percent(metrics['totalReturn']),
    ratio(metrics['sharpe']),
    percent(metrics['maxDrawdown']),
    metrics['trades'] == null ? '–' : count(metrics['trades']),
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
        kept === null ? 'one window only' : `stayed as it was ${percent(kept, 0)} of the time`,
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

function figure(value: number | null): string {
  if (value === null) return '–'
  return Math.abs(value) >= 1000 ? amount(value) : String(Number(value.toPrecision(4)))
}

function paramsText(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** `sweep --json`: run.json, where it lies, and what the trial ledger says of its best. */
export function searchJson<D extends { readonly run: string }>(
  document: D,
  dir: string,
  seconds: number,
  ledger: LedgerVerdict | null,
): unknown {
  const { run, ...rest } = document
  return { run, dir, report: `${dir}/report.html`, ...rest, seconds, ledger }
}

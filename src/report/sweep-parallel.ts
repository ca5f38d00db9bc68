import type { Dimension, Params, SweepDocument, TrialRow } from '../core/search.ts'
import { count, plural } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { shapeOf, shapeText, valueText } from './search-format.ts'

/** Lines that can still be told from each other. */
const LINES = 250
/** Trials are coloured by which fifth they belong to. */
export const FIFTHS = ['worst fifth', 'second', 'middle', 'fourth', 'best fifth'] as const
/** Values of an axis that are all written beside it. */
const WRITTEN = 8

/** Rows with an objective from the worst to the best: all of them, or the best and others evenly by rank. */
function parallelRows({ table, search }: SweepDocument): TrialRow[] {
  const sign = search.objective.goal === 'max' ? 1 : -1
  const all = table
    .filter(({ objective }) => objective !== null)
    .sort((a, b) => sign * (a.objective! - b.objective!) || b.trial - a.trial)
  if (all.length <= LINES) return all
  return Array.from({ length: LINES }, (_, k) => all[Math.round((k * (all.length - 1)) / (LINES - 1))]!)
}

/** What each trial was and what it came to, as a line over all parameters. */
export function parallelSection(document: SweepDocument): string {
  const rows = parallelRows(document)
  if (rows.length < 2) return ''
  const { label, form } = shapeOf(document.search.objective.name)
  const known = document.table.filter(({ objective }) => objective !== null).length
  const shown =
    rows.length < known
      ? `${count(rows.length)} trials, evenly by rank, the best among them`
      : plural(rows.length, 'trial')
  const fifths = [...FIFTHS.keys()].reverse().map((fifth) => rows.filter((_, k) => fifthOf(k, rows.length) === fifth))
  const table = tableHtml(
    `What trials of each fifth by ${label} have: values, and how many trials`,
    [
      { title: 'Fifth' },
      ...document.search.dimensions.map(({ name }) => ({ title: name, kind: 'prose' as const })),
      { title: label, kind: 'number' },
    ],
    fifths.flatMap((some, k) =>
      some.length === 0
        ? []
        : [
            [
              FIFTHS[FIFTHS.length - 1 - k]!,
              ...document.search.dimensions.map((one) => escapeHtml(commonText(one, some))),
              [some[0]!, some.at(-1)!].map(({ objective }) => shapeText(form, objective, document)).join(' to '),
            ],
          ],
    ),
  )
  return section(
    'parallel',
    'Over all parameters',
    figure(
      'chart-parallel',
      `A line a trial, the last axis is ${label}`,
      `${shown}. Blue and strong: the best fifth; pale: the others; the thick line is the best. Where strong lines pass one value of a parameter, it matters; where they spread, it does not.`,
      360,
      table,
    ),
  )
}

/** The commonest values of a list; of numbers the range of the middle half. */
function commonText(dimension: Dimension, rows: readonly TrialRow[]): string {
  const values = rows.map(({ params }) => params[dimension.name]!)
  if (dimension.kind === 'list') {
    const counts = dimension.values.map((value) => [value, values.filter((one) => one === value).length] as const)
    const most = counts.filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1])
    return most
      .slice(0, 4)
      .map(([value, n]) => `${valueText(value)} (${count(n)})`)
      .join(', ')
  }
  const sorted = (values as number[]).sort((a, b) => a - b)
  const at = (share: number) => valueText(sorted[Math.round(share * (sorted.length - 1))]!)
  return `half from ${at(0.25)} to ${at(0.75)}`
}

function fifthOf(at: number, of: number): number {
  return Math.min(FIFTHS.length - 1, Math.floor((at * FIFTHS.length) / of))
}

/** Where a value stands on its axis, from 0 to 1. */
function placeOf(dimension: Dimension, value: Params[string]): number {
  if (dimension.kind === 'list') {
    const { values } = dimension
    return values.length < 2 ? 0.5 : values.indexOf(value) / (values.length - 1)
  }
  const { from, to, isLog } = dimension
  if (from === to) return 0.5
  const scale = (at: number) => (isLog ? Math.log(at) : at)
  return (scale(value as number) - scale(from)) / (scale(to) - scale(from))
}

function ticksOf(dimension: Dimension) {
  const tick = (value: Params[string]) => ({ at: placeOf(dimension, value), text: valueText(value) })
  if (dimension.kind === 'list')
    return (
      dimension.values.length <= WRITTEN ? dimension.values : [dimension.values[0]!, dimension.values.at(-1)!]
    ).map(tick)
  const { from, to, step, isLog } = dimension
  const steps = step === null ? 0 : Math.round((to - from) / step)
  if (from === to) return [tick(from)]
  if (!isLog && steps > 0 && steps < WRITTEN)
    return Array.from({ length: steps + 1 }, (_, k) => tick(Number((from + k * step!).toPrecision(12))))
  return [tick(from), tick(to)]
}

/** Lines from the worst to the best, each with its places on the axes; the objective is the last of them. */
export function parallelPayload(document: SweepDocument) {
  const rows = parallelRows(document)
  const { dimensions } = document.search
  const { label, form } = shapeOf(document.search.objective.name)
  const values = rows.map(({ objective }) => objective!)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const round = (at: number) => Number(at.toFixed(4))
  const last = high > low ? [low, high] : [low]
  return {
    axes: [
      ...dimensions.map((one) => ({ name: one.name, ticks: ticksOf(one) })),
      { name: label, ticks: last.map((at, k) => ({ at: k, text: shapeText(form, at, document) })) },
    ],
    lines: rows.map(({ trial, params, objective }, k) => ({
      trial,
      fifth: fifthOf(k, rows.length),
      at: [
        ...dimensions.map((one) => round(placeOf(one, params[one.name]!))),
        high > low ? round((objective! - low) / (high - low)) : 0,
      ],
    })),
  }
}

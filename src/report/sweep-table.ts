import type { SweepDocument, TrialRow } from '../core/search.ts'
import { count, NONE, plural } from './format.ts'
import { captionHtml, escapeHtml, section, tableHtml } from './html.ts'
import { packTexts, rounded } from './pack.ts'
import { type Shape, shapeOf, shapeText, valueText } from './search-format.ts'

/** Rows the page's table holds; more would make a file too large to open. */
const ROWS = 8000

/** The rows that the page holds: all of the document's, or the best of them and others evenly. */
function rowsShown({ table }: SweepDocument): readonly TrialRow[] {
  if (table.length <= ROWS) return table
  const best = table.slice(0, ROWS / 2)
  const rest = table.slice(ROWS / 2)
  return [...best, ...Array.from({ length: ROWS / 2 }, (_, k) => rest[Math.floor((2 * k * rest.length) / ROWS)]!)]
}

/** Figures that stand in the table beside the objective, in the order in which rows have them. */
function shapesOf({ table, search }: SweepDocument): Shape[] {
  const keys = new Set(table.flatMap(({ metrics }) => Object.keys(metrics)))
  keys.delete(search.objective.name)
  return [...keys].map(shapeOf)
}

/** Empty but for its head: rows are made in the page, so that thousands stay quick. */
export function trialsSection(document: SweepDocument): string {
  const shown = rowsShown(document).length
  const { all } = document.trials
  const { dimensions, objective } = document.search
  if (shown === 0) return section('trials', 'Trial by trial', '<p class="off">No trial was run.</p>')
  const columns: readonly (readonly [key: string, title: string, isNumber: boolean])[] = [
    ['rank', 'Rank', true],
    ['trial', 'Trial', true],
    ...dimensions.map((one, k) => [`p${k}`, one.name, one.kind !== 'list'] as const),
    ['objective', shapeOf(objective.name).label, true],
    ...shapesOf(document).map(({ label }, k) => [`m${k}`, label, true] as const),
    ['status', 'Status', false],
    ['reason', 'Reason', false],
  ]
  const head = columns
    .map(
      ([key, title, isNumber]) =>
        `<th scope="col"${isNumber ? ' class="n"' : ''} aria-sort="none"><button type="button" data-key="${key}">${escapeHtml(title)}</button></th>`,
    )
    .join('')
  const [first] = dimensions
  const example = first === undefined ? 'done' : `${first.name}=${exampleOf(document)} failed`
  return section(
    'trials',
    'Trial by trial',
    shown < all
      ? `<p class="mark">The table holds ${count(shown)} of ${plural(all, 'trial')}: the best, and others evenly by rank; trials.csv beside this file has every one.</p>`
      : '',
    `<div class="controls"><label>Filter <input id="row-filter" type="search" placeholder="${escapeHtml(example)}"></label>
<label>Status <select id="row-status"><option value="">all</option><option>done</option><option value="pruned">given up</option><option>failed</option></select></label>
<span id="row-count" role="status"></span></div>
<p class="hint">A heading sorts. The filter knows words, and comparisons such as <code>${escapeHtml(first?.name ?? 'rank')}&gt;=20</code> without spaces.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Trials"><table id="row-table">${captionHtml('Trials by rank, the best first')}<thead><tr>${head}</tr></thead><tbody></tbody></table></div>
<div class="controls"><button type="button" id="page-before">Earlier rows</button><span id="page-words" role="status"></span><button type="button" id="page-after">Later rows</button></div>
<noscript><p>The table needs scripts; trials.csv beside this file has every trial.</p></noscript>`,
  )
}

function exampleOf({ search, best }: SweepDocument): string {
  const [first] = search.dimensions
  return valueText(best?.params[first!.name] ?? (first!.kind === 'list' ? first!.values[0]! : first!.from))
}

/** The table's columns, and what is said of figures that are not there. */
export function tablePayload(document: SweepDocument) {
  const rows = rowsShown(document)
  const shapes = shapesOf(document)
  const { dimensions, objective } = document.search
  const short = (values: readonly (number | null | undefined)[]) =>
    values.map((value) => (value === null || value === undefined ? null : rounded([value], 9)[0]!))
  const kept = new Set(rows.map(({ trial }) => String(trial)))
  return {
    forms: [shapeOf(objective.name).form, ...shapes.map(({ form }) => form)],
    keys: [objective.name, ...shapes.map(({ key }) => key)],
    names: dimensions.map(({ name }) => name),
    rank: rows.map(({ rank }) => rank),
    trial: rows.map(({ trial }) => trial),
    status: packTexts(rows.map(({ status }) => status)),
    reason: packTexts(rows.map(({ reason }) => reason ?? '')),
    objective: short(rows.map((row) => row.objective)),
    params: dimensions.map(({ name }) =>
      rows.map(({ params }) => {
        const value = params[name]!
        return typeof value === 'number' ? rounded([value], 9)[0]! : String(value)
      }),
    ),
    metrics: shapes.map(({ key }) => short(rows.map(({ metrics }) => metrics[key]))),
    notes: Object.fromEntries(
      Object.entries(document.notes).filter(([key]) => kept.has(key.slice(0, key.indexOf('.')))),
    ),
  }
}

/** The best trial with its figures, and the command that runs it alone. */
export function bestSection(document: SweepDocument): string {
  const { best, notes, search, table } = document
  if (best === null) return ''
  const own = shapeOf(search.objective.name)
  const shapes = [
    own,
    ...Object.keys(best.metrics)
      .filter((key) => key !== own.key)
      .map(shapeOf),
  ]
  const figureOf = (row: TrialRow, key: string) => (key === own.key ? row.objective : (row.metrics[key] ?? null))
  const rows = shapes.map(({ key, label, form }) => {
    const value = figureOf(best, key)
    const note = notes[`${best.trial}.${key}`]
    const shown =
      value === null && note !== undefined
        ? `${NONE} <span class="reason">${escapeHtml(note)}</span>`
        : shapeText(form, value, document)
    return [escapeHtml(label), shown, shapeText(form, median(table.map((row) => figureOf(row, key))), document)]
  })
  return section(
    'best',
    'The best by itself',
    `<p>Trial ${count(best.trial)}. ${howToRun(best.edit)}</p>
<div class="command"><code>${escapeHtml(best.command)}</code><button type="button">Copy</button></div>`,
    tableHtml(
      'Its figures, before anything is said of luck',
      [{ title: 'Figure' }, { title: 'the best', kind: 'number' }, { title: 'median of the table', kind: 'number' }],
      rows,
    ),
  )
}

/** What stands before the command. */
function howToRun(edit: string | null): string {
  if (edit === null) return 'This command runs it alone, with a report of every trade:'
  const settings = edit.split('\n').map((line) => `<code>${escapeHtml(line)}</code>`)
  return `Write ${settings.join(', ')} into the model’s definition; then this command trains it, on all the bars, with a report of its own:`
}

function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return null
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

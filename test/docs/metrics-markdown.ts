import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'
import { METRICS, type MetricRow } from '../../src/metrics/index.ts'

const ABOUT: Readonly<Record<MetricRow['group'], string>> = {
  Time: 'UTC milliseconds.',
  Result: 'Of the whole account, in the quote asset or as a fraction of it.',
  Risk: 'Of daily UTC returns; a year has 365 of them.',
  Drawdown: 'Of equity at the closes. The start is the first peak; an unfinished drawdown counts.',
  Trades: 'Of closed round trips after fees and funding. Return is `pnl` over the notional of the entries.',
  Costs: 'In the quote asset.',
  Orders: 'Of single executions. With several symbols sizes and prices are `null`: they do not add up.',
}

/** The tables of the README: one a group, one figure a line. */
function metricsMarkdown(): string {
  const groups = [...new Set(METRICS.map(({ group }) => group))]
  return groups.map((group) => section(group)).join('\n\n')
}

function section(group: MetricRow['group']): string {
  return [`### ${group}`, '', ABOUT[group], '', table(METRICS.filter((row) => row.group === group))].join('\n')
}

type Figure = Pick<MetricRow, 'label' | 'key' | 'formula' | 'source'> & { readonly unit: string }

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ label, key, unit, formula, source }) =>
    line([label, `\`${key}\``, unit, formula, source]),
  )
  return [line(['figure', 'key', 'unit', 'formula', 'source']), '|---|---|---|---|---|', ...rows].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/**
 * A README with the tables between its marks.
 * @throws Error where the marks are not both there, once and in order
 */
export function withMetrics(readme: string): string {
  return between(between(readme, 'metrics', metricsMarkdown()), 'classification', table(CLASSIFICATION_METRICS))
}

function between(readme: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}:start -->`, `<!-- ${mark}:end -->`]
  const [before, inside, ...rest] = readme.split(begin)
  const after = inside?.split(end)
  if (after?.length !== 2 || rest.length > 0) throw new Error(`README.md needs ${begin} and then ${end}, once each`)
  return `${before}${begin}\n${text}\n${end}${after[1]}`
}

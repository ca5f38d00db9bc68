import { METRICS, type MetricRow } from '../../src/metrics/index.ts'

const BEGIN = '<!-- metrics:start -->'
const END = '<!-- metrics:end -->'

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
export function metricsMarkdown(): string {
  const groups = [...new Set(METRICS.map(({ group }) => group))]
  return groups.map((group) => section(group)).join('\n\n')
}

function section(group: MetricRow['group']): string {
  const rows = METRICS.filter((row) => row.group === group).map(({ label, key, unit, formula, source }) =>
    line([label, `\`${key}\``, unit, formula, source]),
  )
  const head = [line(['figure', 'key', 'unit', 'formula', 'source']), '|---|---|---|---|---|']
  return [`### ${group}`, '', ABOUT[group], '', ...head, ...rows].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/**
 * A README with the tables between its marks.
 * @throws Error where the marks are not both there, once and in order
 */
export function withMetrics(readme: string): string {
  const [before, between, ...rest] = readme.split(BEGIN)
  const after = between?.split(END)
  if (after?.length !== 2 || rest.length > 0) throw new Error(`README.md needs ${BEGIN} and then ${END}, once each`)
  return `${before}${BEGIN}\n${metricsMarkdown()}\n${END}${after[1]}`
}

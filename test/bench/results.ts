import type { BenchRow } from './bench.ts'

/** What one bench measured last, and where. */
export interface BenchResult {
  readonly machine: string
  readonly rows: readonly BenchRow[]
}

export type Verdict = 'aim met' | 'must met' | 'MISSED' | '—'

export function verdictOf({ value, must, aim, better }: BenchRow): Verdict {
  const holds = (bound: number) => (better === 'lower' ? value <= bound : value >= bound)
  // a figure that could not be computed proves nothing
  if (must !== null && !holds(must)) return 'MISSED'
  if (aim !== null && holds(aim)) return 'aim met'
  return must !== null ? 'must met' : '—'
}

/** RESULTS.md: one table a machine, in the order of the benches' names. */
export function resultsText(results: ReadonlyMap<string, BenchResult>): string {
  const sorted = [...results].sort(([a], [b]) => (a < b ? -1 : 1))
  const machines = [...new Set(sorted.map(([, result]) => result.machine))]
  const tables = machines.map((machine) => {
    const rows = sorted
      .filter(([, result]) => result.machine === machine)
      .flatMap(([name, { rows }]) => rows.map((row) => line(name, row)))
    return [
      `Machine: ${machine}`,
      '',
      '| bench | what | measured | must | aim | verdict | detail |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n')
  })
  return `# Results of \`npm run bench\`\n\nWritten by the benches themselves; how they measure is in README.md.\n\n${tables.join('\n\n')}\n`
}

function line(bench: string, row: BenchRow): string {
  const { name, value, unit, must, aim, better, detail } = row
  const bound = (n: number | null) => (n === null ? '' : `${better === 'lower' ? '≤' : '≥'} ${n}${unit}`)
  const verdict = verdictOf(row)
  const cells = [
    bench,
    name,
    `${shown(value)}${unit}`,
    bound(must),
    bound(aim),
    verdict === 'MISSED' ? '**MISSED**' : verdict,
    detail,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Three digits that mean something. */
export function shown(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

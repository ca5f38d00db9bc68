import type { RunResult } from '../../src/core/run.ts'
import { PAGE_CHARTS } from '../../src/report/page-charts.ts'
import { PAGE_START } from '../../src/report/page-start.ts'
import { payload } from '../../src/report/payload.ts'

interface Line {
  readonly t: number[]
  readonly v: number[]
}

/** What the page's own code makes of a run's payload, as a reader's browser would: JSON in, columns out. */
export interface PageCode {
  readonly lines: Record<'equity' | 'benchmark' | 'drawdown' | 'benchmarkDrawdown', Line>
  readonly prices: readonly (Line & {
    low: number[]
    high: number[]
    close: number[]
    plots: (Line & { name: string })[]
  })[]
  readonly trades: Record<string, (number | string)[]>
  readonly data: ReturnType<typeof payload>
  barsOf(stretch: unknown): { t: number; open: number; high: number; low: number; close: number }[]
  valuesOf(plot: unknown, decimals: number): (number | null)[]
  decimal(value: number, digits: number): string
  amount(value: number): string
  percent(value: number): string
  price(value: number): string
  quantity(value: number): string
  moment(time: number): string
}

export function pageCode(result: RunResult): PageCode {
  const text = JSON.stringify(payload(result))
  const names = 'lines, prices, trades, data, barsOf, valuesOf, decimal, amount, percent, price, quantity, moment'
  const run = new Function('document', `'use strict';${PAGE_START}${PAGE_CHARTS}; return { ${names} }`)
  return run({ getElementById: () => ({ textContent: text }), querySelector: () => ({ checked: false }) })
}

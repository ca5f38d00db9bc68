import type { Stress } from '../core/findings.ts'
import { edgeWords, FIXED_SIZE, methodWords, slippageWords, whenWords } from '../report/stress-words.ts'
import { amount, percent, tableText } from './text.ts'

/** The grid of a stressed run, a table for each latency; what the edge can bear; return against account size. */
export function stressText(stress: Stress): string {
  const { grid, slippage, capacity, participation, isFixedSize } = stress
  const distinct = <T>(values: readonly T[]) => [...new Set(values)]
  const tables = distinct(grid.map(({ latencyBars }) => latencyBars)).map((latency) => {
    const cells = grid.filter(({ latencyBars }) => latencyBars === latency)
    const rows = distinct(cells.map(({ fees }) => fees)).map((fees) => [
      `${fees} × fees`,
      ...cells.filter((cell) => cell.fees === fees).map(({ totalReturn }) => percent(totalReturn)),
    ])
    const header = slippage.values.map((value) => slippageWords(stress, value))
    return `Return, ${whenWords(stress, latency)}\n${tableText(['', ...header], rows)}`
  })
  const sizes = tableText(
    ['account', 'return'],
    capacity.map(({ cash, totalReturn }) => [amount(cash, 0), percent(totalReturn)]),
  )
  return [
    ...tables,
    `${edgeWords(stress)} ${methodWords(stress)}`,
    `Return against account size, at most ${percent(participation, 1)} of a bar’s volume\n${sizes}${isFixedSize ? `\n${FIXED_SIZE}` : ''}`,
  ].join('\n\n')
}

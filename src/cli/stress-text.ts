import type { Stress } from '../runs/stress.ts'
import { amount, percent, tableText } from './text.ts'

/** The grid of a stress run, a table for each latency; what the edge can bear; return against account size. */
export function stressText({ grid, method, breakEvenBps, paidBps, capacity, participation }: Stress): string {
  const distinct = <T>(values: readonly T[]) => [...new Set(values)]
  const tables = distinct(grid.map(({ latencyBars }) => latencyBars)).map((latency) => {
    const cells = grid.filter(({ latencyBars }) => latencyBars === latency)
    const columns = distinct(cells.map(({ slippageBps }) => slippageBps))
    const rows = distinct(cells.map(({ fees }) => fees)).map((fees) => [
      `${fees} × fees`,
      ...columns.map((bps) =>
        percent(cells.find((cell) => cell.fees === fees && cell.slippageBps === bps)!.totalReturn),
      ),
    ])
    const title = latency === 0 ? 'Return, orders at the next open' : `Return, orders ${latency} bar later`
    return `${title}\n${tableText(['', ...columns.map((bps) => `${bps} bps`)], rows)}`
  })
  const edge =
    breakEvenBps === null
      ? 'There is no edge before costs.'
      : `The edge ${breakEvenBps >= 1000 ? 'bears more than' : 'dies at'} ${breakEvenBps.toFixed(1)} bps a side; the run paid ${paidBps.toFixed(1)}.`
  const how =
    method === 'repriced'
      ? 'Decisions hang neither on cash nor on fill prices: cells were reckoned from the fills of one run.'
      : 'Decisions hang on cash or on fill prices: every cell was run.'
  const sizes = tableText(
    ['account', 'return'],
    capacity.map(({ cash, totalReturn }) => [amount(cash, 0), percent(totalReturn)]),
  )
  return [
    ...tables,
    `${edge} ${how}`,
    `Return against account size, at most ${percent(participation, 1)} of a bar’s volume\n${sizes}`,
  ].join('\n\n')
}

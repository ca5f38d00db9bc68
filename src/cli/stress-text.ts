import type { Stress } from '../runs/stress.ts'
import { amount, percent, tableText } from './text.ts'

/** The grid of a stress run, a table for each latency; what the edge can bear; return against account size. */
export function stressText(stress: Stress): string {
  const { grid, method, slippage, breakEvenBps, paidBps, capacity, participation, isFixedSize } = stress
  const distinct = <T>(values: readonly T[]) => [...new Set(values)]
  const tables = distinct(grid.map(({ latencyBars }) => latencyBars)).map((latency) => {
    const cells = grid.filter(({ latencyBars }) => latencyBars === latency)
    const columns = slippage.values
    const rows = distinct(cells.map(({ fees }) => fees)).map((fees) => [
      `${fees} × fees`,
      ...columns.map((value) =>
        percent(cells.find((cell) => cell.fees === fees && cell.slippage === value)!.totalReturn),
      ),
    ])
    const header = columns.map((value) =>
      slippage.unit === 'times'
        ? `${value} × slip`
        : `${value} ${slippage.unit === 'ticks' && value === 1 ? 'tick' : slippage.unit}`,
    )
    return `Return, ${whenText(stress.latency, latency)}\n${tableText(['', ...header], rows)}`
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
    `Return against account size, at most ${percent(participation, 1)} of a bar’s volume\n${sizes}${isFixedSize ? '\nOrders are of the same size whatever the account: a larger one earns as much, on more money.' : ''}`,
  ].join('\n\n')
}

/** Milliseconds in the largest unit that they are whole numbers of. */
function delayText(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const
  const [unit, length] = units.find(([, one]) => ms % one === 0) ?? units.at(-1)!
  return `${ms / length}${unit}`
}

/** When orders meet the market: `own` ms is the run's latency, `more` are bars on top of it. */
function whenText(own: number, more: number): string {
  if (own === 0) return more === 0 ? 'orders at the next open' : `orders ${more} bar later`
  return `orders after the run’s latency of ${delayText(own)}${more === 0 ? '' : ` and ${more} bar more`}`
}

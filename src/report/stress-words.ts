import type { Stress } from '../core/findings.ts'

/** What the terminal and the report say of a stressed run in the same words. */

/** What the edge bears. */
export function edgeWords({ breakEvenBps, paidBps }: Stress): string {
  if (breakEvenBps === null) return 'There is no edge before costs.'
  const edge = breakEvenBps >= 1000 ? 'bears more than' : 'dies at'
  return `The edge ${edge} ${breakEvenBps.toFixed(1)} bps a side; the run paid ${paidBps.toFixed(1)}.`
}

export function methodWords({ method }: Stress): string {
  return method === 'repriced'
    ? 'Decisions hang neither on cash nor on fill prices: cells were reckoned from the fills of one run.'
    : 'Decisions hang on cash or on fill prices: every cell was run.'
}

/** When orders meet the market: after the run's own latency, and `more` bars on top of it. */
export function whenWords({ latency }: Stress, more: number): string {
  if (latency === 0) return more === 0 ? 'orders at the next open' : `orders ${more} bar later`
  return `orders after the run’s latency of ${delayWords(latency)}${more === 0 ? '' : ` and ${more} bar more`}`
}

export function slippageWords({ slippage: { unit } }: Stress, value: number): string {
  if (unit === 'times') return `${value} × slip`
  return `${value} ${unit === 'ticks' && value === 1 ? 'tick' : unit}`
}

export const FIXED_SIZE = 'Orders are of the same size whatever the account: a larger one earns as much, on more money.'

/** Milliseconds in the largest unit that they are whole numbers of. */
function delayWords(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const
  const [unit, length] = units.find(([, one]) => ms % one === 0) ?? units[3]
  return `${ms / length}${unit}`
}

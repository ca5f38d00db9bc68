import type { Dimension } from '../core/search.ts'

/** What windows that chose blindly, all values equally often, would show of a parameter. */
export interface ChanceStep {
  /** Mean distance of two draws ÷ width of the range; `null` where values have no distance, or there is one. */
  readonly step: number | null
  /** How often two draws are the same; 0 where all numbers of a range may be drawn. */
  readonly kept: number
}

/**
 * Of n values evenly apart two draws are (n + 1) ÷ 3n of the range from one another: a half of it where there are two, a third where
 * there are very many. On a logarithmic scale, with L = ln(high ÷ low), it is 2 ((L − 2) eᴸ + L + 2) ÷ (L² (eᴸ − 1)).
 */
export function chanceStep(dimension: Dimension): ChanceStep {
  if (dimension.kind === 'list') return ofList(dimension.values)
  const { from, to, step, kind, isLog } = dimension
  if (from === to) return { step: null, kept: 1 }
  const by = step ?? (kind === 'int' ? 1 : null)
  const n = by === null ? Number.POSITIVE_INFINITY : Math.round((to - from) / by) + 1
  if (isLog) return { step: onLog(from, to), kept: 1 / n }
  return { step: n === Number.POSITIVE_INFINITY ? 1 / 3 : (n + 1) / (3 * n), kept: 1 / n }
}

/** Listed numbers may lie unevenly: all pairs are equally likely. */
function ofList(values: readonly unknown[]): ChanceStep {
  const n = values.length
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b)
  if (numbers.length < n || n < 2) return { step: null, kept: 1 / n }
  // of sorted values the k-th is the greater one of k pairs and the lesser one of n − 1 − k
  const apart = numbers.reduce((sum, value, k) => sum + value * (2 * k - n + 1), 0)
  return { step: (2 * apart) / n ** 2 / (numbers.at(-1)! - numbers[0]!), kept: 1 / n }
}

function onLog(from: number, to: number): number {
  const width = Math.log(to / from)
  // there it is even, and the quotient would be one of rounding errors
  if (width < 0.01) return 1 / 3
  return (2 * ((width - 2) * Math.exp(width) + width + 2)) / (width ** 2 * (Math.exp(width) - 1))
}

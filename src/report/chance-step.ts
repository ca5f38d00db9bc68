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
  if (isLog) return n === Number.POSITIVE_INFINITY ? { step: onLog(from, to), kept: 0 } : wholeOnLog(from, to)
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

/** Numbers that are counted one by one; beyond them the scale is as good as continuous. */
const COUNTED = 10_000

/**
 * A whole number i stands for the stretch from i − ½ to i + ½ of the scale: small ones are drawn far more often than great ones. Two
 * draws are the same with Σ pᵢ², and lie Σ 2 Fᵢ (1 − Fᵢ) from one another, F being the share of those up to i.
 */
function wholeOnLog(from: number, to: number): ChanceStep {
  const width = Math.log((to + 0.5) / (from - 0.5))
  const last = Math.min(to, from + COUNTED - 1)
  let kept = 0
  let apart = 0
  for (let i = from; i <= last; i++) {
    kept += (Math.log1p(1 / (i - 0.5)) / width) ** 2
    const share = Math.log((i + 0.5) / (from - 0.5)) / width
    apart += 2 * share * (1 - share)
  }
  if (last === to) return { step: apart / (to - from), kept }
  // of the rest, Σ 1 ÷ i² is the difference of the reciprocals of its ends
  return { step: onLog(from - 0.5, to + 0.5), kept: kept + (1 / (last + 0.5) - 1 / (to + 0.5)) / width ** 2 }
}

function onLog(from: number, to: number): number {
  const width = Math.log(to / from)
  // there it is even, and the quotient would be one of rounding errors
  if (width < 0.01) return 1 / 3
  return (2 * ((width - 2) * Math.exp(width) + width + 2)) / (width ** 2 * (Math.exp(width) - 1))
}

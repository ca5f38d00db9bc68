/** What the numbers at the end of a model are. */
export type Gives = (typeof GIVES)[number]
export const GIVES = ['probabilities', 'logits'] as const

/** How far probabilities of 32 bits may be from adding up to 1. */
const SLACK = 1e-3

/**
 * Probabilities of one row: of two classes that of class 1, from one number or one a class; of three one each.
 * @throws RangeError where the numbers are none that could be meant
 */
export function fillFromOutput(
  values: Float64Array,
  from: number,
  width: number,
  classes: 2 | 3,
  gives: Gives,
  to: Float64Array,
  at: number,
): void {
  const own = Array.from(values.subarray(from, from + width))
  if (!own.every(Number.isFinite)) throw new RangeError(`onnxModel: the model gives ${own.join(', ')} for a row`)
  const shares = gives === 'logits' ? sharesOf(own) : own
  const sum = width === 1 ? 1 : shares.reduce((all, one) => all + one, 0)
  if (!shares.every((one) => one >= -SLACK && one <= 1 + SLACK) || Math.abs(sum - 1) > SLACK)
    throw new RangeError(
      `onnxModel: the model gives ${own.join(', ')} for a row, which are no probabilities: where it ends in logits write gives: "logits"`,
    )
  const kept = shares.map((one) => Math.min(1, Math.max(0, one / sum)))
  if (classes === 3) to.set(kept, at)
  else to[at] = kept.at(-1)!
}

function sharesOf(logits: readonly number[]): number[] {
  if (logits.length === 1) return [1 / (1 + Math.exp(-logits[0]!))]
  const most = Math.max(...logits)
  const powers = logits.map((one) => Math.exp(one - most))
  const sum = powers.reduce((all, one) => all + one, 0)
  return powers.map((one) => one / sum)
}

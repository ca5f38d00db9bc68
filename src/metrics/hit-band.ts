/** How many of the next trades may win. */
export interface HitBand {
  readonly low: number
  readonly high: number
}

/**
 * Wins that `next` trades come to where they are of the kind of those known: the beta-binomial distribution that Jeffreys' prior gives
 * (½ a win and ½ a loss more), so that a rate known from few trades promises little. At most (1 − level) ÷ 2 lies below `low`, and as
 * much above `high`.
 * @throws RangeError for counts that are none, or a level that is no fraction
 */
export function hitBand(
  known: { readonly wins: number; readonly trades: number },
  next: number,
  level: number,
): HitBand {
  const { wins, trades } = known
  for (const [name, count] of Object.entries({ wins, trades, next }))
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`${name} ${count}: write a count`)
  if (wins > trades) throw new RangeError(`${wins} wins of ${trades} trades`)
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: write a fraction between 0 and 1`)
  const [a, b] = [wins + 0.5, trades - wins + 0.5]
  // P(k + 1) ÷ P(k), summed up as logarithms: of many trades P(0) is too small for a number
  const logs = new Float64Array(next + 1)
  for (let k = 0; k < next; k++)
    logs[k + 1] = logs[k]! + Math.log(((next - k) / (k + 1)) * ((k + a) / (next - k - 1 + b)))
  const top = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY)
  const shares = logs.map((log) => Math.exp(log - top))
  const all = shares.reduce((sum, share) => sum + share, 0)
  const tail = ((1 - level) / 2) * all
  let [low, below] = [0, 0]
  while (below + shares[low]! <= tail) below += shares[low++]!
  let [high, above] = [next, 0]
  while (above + shares[high]! <= tail) above += shares[high--]!
  return { low, high }
}

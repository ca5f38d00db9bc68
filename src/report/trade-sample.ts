import type { Trade } from '../core/trade.ts'

/** Best and worst ten first, then ever finer even samples: wherever one stops, what came is spread evenly over the run. */
export function* inOrderOfInterest(trades: readonly Trade[]): Generator<number> {
  const byReturn = trades.map((_, index) => index).sort((a, b) => trades[a]!.return - trades[b]!.return || a - b)
  const given = new Uint8Array(trades.length)
  const once = function* (indices: Iterable<number>) {
    for (const index of indices) {
      if (given[index] === 1) continue
      given[index] = 1
      yield index
    }
  }
  yield* once([...byReturn.slice(-10).reverse(), ...byReturn.slice(0, 10)])
  for (let stride = 2 ** Math.ceil(Math.log2(Math.max(2, trades.length))); stride >= 1; stride /= 2)
    yield* once(every(stride, trades.length))
}

function* every(stride: number, end: number): Generator<number> {
  for (let index = 0; index < end; index += stride) yield index
}

/** All trades up to `limit`; of more, the best, the worst and an even sample, in their order. */
export function tradeSample(trades: readonly Trade[], limit: number): number[] {
  if (trades.length <= limit) return trades.map((_, index) => index)
  const kept: number[] = []
  for (const index of inOrderOfInterest(trades)) {
    if (kept.length === limit) break
    kept.push(index)
  }
  return kept.sort((a, b) => a - b)
}

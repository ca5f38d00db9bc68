import type { Dimension } from '../core/search.ts'
import { axisOf, hasOrder, type Value } from './space-axis.ts'

/** The values of a parameter laid into few enough bins to be drawn. */
export interface Bins {
  readonly labels: readonly string[]
  find(value: Value): number
}

/** Up to so many values have a bin each. */
const MOST_BINS = 24
/** Where there are more, they are laid into so many. */
const BINS = 12

/** A bin a value, numbers from the least; where there are more than 24, ranges of them, each of about as many. */
export function binsOf(dimension: Dimension): Bins {
  if (dimension.kind === 'list') return ofList(dimension.values, hasOrder(dimension))
  const axis = axisOf(dimension)
  if (axis.size <= MOST_BINS)
    return ofList(
      Array.from({ length: axis.size }, (_, k) => axis.at(k)),
      true,
    )
  const middle = (value: Value) => {
    const [low, high] = axis.cell(value)
    return (low + high) / 2
  }
  const bin = (value: Value) => Math.min(BINS - 1, Math.floor(middle(value) * BINS))
  if (axis.size !== Number.POSITIVE_INFINITY) return ofMany(axis.size, (k) => axis.at(k), bin)
  const edges = shortened(Array.from({ length: BINS + 1 }, (_, k) => Number(axis.from(k / BINS))))
  return { labels: edges.slice(1).map((edge, k) => `${edges[k]}..${edge}`), find: bin }
}

function ofList(values: readonly Value[], isOrdered: boolean): Bins {
  const inOrder = isOrdered ? [...values].sort((a, b) => Number(a) - Number(b)) : values
  const places = new Map(inOrder.map((value, k) => [value, k]))
  if (inOrder.length <= MOST_BINS) return { labels: inOrder.map(String), find: (value) => places.get(value)! }
  return ofMany(
    inOrder.length,
    (k) => inOrder[k]!,
    (value) => Math.floor((places.get(value)! * BINS) / inOrder.length),
  )
}

/** Bins of finite values, by their first and last; those that no value falls into are left out. */
function ofMany(size: number, at: (k: number) => Value, bin: (value: Value) => number): Bins {
  const labels: string[] = []
  const places = new Map<number, number>()
  for (let first = 0; first < size; ) {
    const own = bin(at(first))
    // the first value beyond this bin, by halving: there may be millions
    let [low, high] = [first + 1, size]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (bin(at(middle)) > own) high = middle
      else low = middle + 1
    }
    places.set(own, labels.length)
    labels.push(low === first + 1 ? String(at(first)) : `${at(first)}..${at(low - 1)}`)
    first = low
  }
  return { labels, find: (value) => places.get(bin(value))! }
}

/** As few digits as tell the edges apart, but three at least. */
function shortened(edges: readonly number[]): readonly string[] {
  for (let digits = 3; digits <= 17; digits++) {
    const texts = edges.map((edge) => String(Number(edge.toPrecision(digits))))
    if (new Set(texts).size === texts.length) return texts
  }
  return edges.map(String)
}

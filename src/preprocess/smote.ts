import type { Random } from '../core/random.ts'
import { lackOf, type Rebalancer, ratioOf, rebalancer } from './rebalance.ts'
import { requireSetting, settingsOf } from './settings.ts'
import { NearestNeighbours } from './smote-neighbours.ts'

export interface SmoteSettings {
  /** How many nearest rows of its own class a row may be paired with. */
  readonly neighbours: number
  /** Rows of the smaller class ÷ rows of the larger one that there shall be, of two classes; 1 of all classes. */
  readonly ratio: number
}

/** What is drawn for each made-up row. */
export interface SmoteDraws {
  /** Which row of the class it starts from. */
  readonly base: Int32Array
  /** Which of that row's neighbours it goes towards, 0 the nearest. */
  readonly neighbour: Int32Array
  /** How far it goes, from 0 to 1; the same in every feature. */
  readonly step: Float64Array
}

/**
 * SMOTE (Chawla, Bowyer, Hall & Kegelmeyer 2002) with imbalanced-learn's arithmetic: made-up rows of the smaller classes, each
 * on the line between a training row and one of its nearest neighbours of the same class, appended behind the rows of the
 * matrix. A weight lies between those of both. Features must be scaled first, since distances are Euclidean.
 * For models that read single rows only: see `sequenceRefusal`.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function smote(given: Partial<SmoteSettings> = {}): Rebalancer {
  const settings = settingsOf<SmoteSettings>('smote', given, { neighbours: 5, ratio: 1 })
  const { neighbours } = settings
  const ratio = ratioOf('smote', { ratio: settings.ratio })
  requireSetting(
    Number.isInteger(neighbours) && neighbours > 0,
    'smote',
    'neighbours',
    neighbours,
    'a whole number above 0',
  )
  return rebalancer('smote', { ...settings }, (byClass, { matrix, y, rows, weights, random }) => {
    const lack = lackOf('smote', byClass, ratio)
    const made = lack.reduce((sum, count) => sum + count, 0)
    if (made === 0) return {}
    const grown = {
      columns: matrix.columns.map((column) => longer(column, made)),
      rows: Int32Array.from({ length: rows.length + made }, (_, k) => rows[k] ?? matrix.rows + k - rows.length),
      y: Int8Array.from({ length: matrix.rows + made }, (_, k) => y[k] ?? -1),
      weights: weights === null ? null : longer(weights, made),
    }
    let at = matrix.rows
    for (const [one, own] of byClass.entries()) {
      const count = lack[one]!
      if (count === 0) continue
      if (own.length <= neighbours)
        throw new RangeError(
          `smote({ neighbours: ${neighbours} }): class ${one} has ${own.length} training rows, and each needs ${neighbours} others of its class: lower neighbours, or take randomOverSample()`,
        )
      const filled = weights === null ? grown.columns : [...grown.columns, grown.weights!]
      interpolate(filled, own, nearestOf(matrix, own, neighbours), drawsOf(count, own.length, neighbours, random), at)
      grown.y.fill(one, at, at + count)
      at += count
    }
    return grown
  })
}

/** Row, neighbour and step of each made-up row in turn. */
function drawsOf(count: number, rows: number, neighbours: number, random: Random): SmoteDraws {
  const draws = {
    base: new Int32Array(count),
    neighbour: new Int32Array(count),
    step: new Float64Array(count),
  }
  for (let k = 0; k < count; k++) {
    draws.base[k] = Math.floor(random() * rows)
    draws.neighbour[k] = Math.floor(random() * neighbours)
    draws.step[k] = random()
  }
  return draws
}

/**
 * Writes rows `from`, `from` + 1 … of the columns: x + step · (neighbour − x).
 * @param rows those of the class
 * @param nearest the neighbours of the row at a place of `rows`, as places in `rows`
 */
export function interpolate(
  columns: readonly Float64Array[],
  rows: Int32Array,
  nearest: (place: number) => ArrayLike<number>,
  { base, neighbour, step }: SmoteDraws,
  from: number,
): void {
  for (let k = 0; k < base.length; k++) {
    const place = base[k]!
    const start = rows[place]!
    const end = rows[nearest(place)[neighbour[k]!]!]!
    for (const column of columns) column[from + k] = column[start]! + step[k]! * (column[end]! - column[start]!)
  }
}

/** Looks for a row's neighbours when they are first asked for: far from every row is drawn where little is lacking. */
export function nearestOf(
  { columns, names }: { readonly columns: readonly Float64Array[]; readonly names: readonly string[] },
  rows: Int32Array,
  neighbours: number,
): (place: number) => Int32Array {
  const dims = columns.length
  const points = new Float64Array(rows.length * dims)
  for (const [d, column] of columns.entries())
    for (let k = 0; k < rows.length; k++) {
      const value = column[rows[k]!]!
      if (!Number.isFinite(value))
        throw new RangeError(
          `smote: feature "${names[d]}" is ${value} in training row ${rows[k]}: impute or drop it first`,
        )
      points[k * dims + d] = value
    }
  const tree = new NearestNeighbours(points, dims)
  const known = new Map<number, Int32Array>()
  return (place) => {
    const before = known.get(place)
    if (before !== undefined) return before
    const found = tree.of(place, neighbours)
    known.set(place, found)
    return found
  }
}

function longer(column: Float64Array, by: number): Float64Array {
  const out = new Float64Array(column.length + by)
  out.set(column)
  return out
}

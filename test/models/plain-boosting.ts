import type { TrainingSet } from '../../src/models/classifier.ts'

/** Gradient boosting as the definition has it, without bins or sums kept: every split is tried on the rows themselves. */
export interface PlainSettings {
  readonly trees: number
  readonly learningRate: number
  readonly maxLeaves: number
  readonly minRows: number
  readonly minHessian: number
  readonly l2: number
}

interface PlainLeaf {
  readonly rows: readonly number[]
  best: PlainSplit | null
}

interface PlainSplit {
  readonly gain: number
  readonly goesLeft: (row: number) => boolean
}

/** Scores of the training rows after all trees, `width` a row. */
export function plainBoosting(data: TrainingSet, settings: PlainSettings): number[][] {
  const { y, classes } = data
  const rows = [...data.rows]
  const weight = (row: number) => data.weights?.[row] ?? 1
  const share = (one: number) =>
    rows.reduce((sum, row) => sum + (y[row] === one ? weight(row) : 0), 0) /
    rows.reduce((sum, row) => sum + weight(row), 0)
  const base = classes === 2 ? [Math.log(share(1) / share(0))] : [0, 1, 2].map((one) => Math.log(share(one)))
  const scores = new Map(rows.map((row) => [row, [...base]]))
  for (let round = 0; round < settings.trees; round++) {
    const before = new Map(rows.map((row) => [row, probabilities(scores.get(row)!)]))
    for (const of of base.keys()) {
      const positive = classes === 2 ? 1 : of
      const p = (row: number) => before.get(row)![of]!
      const g = (row: number) => weight(row) * (p(row) - (y[row] === positive ? 1 : 0))
      const h = (row: number) => weight(row) * p(row) * (1 - p(row))
      for (const leaf of plainTree(data, rows, g, h, settings)) {
        const step = (-settings.learningRate * sum(leaf.rows, g)) / (sum(leaf.rows, h) + settings.l2)
        for (const row of leaf.rows) scores.get(row)![of]! += step
      }
    }
  }
  return rows.map((row) => probabilities(scores.get(row)!))
}

function probabilities(scores: readonly number[]): number[] {
  if (scores.length === 1) return [1 / (1 + Math.exp(-scores[0]!))]
  const powers = scores.map(Math.exp)
  return powers.map((power) => power / powers.reduce((all, one) => all + one, 0))
}

function sum(rows: readonly number[], of: (row: number) => number): number {
  return rows.reduce((all, row) => all + of(row), 0)
}

type Rows = (row: number) => number

function plainTree(data: TrainingSet, rows: readonly number[], g: Rows, h: Rows, settings: PlainSettings) {
  const leaves: PlainLeaf[] = [{ rows, best: plainSplit(data, rows, g, h, settings) }]
  while (leaves.length < settings.maxLeaves) {
    const open = leaves.filter(({ best }) => best !== null).sort((a, b) => b.best!.gain - a.best!.gain)
    const [next] = open
    if (next === undefined) break
    const left = next.rows.filter(next.best!.goesLeft)
    const right = next.rows.filter((row) => !next.best!.goesLeft(row))
    leaves.splice(leaves.indexOf(next), 1)
    for (const part of [left, right]) leaves.push({ rows: part, best: plainSplit(data, part, g, h, settings) })
  }
  return leaves
}

/** Tries every value of every feature, with the missing ones right and left, and missing against all that are there. */
function plainSplit(
  data: TrainingSet,
  rows: readonly number[],
  g: Rows,
  h: Rows,
  { minRows, minHessian, l2 }: PlainSettings,
): PlainSplit | null {
  const worth = (part: readonly number[]) => sum(part, g) ** 2 / (sum(part, h) + l2)
  let best: PlainSplit | null = null
  for (const column of data.columns)
    for (const missingLeft of [false, true])
      for (const edge of new Set(rows.map((row) => column[row]!).filter((one) => !Number.isNaN(one)))) {
        const goesLeft = (row: number) => (Number.isNaN(column[row]!) ? missingLeft : column[row]! <= edge)
        const left = rows.filter(goesLeft)
        const right = rows.filter((row) => !goesLeft(row))
        if (left.length < minRows || right.length < minRows) continue
        if (sum(left, h) < minHessian || sum(right, h) < minHessian) continue
        const gain = worth(left) + worth(right) - worth(rows)
        if (gain > 1e-9 && gain > (best?.gain ?? 0) + 1e-9) best = { gain, goesLeft }
      }
  return best
}

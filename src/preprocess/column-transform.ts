import type { FeatureMatrix } from './matrix.ts'
import { type ColumnsJson, requireNames, type Transform } from './transform.ts'

/** Fills `to` from `from`, which may be the same array; `before` is what the row before them became, NaN where there is none. */
export type ColumnKernel = (from: Float64Array, to: Float64Array, before: number) => void

/** A kind of step that treats every feature by itself. */
export interface ColumnStep {
  readonly kind: string
  /** What it learns of each feature, by name. */
  readonly numbers: readonly string[]
  kernel(numbers: Readonly<Record<string, number>>): ColumnKernel
}

/** A fitted step of such a kind. */
export class ColumnTransform implements Transform {
  readonly kind: string
  readonly names: readonly string[]
  readonly #numbers: Readonly<Record<string, readonly number[]>>
  readonly #kernels: readonly ColumnKernel[]

  /** @param numbers by name, one for each feature */
  constructor(step: ColumnStep, names: readonly string[], numbers: Readonly<Record<string, readonly number[]>>) {
    this.kind = step.kind
    this.names = [...names]
    // JSON has no −0: without it what is read back is the same to the last bit
    const kept = step.numbers.map((name) => [name, numbers[name]!.map((number) => number + 0)] as const)
    this.#numbers = Object.fromEntries(kept)
    this.#kernels = names.map((_, k) => step.kernel(Object.fromEntries(kept.map(([name, list]) => [name, list[k]!]))))
  }

  transform(matrix: FeatureMatrix): FeatureMatrix {
    requireNames(this.kind, this.names, matrix.names)
    const columns = matrix.columns.map((from, k) => {
      const to = new Float64Array(matrix.rows)
      this.#kernels[k]!(from, to, Number.NaN)
      return to
    })
    return { names: matrix.names, rows: matrix.rows, columns, openTime: matrix.openTime }
  }

  stream(): (row: Float64Array) => Float64Array {
    const out = new Float64Array(this.names.length).fill(Number.NaN)
    const cells = this.names.map((_, k) => out.subarray(k, k + 1))
    return (row) => {
      for (let k = 0; k < cells.length; k++) {
        const before = out[k]!
        out[k] = row[k]!
        this.#kernels[k]!(cells[k]!, cells[k]!, before)
      }
      return out
    }
  }

  toJSON(): ColumnsJson {
    return { kind: this.kind, names: this.names, numbers: this.#numbers }
  }
}

/**
 * Where a pass takes its windows from. A window is the `steps` rows up to and with its last one, views on rows that lie there
 * once; a pass copies those of its few rows to where the kernel wants them, and forgets them.
 */
export interface WindowSource {
  readonly steps: number
  /** Writes the window that ends at row `end`: the value of step t and feature k to [at + t·step + ⌊k / 8⌋·panel + k % 8]. */
  write(end: number, to: Float32Array, at: number, step: number, panel: number): void
}

/** Windows on a matrix in 32 bits, row after row. */
export class MatrixWindows implements WindowSource {
  readonly steps: number
  readonly #matrix: Float32Array
  readonly #features: number

  constructor(matrix: Float32Array, features: number, steps: number) {
    this.#matrix = matrix
    this.#features = features
    this.steps = steps
  }

  write(end: number, to: Float32Array, at: number, step: number, panel: number): void {
    const features = this.#features
    const matrix = this.#matrix
    let from = (end - this.steps + 1) * features
    for (let t = 0; t < this.steps; t++)
      for (let k = 0; k < features; k++) to[at + t * step + (k >> 3) * panel + (k & 7)] = matrix[from++]!
  }
}

/** Windows on columns of features. */
export class ColumnWindows implements WindowSource {
  readonly steps: number
  readonly #columns: readonly Float64Array[]

  constructor(columns: readonly Float64Array[], steps: number) {
    this.#columns = columns
    this.steps = steps
  }

  write(end: number, to: Float32Array, at: number, step: number, panel: number): void {
    const first = end - this.steps + 1
    for (const [k, column] of this.#columns.entries()) {
      const place = at + (k >> 3) * panel + (k & 7)
      for (let t = 0; t < this.steps; t++) to[place + t * step] = column[first + t]!
    }
  }
}

import { readEmbargo } from '../preprocess/split-embargo.ts'
import { testBlock, trainingRows } from '../preprocess/split-rows.ts'
import { windowEnds } from '../preprocess/windows.ts'
import type { Learnt, Lesson } from './lesson.ts'

/** As many as leave each fit two thirds of the rows. */
const FOLDS = 3

export interface InnerFolds {
  /** Rows that every member says something of, out of fold. */
  readonly rows: Int32Array
  /** A member's probabilities of these rows, each by a fit that has not learnt from it; of fewer where one was asked to stop. */
  foretell(
    fit: (rows: Int32Array, part: string) => Promise<Learnt>,
  ): Promise<{ readonly p: Float64Array; readonly stopped: Learnt | null }>
}

/**
 * Folds within the training rows of a fold, purged like it, for what is learnt from out-of-fold probabilities.
 * @param window rows that a prediction looks at: every row must have as many in its own part
 * @throws RangeError where the rows are too few
 */
export function innerFolds({ matrix, end, rows, plain }: Lesson, window: number): InnerFolds {
  const distance = { side: 'before', embargo: readEmbargo('stacking', 0) } as const
  const folds = Array.from({ length: FOLDS }, (_, k) => {
    const [from, to] = [k, k + 1].map((part) => Math.floor((part * rows.length) / FOLDS)) as [number, number]
    const test = windowEnds(matrix, rows.subarray(from, to), window)
    if (from === to || test.length === 0) throw tooFew(rows.length, window)
    const block = testBlock(rows, end, from, to)
    const learnt = trainingRows(rows, [0, rows.length], end, [block], matrix.openTime, distance)
    const train = windowEnds(matrix, learnt.rows, window)
    if (train.length === 0) throw tooFew(rows.length, window)
    return { test, train }
  })
  const all = Int32Array.from(folds.flatMap(({ test }) => [...test]))
  return {
    rows: all,
    async foretell(learn) {
      const parts: Float64Array[] = []
      for (const [k, { train, test }] of folds.entries()) {
        const learnt = await learn(train, `part ${k + 1} of ${FOLDS}`)
        if (learnt.stoppedAt !== null) return { p: joined(parts), stopped: learnt }
        parts.push(learnt.model.predictProba(plain.columns, test))
      }
      return { p: joined(parts), stopped: null }
    },
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function tooFew(rows: number, window: number): RangeError {
  return new RangeError(
    `stacking: ${rows} training rows are too few for ${FOLDS} inner folds of windows of ${window}: take more bars, or { vote: "mean" }`,
  )
}

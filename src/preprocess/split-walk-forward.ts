import { checkOptions } from './settings.ts'
import { checkCount, type FoldBorders, type Ground, makeSplitter, type Splitter, tooFewRows } from './split.ts'
import { type EmbargoOption, readEmbargo } from './split-embargo.ts'
import { type Distance, testBlock, trainingRows } from './split-rows.ts'

export interface WalkForwardOptions {
  readonly folds: number
  /** `expanding` (built in): each fold learns from all that came before; `rolling`: from the newest `trainBars` of it. */
  readonly mode?: 'expanding' | 'rolling'
  /** How long before the test the last label that is learnt from must have ended: bars, or a duration such as `2d`. Built in: 0. */
  readonly embargo?: EmbargoOption
  /** With `rolling`: most rows to learn from; built in are as many as the first fold has. The first test begins after so many. */
  readonly trainBars?: number
  /** Rows of each test; built in: all that come after the first training part, or folds + 1 equal parts, divided evenly. */
  readonly testBars?: number
}

/**
 * Folds in the order of time: each is tested on the rows after those it learnt from, and the tests join up to the end of the
 * data. Where the rows do not divide evenly the first training part has what is left over, as scikit-learn's
 * TimeSeriesSplit has it (`embargo` is its gap where a label ends on the next bar, `trainBars` its max_train_size).
 * @throws RangeError for settings that are none
 */
export function walkForward(options: WalkForwardOptions): Splitter {
  checkOptions('walkForward', options, {
    known: ['folds', 'mode', 'embargo', 'trainBars', 'testBars'],
    needed: ['folds'],
    example: "walkForward({ folds: 6, embargo: '2d' })",
  })
  const { folds, mode = 'expanding', embargo = 0, trainBars, testBars } = options
  checkCount('walkForward', 'folds', folds, 1)
  if (mode !== 'expanding' && mode !== 'rolling')
    throw new RangeError(`walkForward mode "${String(mode)}": write expanding or rolling`)
  if (trainBars !== undefined) {
    if (mode === 'expanding')
      throw new RangeError(`walkForward trainBars ${trainBars}: only mode "rolling" learns from so many bars`)
    checkCount('walkForward', 'trainBars', trainBars, 1)
  }
  if (testBars !== undefined) checkCount('walkForward', 'testBars', testBars, 1)
  const distance: Distance = { side: 'before', embargo: readEmbargo('walkForward', embargo) }
  return makeSplitter({
    kind: 'walkForward',
    settings: { folds, mode, embargo, trainBars: trainBars ?? null, testBars: testBars ?? null },
    distance,
    lay(ground) {
      const { rows } = ground.usable
      const parts = trainBars === undefined ? folds + 1 : folds
      const size = testBars ?? Math.floor((rows.length - (trainBars ?? 0)) / parts)
      const first = rows.length - folds * size
      if (size < 1 || first < 1)
        throw tooFewRows(
          'walkForward',
          ground,
          `${folds} folds${testBars === undefined ? '' : ` of ${testBars} rows`}${trainBars === undefined ? '' : ` after ${trainBars} to learn from`}`,
        )
      const starts = Array.from({ length: folds }, (_, k) => first + k * size)
      return mode === 'expanding'
        ? starts.map((start, k) => borders(ground, 0, start, starts[k + 1]))
        : rollingBorders(ground, starts, distance, trainBars)
    },
  })
}

/** Learns from usable rows [from, start) and is tested on [start, next). */
function borders({ matrix, usable }: Ground, from: number, start: number, next: number | undefined): FoldBorders {
  const { openTime, rows: n } = matrix
  const timeAt = (place: number) => openTime[usable.rows[place]!]!
  const lastBefore = (place: number) => openTime[usable.rows[place]! - 1]!
  return {
    train: { first: timeAt(from), last: lastBefore(start) },
    test: [{ first: timeAt(start), last: next === undefined ? openTime[n - 1]! : lastBefore(next) }],
  }
}

/** The newest rows that purging and embargo leave, as many as wanted. */
function rollingBorders(
  ground: Ground,
  starts: readonly number[],
  distance: Distance,
  trainBars: number | undefined,
): FoldBorders[] {
  const { matrix, labels, usable } = ground
  let wanted = trainBars
  return starts.map((start, k) => {
    const next = starts[k + 1]
    const block = testBlock(usable.rows, labels.end, start, next ?? usable.rows.length)
    const { rows } = trainingRows(usable.rows, [0, start], labels.end, [block], matrix.openTime, distance)
    wanted ??= rows.length
    const all = borders(ground, 0, start, next)
    const oldest = rows[Math.max(0, rows.length - wanted)]
    return oldest === undefined ? all : { ...all, train: { ...all.train, first: matrix.openTime[oldest]! } }
  })
}

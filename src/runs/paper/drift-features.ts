import { DAY, intervalMs } from '../../core/interval.ts'
import { parseSeries } from '../../core/series.ts'
import { FeatureBaseline, type FeatureStability } from '../../metrics/feature-baseline.ts'
import type { LiveModelOptions } from '../../models/live-model.ts'
import { featureMatrix } from '../../preprocess/features.ts'
import { rangeOf } from '../../preprocess/split.ts'
import type { LiveRun } from './live-run.ts'

/** How long rows count: what was so longer ago would hide what is. */
export const RECENT_DAYS = 30
/** Fewer rows look unlike anything: of 200 like the training the index is 0.05 already. */
export const ROWS_NEEDED = 200

/** The newest rows of a model's features in a session; oldest ones give way. */
interface Rows {
  readonly seen: Float64Array
  readonly columns: readonly Float64Array[]
  count: number
}

/** What a session's models have been shown lately. */
export class LiveFeatures {
  readonly #slots: readonly (readonly Rows[])[]

  constructor(run: LiveRun, series: readonly string[]) {
    this.#slots = series.map((name, slot) => {
      const room = Math.ceil((RECENT_DAYS * DAY) / intervalMs(parseSeries(name).interval))
      return run.featuresOf(slot).map((seen) => ({
        seen,
        columns: Array.from(seen, () => new Float64Array(Math.max(ROWS_NEEDED, room))),
        count: 0,
      }))
    })
  }

  /** Right after a bar of a slot has been taken. */
  take(slot: number): void {
    for (const rows of this.#slots[slot]!) {
      const at = rows.count++ % (rows.columns[0]?.length ?? 1)
      for (const [k, column] of rows.columns.entries()) column[at] = rows.seen[k]!
    }
  }

  /** Columns of a model's features: the newest rows, at most so many, in no order of time. */
  of(slot: number, model: number, most: number): readonly Float64Array[] {
    const { columns, count } = this.#slots[slot]![model]!
    return columns.map((column) => {
      const rows = Math.min(count, column.length, most)
      const end = count % column.length
      if (count <= column.length) return column.subarray(count - rows, count)
      // the oldest ones follow the newest
      if (rows <= end) return column.subarray(end - rows, end)
      const both = new Float64Array(rows)
      both.set(column.subarray(column.length - (rows - end)))
      both.set(column.subarray(0, end), rows - end)
      return both
    })
  }
}

/** A model's features as its newest fold has learnt from them. */
export class TrainedFeatures {
  readonly #model: LiveModelOptions
  #known: { readonly names: readonly string[]; readonly baselines: readonly FeatureBaseline[] } | null = null

  constructor(model: LiveModelOptions) {
    this.#model = model
  }

  /** Live rows that can be held against it. */
  get most(): number {
    return this.#made().baselines[0]!.most
  }

  /** Live rows beside the training part, feature by feature. */
  judge(columns: readonly Float64Array[]): readonly (FeatureStability & { readonly feature: string })[] {
    const { names, baselines } = this.#made()
    return names.map((feature, k) => ({ feature, ...baselines[k]!.judge(columns[k]!) }))
  }

  /** Not before it is asked for: most sessions are too young. */
  #made() {
    if (this.#known !== null) return this.#known
    const { definition, fold, history } = this.#model
    const { names, columns, openTime } = featureMatrix(history, definition.features(), definition.also())
    const [from, to] = rangeOf(openTime, fold.borders.train)
    this.#known = { names, baselines: columns.map((column) => new FeatureBaseline(column.subarray(from, to))) }
    return this.#known
  }
}

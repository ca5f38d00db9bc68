import type { Classifier, FitOptions, FittedClassifier, TrainingSet } from '../../src/models/classifier.ts'

/** What a classifier was handed. */
export interface Lessons {
  readonly data: TrainingSet
  readonly options: FitOptions
}

export interface SpyOptions {
  readonly kind?: string
  readonly window?: number
  readonly isWatched?: boolean
  /** Steps that it tells of; it stops when it is asked to. */
  readonly steps?: number
}

/** A classifier that keeps what it is handed, and says the share of class 1, moved by the first feature. */
export function spyClassifier(given: SpyOptions = {}): Classifier & { readonly taught: Lessons[] } {
  const { kind = 'spy', window, isWatched = false, steps = 1 } = given
  const taught: Lessons[] = []
  return {
    kind,
    settings: { steps },
    ...(window !== undefined && { window }),
    isWatched,
    taught,
    fit(data, options) {
      taught.push({ data, options })
      let done = 0
      while (done < steps) {
        done++
        options.onCheckpoint?.({ kind, done, seed: options.seed })
        const step = { done, total: steps, loss: 1 / done, validationLoss: options.validation ? 2 / done : null }
        if (options.onProgress?.(step) === false) break
      }
      return sayer(kind, data, done, options.seed)
    },
  }
}

function sayer(kind: string, { rows, y, classes }: TrainingSet, done: number, seed: number): FittedClassifier {
  const share = rows.reduce((sum, row) => sum + y[row]!, 0) / rows.length / (classes - 1)
  const up = (x: number) => 1 / (1 + Math.exp(-(x + share)))
  return {
    kind,
    predictProba: (columns, asked) =>
      Float64Array.from(
        [...asked].flatMap((row) => {
          const p = up(columns[0]![row]!)
          return classes === 2 ? [p] : [(1 - p) / 2, (1 - p) / 2, p]
        }),
      ),
    toJSON: () => ({ kind, share, done, seed }),
  }
}

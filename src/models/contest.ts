import { lossesOf } from '../metrics/classification-loss.ts'
import { netReturn, type SideCosts } from '../metrics/threshold-money.ts'
import type { BarSpan } from '../preprocess/split.ts'
import type { ModelDefinition } from './define-model.ts'
import { type FoldModel, foretell, saidOf } from './foretell.ts'
import type { Ground } from './ground.ts'

/** By what two models are compared. */
export const CONTEST_FIGURES = ['log-loss', 'money'] as const
export type ContestFigure = (typeof CONTEST_FIGURES)[number]

export interface ContestBy {
  readonly figure: ContestFigure
  /** What p must reach to be traded, where money counts. */
  readonly threshold: number
  readonly costs: SideCosts
}

/** What two models of one definition have on the same rows, each a figure of which more is better. */
export interface Contest {
  readonly champion: Float64Array
  readonly challenger: Float64Array
  /** Rows that a label spans, on average. */
  readonly span: number
}

/**
 * Asks two fitted models of a definition about the same bars, which neither has learnt from, and judges each row that has a label and
 * of which both have something to say: by minus its log loss, or by its return after costs, 0 where it is not traded.
 */
export function contest(
  definition: ModelDefinition,
  ground: Ground,
  pair: { readonly champion: FoldModel; readonly challenger: FoldModel },
  window: BarSpan,
  by: ContestBy,
): Contest {
  const { matrix, labels } = ground
  const [champion, challenger] = [pair.champion, pair.challenger].map((fold) =>
    foretell(definition, matrix, [{ ...fold, borders: { ...fold.borders, test: [window] } }]),
  ) as [ReturnType<typeof foretell>, ReturnType<typeof foretell>]
  const rows = Int32Array.from(labels.y.keys()).filter(
    (row) => labels.y[row]! >= 0 && champion.fold[row]! > 0 && challenger.fold[row]! > 0,
  )
  const figures = (forecast: typeof champion) => {
    const said = saidOf(rows, labels, forecast)
    if (by.figure === 'log-loss') return lossesOf({ classes: labels.classes, ...said }).logs.map((loss) => -loss)
    const width = labels.classes === 2 ? 1 : 3
    return Float64Array.from(rows, (row, k) =>
      said.p[k * width + width - 1]! >= by.threshold ? netReturn(labels.returns[row]!, by.costs) : 0,
    )
  }
  let spans = 0
  for (const row of rows) spans += labels.end[row]! - row
  return {
    champion: figures(champion),
    challenger: figures(challenger),
    span: rows.length > 0 ? Math.max(1, Math.round(spans / rows.length)) : 1,
  }
}

import type { SeriesPredictions } from '../core/evaluation.ts'
import { seriesName } from '../core/series.ts'
import { csvCell } from './csv.ts'

/**
 * `predictions.csv`: one bar a line that a fold's model foretold without having learnt from it; `y` is empty where it is not known.
 * Of three classes the probability of each follows.
 */
export function predictionsCsv(predictions: readonly SeriesPredictions[]): string {
  const classes = predictions.some(({ each }) => each) ? ',down,timeOut,up' : ''
  const lines = [`series,openTime,fold,p,y${classes}`]
  for (const { bars, p, each = null, fold, y } of predictions) {
    const name = csvCell(seriesName(bars.series))
    for (let row = 0; row < bars.length; row++)
      if (fold[row]! > 0)
        lines.push(
          `${name},${bars.openTime[row]},${fold[row]},${csvCell(p[row]!)},${y[row]! < 0 ? '' : y[row]}${each === null ? '' : [each.down, each.timeOut, each.up].map((one) => `,${csvCell(one[row]!)}`).join('')}`,
        )
  }
  return `${lines.join('\n')}\n`
}

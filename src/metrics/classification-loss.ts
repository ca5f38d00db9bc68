import type { Predictions } from './classification-input.ts'

/** Nearer to 0 or 1 a probability costs no more: one row that was certain and wrong would make the log loss infinite. */
const EPSILON = 1e-15

/**
 * Log loss and Brier score of each row. Log loss is −ln of the probability of the class that came, after clipping all of them
 * to [1e-15, 1 − 1e-15]; three are then divided by their sum (scikit-learn's log_loss with eps=1e-15). Brier's score is
 * (p − y)² of two classes, and the sum of three such squares of three (Brier 1950: twice as much for two).
 */
export function lossesOf({ classes, y, p }: Predictions) {
  const logs = new Float64Array(y.length)
  const squares = new Float64Array(y.length)
  const clip = (value: number) => Math.min(Math.max(value, EPSILON), 1 - EPSILON)
  for (let row = 0; row < y.length; row++) {
    const came = y[row]!
    if (classes === 2) {
      const up = clip(p[row]!)
      logs[row] = -Math.log(came === 1 ? up : 1 - up)
      squares[row] = (p[row]! - came) ** 2
    } else {
      let sum = 0
      for (let k = 0; k < 3; k++) {
        const said = p[3 * row + k]!
        sum += clip(said)
        squares[row]! += (said - (k === came ? 1 : 0)) ** 2
      }
      logs[row] = -Math.log(clip(p[3 * row + came]!) / sum)
    }
  }
  return {
    logs,
    /** Means under these weights, which add up to `total`. */
    mean(weights: Float64Array | null, total: number): { readonly logLoss: number; readonly brier: number } {
      let [logLoss, brier] = [0, 0]
      for (let row = 0; row < logs.length; row++) {
        const weight = weights === null ? 1 : weights[row]!
        logLoss += weight * logs[row]!
        brier += weight * squares[row]!
      }
      return { logLoss: logLoss / total, brier: brier / total }
    },
  }
}

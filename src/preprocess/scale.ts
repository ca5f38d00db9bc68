import type { ColumnStep } from './column-transform.ts'

/** Below this a spread counts as none, whatever the size of the values: scikit-learn's rule, ten times the float64 epsilon. */
export const NO_SPREAD = 10 * Number.EPSILON

/** What a spread is divided by: itself, or 1 where there is none. */
export function scaleOf(spread: number): number {
  return spread < NO_SPREAD ? 1 : spread
}

/** (x − center) ÷ scale: what the robust and the standard scaler come to once they are fitted. */
export const SCALE: ColumnStep = {
  kind: 'scale',
  numbers: ['center', 'scale'],
  kernel: ({ center, scale }) => {
    const [middle, divisor] = [center!, scale!]
    return (from, to) => {
      for (let k = 0; k < to.length; k++) to[k] = (from[k]! - middle) / divisor
    }
  },
}

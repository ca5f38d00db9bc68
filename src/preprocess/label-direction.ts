import type { Bars } from '../core/bar.ts'
import { type BarLabels, checkHorizon, checkLabelOptions, type LabelRule, openLabels } from './labels.ts'
import { checkOptions } from './settings.ts'

export interface DirectionOptions<C extends 2 | 3 = 2 | 3> {
  /** Bars from the entry, its own included, to the close at which the return is taken. */
  readonly horizon: number
  /** Return that must be passed, a fraction of the entry price: 0.001 is 0.1 %. Built in: 0. */
  readonly threshold?: number
  /** 2 (built in): 1 where the return is above the threshold, else 0. 3: 0 below −threshold, 2 above it, 1 between. */
  readonly classes?: C
}

/**
 * Where the price goes: the return from the open of the next row to the close of the row `horizon` later. Every label takes
 * the whole horizon, so `end` is row + horizon.
 * @throws RangeError for settings that are none
 */
export function direction<const C extends 2 | 3 = 2>(options: DirectionOptions<C>): LabelRule<C> {
  checkOptions('direction', options, {
    known: ['horizon', 'threshold', 'classes'],
    needed: ['horizon'],
    example: 'direction({ horizon: 12, threshold: 0.001 })',
  })
  const { horizon, threshold = 0, classes = 2 as C } = options
  checkLabelOptions('direction', horizon, classes)
  if (!Number.isFinite(threshold) || threshold < 0)
    throw new RangeError(`direction threshold ${threshold}: write a fraction of the price, at least 0`)
  return Object.freeze({
    kind: 'direction',
    settings: Object.freeze({ horizon, threshold, classes }),
    horizon,
    classes,
    label(bars: Bars): BarLabels {
      checkHorizon('direction', horizon, bars)
      const { y, end, returns } = openLabels(bars.length)
      for (let row = 0; row + horizon < bars.length; row++) {
        const gain = bars.close[row + horizon]! / bars.open[row + 1]! - 1
        if (classes === 2) y[row] = gain > threshold ? 1 : 0
        else y[row] = gain > threshold ? 2 : gain < -threshold ? 0 : 1
        end[row] = row + horizon
        returns[row] = gain
      }
      return { classes, y, end, returns }
    },
  })
}

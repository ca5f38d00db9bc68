import type { Bars } from '../core/bar.ts'
import type { Indicator } from '../core/indicator.ts'
import { batchColumns } from '../indicators/index.ts'
import { TouchFinder } from './label-touch.ts'
import { type BarLabels, checkHorizon, checkLabelOptions, type LabelRule, openLabels } from './labels.ts'
import { checkOptions } from './settings.ts'

export interface TripleBarrierOptions<C extends 2 | 3 = 2 | 3> {
  /** How many times the scale the upper barrier is above the entry, and the lower one below it. */
  readonly up: number
  readonly down: number
  /** Bars from the entry, its own included, after which the label times out. */
  readonly horizon: number
  /** A fraction of the entry price, or an indicator read at the decision bar. */
  readonly scale: number | Indicator<'value'>
  /** What the indicator's values are: an amount of the price (built in), as `atr(14)`, or a fraction of it, as `stdev(24, logReturn(1))`. */
  readonly unit?: 'price' | 'fraction'
  /** 2 (built in): 1 where the upper barrier comes first, else 0. 3: 0 lower, 1 time-out, 2 upper. */
  readonly classes?: C
}

export interface TripleBarrierRule<C extends 2 | 3 = 2 | 3> extends LabelRule<C> {
  /** As given: its settings hold no more of an indicator than the key. */
  readonly scale: TripleBarrierOptions['scale']
}

/**
 * Which barrier comes first (López de Prado 2018, "Advances in Financial Machine Learning", 3.4). Entry at the open of the
 * next row; barriers at entry + up × scale and entry − down × scale; the highs and lows of the rows from the entry's on
 * decide, and to reach a barrier is to touch it. A bar that touches both counts as the lower one: nobody knows the path
 * inside it. After `horizon` rows without a touch the label times out at the close.
 *
 * The return ends at the barrier, and where a bar opens beyond it at that open. An engine is stricter with a target: a limit that is only
 * touched does not fill (fills.md 8), and one that a bar opens beyond fills at once, whatever else the bar does. Rows
 * whose scale is not known, or not above 0, have no label.
 * @throws RangeError for settings that are none
 */
export function tripleBarrier<const C extends 2 | 3 = 2>(options: TripleBarrierOptions<C>): TripleBarrierRule<C> {
  checkOptions('tripleBarrier', options, {
    known: ['up', 'down', 'horizon', 'scale', 'unit', 'classes'],
    needed: ['up', 'down', 'horizon', 'scale'],
    example: 'tripleBarrier({ up: 2, down: 2, horizon: 24, scale: atr(14) }), or scale: 0.01 for barriers at 2 %',
  })
  const { up, down, horizon, scale, unit = 'price', classes = 2 as C } = options
  checkLabelOptions('tripleBarrier', horizon, classes)
  for (const [name, value] of Object.entries({ up, down, scale }))
    if (typeof value === 'number' && !(Number.isFinite(value) && value > 0))
      throw new RangeError(`tripleBarrier ${name} ${value}: write a number above 0`)
  if (unit !== 'price' && unit !== 'fraction')
    throw new RangeError(`tripleBarrier unit "${String(unit)}": write price or fraction`)
  const isFraction = typeof scale === 'number' || unit === 'fraction'
  const settings = { up, down, horizon, scale: typeof scale === 'number' ? scale : scale.key, unit: isFraction ? 'fraction' : 'price', classes } // biome-ignore format: as declared
  return Object.freeze({
    kind: 'tripleBarrier',
    settings: Object.freeze(settings),
    horizon,
    classes,
    scale,
    label(bars: Bars): BarLabels {
      checkHorizon('tripleBarrier', horizon, bars)
      const scales =
        typeof scale === 'number'
          ? new Float64Array(bars.length).fill(scale)
          : batchColumns({ scale }, bars).scale['value']!
      return barrierLabels(bars, scales, isFraction, { up, down, horizon, classes })
    },
  })
}

function barrierLabels(
  bars: Bars,
  scales: Float64Array,
  isFraction: boolean,
  { up, down, horizon, classes }: { up: number; down: number; horizon: number; classes: 2 | 3 },
): BarLabels {
  const { open, low, close, length } = bars
  const { y, end, returns } = openLabels(length)
  const finder = new TouchFinder(bars)
  const upClass = classes - 1
  const timeOut = classes - 2
  for (let row = 0; row + 1 < length; row++) {
    const entry = open[row + 1]!
    const scale = isFraction ? scales[row]! * entry : scales[row]!
    if (!(scale > 0)) continue
    const upper = entry + up * scale
    const lower = entry - down * scale
    const after = Math.min(length, row + horizon + 1)
    const hit = finder.find(row + 1, after, upper, lower)
    if (hit === after) {
      if (row + horizon >= length) continue
      y[row] = timeOut
      end[row] = row + horizon
      returns[row] = close[row + horizon]! / entry - 1
      continue
    }
    const isDown = low[hit]! <= lower
    y[row] = isDown ? 0 : upClass
    end[row] = hit
    returns[row] = (isDown ? Math.min(lower, open[hit]!) : Math.max(upper, open[hit]!)) / entry - 1
  }
  return { classes, y, end, returns }
}

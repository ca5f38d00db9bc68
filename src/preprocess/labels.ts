import type { Bars } from '../core/bar.ts'
import type { Labels } from './matrix.ts'

/** Labels of bars, and what each of them is in money. */
export interface BarLabels extends Labels {
  /**
   * Return of one unit bought at the entry and sold at the end of the label, before costs: a fraction of the entry price. A
   * short's is its negative. NaN where there is no label.
   */
  readonly returns: Float64Array
}

/**
 * A rule that labels bars. A decision at the close of row i enters at the open of row i + 1 (fills.md 1), and the label looks
 * at the `horizon` rows from that one on, i + 1 … i + horizon. Rows are stored bars: like an order of the engine, a label
 * lives from one stored bar to the next, whatever is missing between them, and a gap makes it longer in time, not in rows.
 *
 * `end` is the row at whose close the label is known. Labels that the end of the data leaves open have class −1; those that
 * are decided before it are kept, so that cutting off the future changes a label only by making it unknown.
 */
export interface LabelRule<C extends 2 | 3 = 2 | 3> {
  readonly kind: string
  /** Plain data: what an artifact and a hash of the definition hold. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Rows a label looks ahead at most. */
  readonly horizon: number
  readonly classes: C
  /** @throws RangeError where not one row has its whole horizon in the data */
  label(bars: Bars): BarLabels
}

/** Columns for `label` to fill, without any label yet. */
export function openLabels(rows: number): { y: Int8Array; end: Int32Array; returns: Float64Array } {
  return {
    y: new Int8Array(rows).fill(-1),
    end: new Int32Array(rows).fill(-1),
    returns: new Float64Array(rows).fill(Number.NaN),
  }
}

/** @throws RangeError that quotes what is wrong */
export function checkLabelOptions(kind: string, horizon: number, classes: number): void {
  if (!Number.isInteger(horizon) || horizon < 1)
    throw new RangeError(`${kind} horizon ${horizon}: write a whole number of bars, at least 1`)
  if (classes !== 2 && classes !== 3) throw new RangeError(`${kind} classes ${classes}: write 2 or 3`)
}

/** @throws RangeError where the data are shorter than a label */
export function checkHorizon(kind: string, horizon: number, bars: Bars): void {
  if (horizon >= bars.length)
    throw new RangeError(
      `${kind}: a horizon of ${horizon} bars needs at least ${horizon + 1} of them, and there are ${bars.length}: take a shorter horizon or more bars`,
    )
}

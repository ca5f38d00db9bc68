import { type Series, seriesName } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import type { Store } from '../store.ts'
import { findFault, timeText } from '../validate.ts'
import type { BarBatch, Stored } from './batch.ts'
import { inTurn, putBars } from './put-bars.ts'
import { foldLeft } from './tail.ts'

export { addBar } from './add-bar.ts'
export { cutStretch } from './cut-stretch.ts'

/**
 * Puts bars of a venue together with what is stored, and commits them whole or not at all. A bar that the venue states otherwise than
 * stored takes its place and is listed as revised; a bar that was made gives way unlisted. What says nothing new changes nothing.
 * @throws DataError that names venue, time, field and value of a bar that cannot be; the store is then as it was
 */
export async function storeBars(store: Store, series: Series, batch: BarBatch): Promise<Stored> {
  if (batch.isJudged !== true) checkRows(series, batch)
  // what a stream heard and left is older than this answer
  await foldLeft(store, series)
  return inTurn(store, series, (at) => putBars(at, series, batch, 'stored'))
}

/** @throws DataError for the first row that cannot be */
function checkRows(series: Series, { rows, origin, at }: BarBatch): void {
  for (let row = 0; row < rows.length; row++) {
    const fault = findFault(rows, row, series.interval, at)
    if (fault === null) continue
    const { field, value, reason } = fault
    throw new DataError(
      `${seriesName(series)}, from ${origin}: the bar of ${timeText(rows.openTime[row]!)} cannot be: ${field} "${value}" ${reason}. Nothing of this answer was stored; ask again, and if it stays so, the venue is wrong or has changed its format.`,
    )
  }
}

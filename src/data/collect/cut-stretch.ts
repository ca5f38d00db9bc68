import { intervalMs } from '../../core/interval.ts'
import { type CutStretch, PORTION_ROWS, type Stretch } from './batch.ts'

/**
 * Portions of whole months, as many as `PORTION_ROWS` lets: each month is then written once. No month has more minutes (44,640) than a
 * portion has rows, so that the beginning of a month always comes in time.
 */
export const cutStretch: CutStretch = ({ from, to }, interval) => {
  const most = PORTION_ROWS * intervalMs(interval)
  const portions: Stretch[] = []
  for (let start = from; start < to; ) {
    const last = new Date(start + most)
    const end = last.getTime() >= to ? to : Date.UTC(last.getUTCFullYear(), last.getUTCMonth())
    portions.push({ from: start, to: end })
    start = end
  }
  return portions
}

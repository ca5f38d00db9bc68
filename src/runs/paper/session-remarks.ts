import { filterRemarks } from '../ground-remarks.ts'
import type { PreparedSession } from './paper-request.ts'
import type { SessionFile } from './session-file.ts'

/**
 * What is to be known of the rules that a session keeps to: of a replay what a backtest says of the same bars, of live bars what holds now.
 * @param now UTC ms
 */
export function sessionRemarks(
  { slots, from, mode }: SessionFile,
  replay: PreparedSession['replay'] | undefined,
  now: number,
): readonly string[] {
  if (mode.kind === 'live') return filterRemarks(slots, now, now)
  const ends = (replay ?? []).flatMap(({ bars: { openTime, length } }) => (length === 0 ? [] : [openTime[length - 1]!]))
  return filterRemarks(slots, from, Math.max(from, ...ends))
}

import { closeTimeOf } from '../../../core/interval.ts'
import { timeName } from '../../../core/time.ts'
import type { PaperSession } from '../session.ts'

/** How late a bar may be where the session itself has no limit, ms. */
const LATE = 180_000

/** Why a session needs eyes; `null` while it trades on data of now. */
export function staleReason(session: Pick<PaperSession, 'file' | 'state' | 'phase'>, now: number): string | null {
  const { file, state, phase } = session
  if (phase !== 'running') return phase
  if (file.mode.kind === 'replay') return null
  const allowed = file.safety.stale ?? LATE
  const late = file.slots.findIndex((_, slot) => now - dueOf(session, slot) > allowed)
  return late < 0
    ? null
    : `stale: ${file.slots[late]!.series} has no bar since that which closed at ${timeName(state.nextOf(late))}`
}

/** When the next bar of a series closes, UTC ms. */
function dueOf({ state }: Pick<PaperSession, 'state'>, slot: number): number {
  return closeTimeOf(state.nextOf(slot), state.seriesOf(slot).interval)
}

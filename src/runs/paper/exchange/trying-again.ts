import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import type { Line } from './line.ts'
import { pause } from './pause.ts'

/** Surely nothing was done: waits a little longer each time, and says once that it does not get through. */
export async function again(context: Context, line: Line, text: string): Promise<boolean> {
  const { timing, signal, host } = context
  countFailure(context, line, text)
  host.log('warn', `${line.symbol} ${line.order}: ${text}; tried again`, { failures: line.failures })
  return pause(Math.min(timing.backoff * 2 ** (line.failures - 1), timing.maxBackoff), signal)
}

export function countFailure(context: Context, line: Line, text: string): void {
  const { symbol, order } = line
  line.failures++
  if (line.failures !== 3) return
  const said = `${symbol} ${order}: the exchange does not take it: ${text}`
  context.alarm('not-getting-through', 'warning', said, { symbol, order })
}

/** An answer was lost: what came of it is asked for. */
export function sayUnknown({ host }: Context, { clientId }: Attempt, what: 'cancel' | 'change', text: string): void {
  host.log('warn', `nobody knows what came of the ${what} of ${clientId}: ${text}; it is asked for`, { clientId })
}

/** What may be there has to be asked for. */
export function unsure(all: readonly Attempt[]): void {
  for (const one of all) if (one.state === 'sending' || one.state === 'live') one.state = 'unsure'
}

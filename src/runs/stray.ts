import { StrategyError, userFrame } from '../engine/strategy-error.ts'

/** Hears of what a strategy left behind that failed outside of its hooks. */
type Listener = (error: StrategyError) => void

const listeners: Listener[] = []

/**
 * Whoever has something to bring to an end first hears of it in the place of the process's end.
 * @returns what ends that
 */
export function onStray(listener: Listener): () => void {
  listeners.push(listener)
  return () => void listeners.splice(listeners.indexOf(listener), 1)
}

/** Watches what nobody caught in this process or thread. @param end is told of it, where nobody else wants to hear of it */
export function watchStrays(process: NodeJS.Process, end: (error: unknown, isRejection: boolean) => void): void {
  const tell = (reason: unknown, isRejection: boolean) => {
    const error = strayOf(reason, isRejection)
    const listener = listeners.at(-1)
    if (error instanceof StrategyError && listener !== undefined) listener(error)
    else end(error, isRejection)
  }
  process.on('uncaughtException', (error) => tell(error, false))
  process.on('unhandledRejection', (reason) => tell(reason, true))
}

/** What nobody caught, as a strategy's error where it comes of a line of the user's, or of no line at all; else as it is. */
function strayOf(reason: unknown, isRejection: boolean): unknown {
  const frame = userFrame(reason)
  const stack = reason instanceof Error ? (reason.stack ?? '') : ''
  const isOfALine = stack.split('\n').some((line) => /^\s+at /.test(line) && !line.includes('node:'))
  if (frame === '' && isOfALine) return reason
  const what = isRejection ? 'a promise was rejected' : 'an error was thrown'
  const where = frame === '' ? '' : `, at ${frame}`
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)
  return new StrategyError(
    `${what} after the strategy’s hook had returned, and nobody caught it: ${text}${where}. A bar does not wait for promises and timers, and what comes of them has no part in a run: leave them out of hooks; what has to be waited for is read at the top of the module, before defineStrategy, or comes in as an indicator or a model.`,
    { cause: reason },
  )
}

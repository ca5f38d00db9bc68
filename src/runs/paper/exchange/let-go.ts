import { LOOK_BACK } from './attempts.ts'
import type { Context } from './context.ts'
import type { Fills } from './fills.ts'

/**
 * What is long over goes: keys of trades that are told, and orders that have ended, so that what a session remembers grows with what it
 * holds and not with what it has traded. The journal keeps all of it.
 */
export function letGoOfOld(context: Context, fills: Fills): void {
  const { attempts, teller, host, time } = context
  const upTo = new Map(host.symbols.map(({ symbol }) => [symbol, fills.toldUpTo(symbol)]))
  for (const [symbol, id] of upTo) if (id !== null) teller.letGo(symbol, id, time - LOOK_BACK)
  const gone = attempts.letGo(
    time,
    ({ symbol, order }) => upTo.get(symbol) === null || context.viewOf(symbol, order) !== undefined,
  )
  for (const { clientId } of gone) teller.forget(`triggered ${clientId}`)
}

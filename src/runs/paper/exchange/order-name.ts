import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import { fieldsOf, textIn } from './fields.ts'
import { pause } from './pause.ts'
import { ASKINGS, NO_ORDER } from './questions.ts'

/**
 * Client id of an order by the exchange's id. Empty: the exchange does not know it any more, as of one that ended long ago, whose trades
 * are listed all the same (https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order);
 * `undefined`: it could not be found out now.
 */
export async function nameThere(context: Context, symbol: string, orderId: string): Promise<string | undefined> {
  const { attempts, gate, market, timing, signal } = context
  // it may be one of ours whose answer was lost
  const isOurs = (one: Attempt) => one.symbol === symbol && one.terms.route === 'order' && one.orderId === ''
  for (let askings = 1; !signal.aborted; askings++) {
    const outcome = await gate.send('GET', market.paths.order, { symbol, orderId }, { isQuestion: true })
    if (outcome.kind === 'done') return textIn(fieldsOf(outcome.reply), 'clientOrderId')
    if (outcome.kind !== 'refused' || outcome.code !== NO_ORDER || attempts.unfinished().some(isOurs)) return undefined
    if (askings >= ASKINGS) return ''
    await pause(timing.backoff * 2 ** (askings - 1), signal)
  }
  return undefined
}

import type { Attempt } from './attempt.ts'
import { isOfSession, systemOrder } from './client-id.ts'
import type { Context } from './context.ts'
import { fieldsOf, textIn } from './fields.ts'
import { nameThere } from './order-name.ts'
import { NO_ORDER } from './questions.ts'

/**
 * Whose order it is by the exchange's id: that of an algo order which triggered while nobody listened too. `null`: nobody's of this
 * session, which has been said, or one that is long over; `undefined`: it could not be found out now.
 */
export async function ownerOf(
  context: Context,
  symbol: string,
  orderId: string,
  clientId = '',
): Promise<Attempt | null | undefined> {
  const owner = await findOwner(context, symbol, orderId, clientId)
  return typeof owner === 'string' ? null : owner
}

/**
 * @param hasTraded what was accepted as it rested is not accepted as it trades
 * @returns the client id of an order that nobody here has sent, which has been said; `null`: of an own one that is long over
 */
export async function findOwner(
  context: Context,
  symbol: string,
  orderId: string,
  clientId: string,
  hasTraded = false,
): Promise<Attempt | string | null | undefined> {
  const { attempts, gate, market, host } = context
  const known = attempts.byOrderId(symbol, orderId) ?? attempts.byClientId(clientId)
  if (known !== undefined) return known
  const other = context.known.nameOf(symbol, orderId)
  if (other !== undefined) {
    if (hasTraded) await sayForeign(context, symbol, orderId, other)
    return other
  }
  let name = clientId
  if (name === '') {
    const there = await nameThere(context, symbol, orderId)
    if (there === undefined) return undefined
    name = there
    const ours = attempts.byClientId(name)
    if (ours !== undefined) return named(context, ours, orderId)
  }
  for (const attempt of attempts.untriggered(symbol)) {
    const outcome = await gate.send(
      'GET',
      market.conditional!.order,
      { clientAlgoId: attempt.clientId },
      { isQuestion: true },
    )
    if (outcome.kind === 'done') {
      if (textIn(fieldsOf(outcome.reply), 'actualOrderId') === orderId) return named(context, attempt, orderId)
    } else if (outcome.kind !== 'refused' || outcome.code !== NO_ORDER) return undefined
  }
  // it may have been named while it was asked for: then it is none of those that were looked through
  const since = attempts.byOrderId(symbol, orderId)
  if (since !== undefined) return since
  if (attempts.hasLetGo && isOfSession(name, host.sessionId)) return null
  await sayForeign(context, symbol, orderId, name)
  return name
}

/** It is known by its name, and by the exchange's id from now on. */
function named(context: Context, attempt: Attempt, orderId: string): Attempt {
  attempt.orderId = orderId
  if (context.attempts.index(attempt)) context.jot(attempt, 'order')
  return attempt
}

async function sayForeign(context: Context, symbol: string, orderId: string, clientId: string): Promise<void> {
  const { known, resume } = context
  const facts = { symbol, orderId, clientId }
  const system = systemOrder(clientId)
  known.said(symbol, orderId, clientId)
  if (system !== null)
    await context.halt(
      system,
      `${symbol}: the exchange itself has traded this position away (${system}, order ${orderId}): nothing is opened any more; when you have looked at the account, ${resume} lets it trade on`,
      facts,
    )
  else
    await context.halt(
      'foreign-order',
      `${symbol}: order ${orderId} (${clientId || 'which the exchange does not know any more'}) was not sent by this session: somebody else trades on this account, so nothing is opened any more; when you have looked at the account, ${resume} accepts what is known by then`,
      facts,
    )
}

import type { AccountBook } from './account-book.ts'
import { Refused } from './error-codes.ts'
import type { OrderLists } from './order-lists.ts'
import type { Params } from './params.ts'
import type { SpotEntry } from './spot-entry.ts'
import { cancelReply } from './spot-replies.ts'
import { spotStatedOf } from './spot-stated.ts'

type Said = { readonly code: number; readonly msg: string }

/** What is told of both halves where one of them failed, or both. */
class CancelReplaceFailed extends Refused {
  constructor(code: -2021 | -2022, data: object) {
    // half of it was done: a conflict
    super(code, '', '', code === -2021 ? 409 : 400, data)
    this.message = code === -2021 ? 'Order cancel-replace partially failed.' : 'Order cancel-replace failed.'
  }
}

/** `order/cancelReplace`: an order is cancelled, and another placed; what the filters refuse is refused before either. */
export function cancelReplace(book: AccountBook, entry: SpotEntry, lists: OrderLists, params: Params): object {
  params.required('cancelReplaceMode')
  const mode = params.oneOf('cancelReplaceMode', ['STOP_ON_FAILURE', 'ALLOW_FAILURE'] as const)
  const only = params.oneOf('cancelRestrictions', ['ONLY_NEW', 'ONLY_PARTIALLY_FILLED'] as const)
  entry.check(spotStatedOf(book, params))
  const old = params.called({
    ...{ orderId: 'cancelOrderId', origClientOrderId: 'cancelOrigClientOrderId' },
    newClientOrderId: 'cancelNewClientOrderId',
  })
  const order = entry.find(old)
  const isHeld = order !== undefined && only !== undefined && order.status !== only.slice('ONLY_'.length)
  const cancelled = attempt(() => {
    if (isHeld) throw new Refused(-2011, '', ' Order was not canceled due to cancel restrictions.')
    lists.withdraw(order)
    return cancelReply(order!, old.text('newClientOrderId'))
  })
  if ('refused' in cancelled && mode === 'STOP_ON_FAILURE')
    throw new CancelReplaceFailed(-2022, {
      ...{ cancelResult: 'FAILURE', newOrderResult: 'NOT_ATTEMPTED' },
      ...{ cancelResponse: cancelled.refused, newOrderResponse: null },
    })
  const placed = attempt(() => entry.place(params))
  const both = {
    cancelResult: 'done' in cancelled ? 'SUCCESS' : 'FAILURE',
    newOrderResult: 'done' in placed ? 'SUCCESS' : 'FAILURE',
    cancelResponse: 'done' in cancelled ? cancelled.done : cancelled.refused,
    newOrderResponse: 'done' in placed ? placed.done : placed.refused,
  }
  if ('done' in cancelled && 'done' in placed) return both
  throw new CancelReplaceFailed('refused' in cancelled && 'refused' in placed ? -2022 : -2021, both)
}

function attempt(act: () => object): { readonly done: object } | { readonly refused: Said } {
  try {
    return { done: act() }
  } catch (error) {
    if (error instanceof Refused) return { refused: { code: error.code, msg: error.message } }
    throw error
  }
}

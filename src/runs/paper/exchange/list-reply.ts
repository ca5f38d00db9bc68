import type { Attempt } from './attempt.ts'
import { type Fields, rowsOf, textIn } from './fields.ts'

/** Of an order list's reply, what it says of one of its orders; else the reply itself. */
export function replyOf({ list, clientId }: Attempt, reply: Fields): Fields {
  if (list === null) return reply
  const reports = rowsOf(reply['orderReports'])
  return (
    reports.find((one) => [textIn(one, 'clientOrderId'), textIn(one, 'origClientOrderId')].includes(clientId)) ?? {}
  )
}

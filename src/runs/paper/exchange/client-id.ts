import { createHash } from 'node:crypto'
import type { SystemReduction } from '../../../core/told.ts'

/**
 * Client ids of a session's orders: `kl-<session>-<order>-<attempt>`, at most 36 characters of those that Binance takes. They follow
 * from what they name, so that they are the same after a restart; an exchange knows a client id among open orders only, so every
 * attempt has its own.
 */
export function clientIdOf(session: string, symbol: string, order: string, attempt: number): string {
  // ids of orders are any text, and a symbol's own
  const hash = createHash('sha256')
    .update(JSON.stringify([symbol, order]))
    .digest('base64url')
    .slice(0, 16)
  return `${prefixOf(session)}${hash}-${attempt.toString(36)}`
}

/** Of the order list in which an order is placed with another: not to be mistaken for an order's. */
export function listIdOf(session: string, symbol: string, order: string, attempt: number): string {
  return clientIdOf(session, `list ${symbol}`, order, attempt)
}

/** Whether it is one that this session makes; what only begins so is somebody else's. */
export function isOfSession(clientId: string, session: string): boolean {
  const prefix = prefixOf(session)
  return clientId.startsWith(prefix) && /^[\w-]{16}-[1-9a-z][0-9a-z]*$/.test(clientId.slice(prefix.length))
}

/** Orders that the exchange itself makes: it takes a position away, or hands it over. */
export function systemOrder(clientId: string): SystemReduction | null {
  if (clientId.startsWith('autoclose-')) return 'liquidation'
  if (clientId.startsWith('adl_autoclose')) return 'auto-deleveraging'
  if (clientId.startsWith('settlement_autoclose-')) return 'settlement'
  return null
}

function prefixOf(session: string): string {
  return `kl-${session}-`
}

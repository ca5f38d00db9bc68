import { createHmac } from 'node:crypto'
import type { Ask } from '../venues/venue.ts'

/** An account's key: the caller has it from where secrets are kept, and nothing here says it. */
export interface ApiKey {
  readonly key: string
  readonly secret: string
}

/** How late a request may arrive, ms; the most that the exchange takes. */
const RECEIVE_WINDOW = 60_000

/**
 * A request as Binance wants it signed: HMAC-SHA256 in hex over the raw query, which is sent as it was signed.
 * @param now the exchange's clock, UTC ms: it refuses what lies a second ahead of it
 */
export function signedAsk(ask: Ask, { key, secret }: ApiKey, now: number, window = RECEIVE_WINDOW): Ask {
  const query = { ...ask.query, recvWindow: String(window), timestamp: String(now) }
  const signature = createHmac('sha256', secret).update(new URLSearchParams(query).toString()).digest('hex')
  return { ...ask, query: { ...query, signature }, headers: { 'x-mbx-apikey': key } }
}

import { createHmac } from 'node:crypto'
import { isSameSecret } from '../data/serve/same-secret.ts'
import { Refused } from './error-codes.ts'
import type { Params } from './params.ts'
import type { WireRequest } from './wire.ts'

/** `none`: anybody; `key`: who names the API key; `signed`: who signs with its secret. */
export type Security = 'none' | 'key' | 'signed'

export interface ApiKey {
  readonly key: string
  readonly secret: string
}

const LONGEST_WINDOW = 60_000
const USUAL_WINDOW = 5000
/** A client's clock may be ahead of the exchange's by less than this. */
const AHEAD = 1000

/**
 * Whether a request may have what it asks for.
 * @throws Refused as the exchange would: 401 without a key or with a wrong one, -1022, -1021, …
 */
export function checkAuth(request: WireRequest, params: Params, security: Security, keys: ApiKey): void {
  if (security === 'none') return
  const key = request.headers['x-mbx-apikey']
  if (key === undefined || !/^[\x21-\x7e]+$/.test(key)) throw new Refused(-2014, '', '', 401)
  if (!isSameSecret(key, keys.key)) throw new Refused(-2015, '', '', 401)
  if (security === 'key') return
  const timestamp = params.requiredInteger('timestamp')
  const window = params.integer('recvWindow') ?? USUAL_WINDOW
  if (window > LONGEST_WINDOW) throw new Refused(-1131)
  const signature = params.required('signature')
  if (!isSameSecret(signature.toLowerCase(), signatureOf(request, keys.secret))) throw new Refused(-1022)
  if (timestamp >= request.at + AHEAD) throw new Refused(-1021, `was ${AHEAD}ms ahead of the server's time`)
  if (request.at - timestamp > window) throw new Refused(-1021, 'is outside of the recvWindow')
}

/** HMAC SHA256, hex, over the bytes of the query and then of the body, each without its signature; nothing is re-encoded. */
export function signatureOf({ query, body }: Pick<WireRequest, 'query' | 'body'>, secret: string): string {
  return createHmac('sha256', secret).update(unsigned(query)).update(unsigned(body)).digest('hex')
}

function unsigned(part: string): string {
  if (!part.includes('signature=')) return part
  return part
    .split('&')
    .filter((pair) => !pair.startsWith('signature='))
    .join('&')
}

import { isLoopback } from '../data/serve/gatekeeper.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Io } from './io.ts'

interface Keys {
  readonly key: string
  readonly secret: string
}

/** Good for loopback only: everybody knows them. */
const DEFAULT_KEYS = { key: 'klinelab', secret: 'klinelab' }

/** As the page of a session has it: what is shorter can be guessed, and whoever hears one signed request may try at leisure. */
const LEAST_SECRET = 16

/** @throws UsageError off loopback without keys of one's own, or with a secret that can be guessed */
export function exchangeKeys({ env }: Io, host: string): Keys {
  // an empty variable is one that is not set
  const [key, secret] = [env['KLINELAB_EXCHANGE_KEY'] || undefined, env['KLINELAB_EXCHANGE_SECRET'] || undefined]
  if ((key === undefined) !== (secret === undefined))
    throw new UsageError('KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET go together: set both or neither')
  const keys = key !== undefined && secret !== undefined ? { key, secret } : DEFAULT_KEYS
  if (isLoopback(host)) return keys
  if (keys === DEFAULT_KEYS || key === DEFAULT_KEYS.key || secret === DEFAULT_KEYS.secret)
    throw new UsageError(
      `--host ${host} can be reached from other machines: set KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET to keys of your own first`,
    )
  if (keys.secret.length < LEAST_SECRET)
    throw new UsageError(
      `--host ${host} can be reached from other machines, and KLINELAB_EXCHANGE_SECRET has ${keys.secret.length} characters, which can be guessed: give it ${LEAST_SECRET} or more (openssl rand -hex 16)`,
    )
  return keys
}

/** Clients know it; what is refused for its key gets Binance's own answer, which does not say it. */
const HOW_KEYS_ARE_GIVEN =
  'the key goes into the header X-MBX-APIKEY, and signature is the HMAC SHA256 (hex) of query and body with the secret'

/** Which keys clients sign with, and how; a secret of one's own is not shown. */
export function keysText(keys: Keys): string {
  const which =
    keys === DEFAULT_KEYS
      ? `key ${DEFAULT_KEYS.key}, secret ${DEFAULT_KEYS.secret}: good for loopback only`
      : 'key and secret are those of KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET'
  return `${which}; ${HOW_KEYS_ARE_GIVEN}`
}

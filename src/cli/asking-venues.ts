import type { Wait } from '../data/http/venue-error.ts'
import type { Io } from './io.ts'

/** What commands that ask venues have in common. */

/** Binance's key, where a whole one is in the environment: of half of one nobody can sign. */
export function keyOf({ env }: Io): { readonly key: string; readonly secret: string } | null {
  const { KLINELAB_BINANCE_KEY: key, KLINELAB_BINANCE_SECRET: secret } = env
  return key && secret ? { key, secret } : null
}

/** Why a venue is waited for, and for how long. */
export function waitText({ venue, why, for: ms }: Wait): string {
  return `${venue}: ${why}; waiting ${Math.ceil(ms / 1000)} s`
}

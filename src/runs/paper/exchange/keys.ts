import { readFileSync, statSync } from 'node:fs'
import { isLoopback } from '../../../data/serve/gatekeeper.ts'
import { UsageError } from '../../usage-error.ts'

/** What requests are signed with. Never logged, never written. */
export interface Keys {
  readonly key: string
  readonly secret: string
  /** Where they were found, for whoever has to put them right. */
  readonly from?: string
}

/** What the simulated exchange takes where it is bound to loopback and was given no other. */
const LOOPBACK: Keys = {
  ...{ key: 'klinelab', secret: 'klinelab' },
  from: 'KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET are not set, and the exchange does not take the keys that klinelab exchange has by itself: set both to those that it was started with',
}
const ours = (key: string) =>
  `those that ${key}_KEY and ${key}_SECRET hold are not known there; set both to those of ${key === 'KLINELAB_DEMO' ? 'Demo Trading, which production does not share' : 'the exchange, which klinelab exchange takes from variables of the same names'}`

/**
 * Keys of Demo Trading: of `KLINELAB_DEMO_KEY` and `KLINELAB_DEMO_SECRET`, or of a file with the key on its first line and the secret
 * on its second, which nobody else may read.
 * @throws UsageError that says what is missing; it quotes no key
 */
export function demoKeys(env: Readonly<Record<string, string | undefined>>, file: string | null): Keys {
  if (file !== null) return keysOf(file)
  const given = { key: env['KLINELAB_DEMO_KEY'], secret: env['KLINELAB_DEMO_SECRET'] }
  if (given.key && given.secret) return { key: given.key, secret: given.secret, from: ours('KLINELAB_DEMO') }
  throw new UsageError(
    '--broker demo needs keys of Binance Demo Trading: set KLINELAB_DEMO_KEY and KLINELAB_DEMO_SECRET, or name a file of mode 600 that holds the key on its first line and the secret on its second',
  )
}

/** Keys of the simulated exchange: `KLINELAB_EXCHANGE_KEY` and `_SECRET`, on loopback those it has by itself. */
export function exchangeKeys(env: Readonly<Record<string, string | undefined>>, url: string): Keys {
  const given = { key: env['KLINELAB_EXCHANGE_KEY'], secret: env['KLINELAB_EXCHANGE_SECRET'] }
  if (given.key && given.secret) return { key: given.key, secret: given.secret, from: ours('KLINELAB_EXCHANGE') }
  if (isLoopback(new URL(url).hostname)) return LOOPBACK
  throw new UsageError(
    `--broker exchange ${url} is not on this machine: set KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET`,
  )
}

function keysOf(file: string): Keys {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new UsageError(`${file}: there is no such file of keys`)
  if ((stat.mode & 0o077) !== 0)
    throw new UsageError(
      `${file}: others may read these keys (mode ${(stat.mode & 0o777).toString(8)}): chmod 600 ${file}`,
    )
  const [key, secret] = readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
  if (!key || !secret) throw new UsageError(`${file}: needs the key on its first line and the secret on its second`)
  return {
    key,
    secret,
    from: `those of the file ${file} are not known there; write those of Demo Trading into it, which production does not share`,
  }
}

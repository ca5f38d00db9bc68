import { didYouMean } from '../../../core/suggest.ts'
import { UsageError } from '../../usage-error.ts'
import { demoDestination, exchangeDestination } from './destination.ts'
import { ExchangeBroker } from './exchange-broker.ts'
import { demoKeys, exchangeKeys } from './keys.ts'
import { SPOT } from './spot-market.ts'
import { USDM } from './usdm-market.ts'

/**
 * The broker that `--broker exchange URL` and `--broker demo [FILE]` name, the file holding its keys.
 * @param env environment variables, read where the command line is
 * @param market on which the session trades
 * @throws UsageError for another name, a URL that leads elsewhere, or keys that are missing
 */
export function namedBroker(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  market: 'usdm' | 'spot' = 'usdm',
): ExchangeBroker {
  const [kind, given, ...rest] = words
  if (kind === 'exchange' && given !== undefined && rest.length === 0) {
    const destination = exchangeDestination(given)
    return new ExchangeBroker({ market: market === 'spot' ? SPOT : USDM, destination, keys: exchangeKeys(env, given) })
  }
  if (kind === 'demo' && market === 'spot')
    throw new UsageError(
      '--broker demo: spot tells of its orders over its websocket API there (its listen keys have ended), which is not spoken here yet; write --data binance-usdm:BTCUSDT:1h, or --broker exchange URL',
    )
  if (kind === 'demo' && rest.length === 0)
    return new ExchangeBroker({ destination: demoDestination(), keys: demoKeys(env, given ?? null) })
  throw new UsageError(`--broker ${words.join(' ')}: ${wrongIn(words)}; write ${PLACES}`)
}

/** All that `--broker` can name; the port is that at which `klinelab exchange` listens where it is told no other. */
const PLACES =
  'local (orders meet the bars here; built in), exchange http://127.0.0.1:8787 (a simulated exchange, as klinelab exchange serves one) or demo [FILE OF KEYS] (Binance Demo Trading)'

function wrongIn([kind = '', ...rest]: readonly string[]): string {
  if (kind === 'exchange' && rest.length === 0) return 'its URL is missing'
  if (/^https?:\/\//.test(kind)) return 'which kind of place that is comes before its URL'
  const names = ['local', 'exchange', 'demo']
  return names.includes(kind)
    ? `"${rest.slice(kind === 'local' ? 0 : 1).join(' ')}" is too much`
    : `there is no place "${kind}"${didYouMean(kind, names)}`
}

import { UsageError } from '../../usage-error.ts'
import { demoDestination, exchangeDestination } from './destination.ts'
import { ExchangeBroker } from './exchange-broker.ts'
import { demoKeys, exchangeKeys } from './keys.ts'

/**
 * The broker that `--broker exchange URL` and `--broker demo [FILE]` name, the file holding its keys.
 * @param env environment variables, read where the command line is
 * @throws UsageError for another name, a URL that leads elsewhere, or keys that are missing
 */
export function namedBroker(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ExchangeBroker {
  const [kind, given, ...rest] = words
  if (kind === 'exchange' && given !== undefined && rest.length === 0) {
    const destination = exchangeDestination(given)
    return new ExchangeBroker({ destination, keys: exchangeKeys(env, given) })
  }
  if (kind === 'demo' && rest.length === 0)
    return new ExchangeBroker({ destination: demoDestination(), keys: demoKeys(env, given ?? null) })
  throw new UsageError(
    `--broker ${words.join(' ')}: write exchange URL, such as exchange http://127.0.0.1:8787, or demo`,
  )
}

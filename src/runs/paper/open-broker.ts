import { UsageError } from '../usage-error.ts'
import { LocalBroker } from './local-broker.ts'
import type { PaperBroker } from './paper-broker.ts'

/**
 * The place that `--broker` names.
 * @throws UsageError for one that there is not
 */
export async function openBroker(words: readonly string[]): Promise<{ broker: PaperBroker; name: string }> {
  const [kind = 'local', ...rest] = words
  if (kind === 'local' && rest.length === 0) return { broker: new LocalBroker(), name: 'local' }
  throw new UsageError(`--broker ${words.join(' ')}: is none; write local`)
}

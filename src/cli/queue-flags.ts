import { UsageError, usage } from '../runs/usage-error.ts'
import { redisAddress } from '../search/queue/redis-address.ts'
import type { Flags } from './command.ts'
import type { Io } from './io.ts'

/** Where the queue is that sweeps and workers meet in. */
export const QUEUE: Flags = {
  redis: {
    help: 'the Redis or Valkey of the queue (or KLINELAB_REDIS, which no list of processes shows; built in: none)',
    value: 'URL',
  },
  queue: {
    help: 'name of the queue, the same for sweep and workers (built in: klinelab)',
    value: 'NAME',
    parse: (text) => {
      if (!/^[\w.-]{1,64}$/.test(text))
        throw new RangeError(`"${text}" is not allowed; write letters, digits, "-", "_" or "."`)
      return text
    },
  },
}

/** @throws UsageError where neither flag nor environment says it, or what they say is no address */
export function redisOf(redis: string | undefined, io: Io): string {
  const url = redis ?? io.env['KLINELAB_REDIS'] ?? ''
  if (url === '') throw new UsageError('which Redis? Write --redis redis://HOST:6379, or set KLINELAB_REDIS')
  usage(() => redisAddress(url))
  return url
}

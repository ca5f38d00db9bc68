import type { ChainableCommander, Redis } from 'ioredis'
import { type ImportPackage, importPackage, isMissing } from '../../data/optional-package.ts'

/** Where a Redis is. What is said of it never holds its password. */
export interface RedisAddress {
  readonly url: string
  /** Host, port and database only. */
  readonly name: string
  /** Any text without the password. */
  readonly scrub: (text: string) => string
}

/** What a password is replaced with. */
const HIDDEN = '***'

/** @throws RangeError that says what is wrong, without the password that may be in it */
export function redisAddress(url: string): RedisAddress {
  const parsed = URL.parse(url)
  if (parsed === null || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    const shown = url.replace(/^.*@/s, `${HIDDEN}@`).replace(/[?#].*$/s, '')
    throw new RangeError(
      `"${shown}" is no address of a Redis; write redis://HOST:6379 or redis://:PASSWORD@HOST:6379 (rediss:// for TLS; %40 for @ and so on within a password)`,
    )
  }
  const secrets = [parsed.password, decoded(parsed.password), parsed.searchParams.get('password') ?? '']
    .filter((secret) => secret !== '')
    .sort((a, b) => b.length - a.length)
  const database = /^\/\d+$/.test(parsed.pathname) ? parsed.pathname : ''
  const name = `${parsed.protocol}//${parsed.hostname}:${parsed.port || '6379'}${database}`
  return {
    url,
    name,
    scrub: (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text.replaceAll(url, name)),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export interface QueuePackages {
  readonly bullmq: typeof import('bullmq')
  readonly ioredis: typeof import('ioredis')
}

const NAMES = ['bullmq', 'ioredis'] as const

/** @throws Error that says what to install */
export async function loadQueuePackages(load: ImportPackage = importPackage): Promise<QueuePackages> {
  const [bullmq, ioredis] = await Promise.all(
    NAMES.map((name) =>
      load(name).catch((error: unknown) => {
        if (!isMissing(error, name)) throw error
        throw new Error(
          `many machines need BullMQ, of which ${name} is not installed: npm install ${NAMES.join(' ')}`,
          {
            cause: error,
          },
        )
      }),
    ),
  )
  return { bullmq, ioredis } as QueuePackages
}

/** ioredis knows it, its types do not. */
const DISCONNECT = { disconnectTimeout: 200 }

export interface RedisConnection {
  readonly client: Redis
  /** Ends it, and all that BullMQ has made of it. */
  readonly disconnect: () => void
}

/**
 * A connection that comes back by itself: what is asked of it meanwhile waits.
 * @param patience how long the first answer may take, ms
 * @throws Error that says which Redis does not answer, why, and what to do
 */
export async function connectRedis(
  { ioredis }: QueuePackages,
  { url, name, scrub }: RedisAddress,
  patience: number,
): Promise<RedisConnection> {
  const client = new ioredis.Redis(url, {
    // a blocking command must not end by itself, and BullMQ asks for it
    maxRetriesPerRequest: null,
    connectTimeout: 5000,
    // the end of a broken connection never comes, and until then the process could not end; 2 s where it is not said
    ...DISCONNECT,
    retryStrategy: (times) => Math.min(100 * 2 ** times, 2000),
  })
  let why = 'no answer'
  // BullMQ makes connections of its own out of this one; where Redis is away it would never let go of them
  const copies: Redis[] = []
  client.duplicate = (override) => {
    const copy = ioredis.Redis.prototype.duplicate.call(client, override)
    copies.push(copy)
    return copy
  }
  const disconnect = () => {
    for (const one of [client, ...copies]) one.disconnect()
  }
  // the watch says what is to be said; without a listener the error would end the process
  client.on('error', (error: Error) => {
    why = error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message
  })
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), patience)
  try {
    await Promise.race([
      client.ping(),
      new Promise((_, reject) => limit.signal.addEventListener('abort', () => reject(new Error(why)))),
    ])
    return { client, disconnect }
  } catch (error) {
    client.disconnect()
    throw new Error(
      scrub(
        `cannot reach Redis at ${name}: ${(error as Error).message}. Start one there (redis-server or valkey-server), or name another with --redis or KLINELAB_REDIS`,
      ),
    )
  } finally {
    clearTimeout(timer)
  }
}

/** @throws the first error among the answers */
export async function answersOf(line: ChainableCommander): Promise<unknown[]> {
  const answers = (await line.exec()) ?? []
  for (const [error] of answers) if (error !== null) throw error
  return answers.map(([, answer]) => answer)
}

/** Whether Redis may do later what it did not do now: it has just been started, or is moving. */
export function isPassing(error: unknown): boolean {
  return /^(LOADING|MASTERDOWN|READONLY|BUSY|CLUSTERDOWN|TRYAGAIN)\b|Connection is closed/.test(
    (error as Error).message,
  )
}

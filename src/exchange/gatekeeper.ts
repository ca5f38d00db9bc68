import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Names that Binance's clients ask for: a preload may lead them here. */
export const PRODUCTION_HOSTS = [
  'fapi.binance.com',
  'fstream.binance.com',
  'api.binance.com',
  'stream.binance.com',
] as const

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whom a server answers. A page that a browser shows can send requests to loopback, under a name of its own that leads there: neither a
 * foreign Host nor a foreign Origin gets an answer.
 */
export class Gatekeeper {
  readonly #hosts: ReadonlySet<string>

  /** @param hosts names besides those of loopback */
  constructor(hosts: readonly string[]) {
    this.#hosts = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())])
  }

  /** Why a request gets no answer; `null` where it does. */
  refuses({ host, origin }: IncomingHttpHeaders): string | null {
    if (host === undefined || !this.#hosts.has(nameOf(host))) return 'this exchange does not answer to that Host'
    if (origin === undefined) return null
    try {
      if (this.#hosts.has(nameOf(new URL(origin).host))) return null
    } catch {}
    return 'this exchange does not answer pages of that Origin'
  }
}

/** Without its port, and without the brackets of IPv6. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

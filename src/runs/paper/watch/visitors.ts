import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const

/** Whether nobody beside this machine can reach a server that is bound there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/**
 * Whom the dashboard answers. A page that a browser shows can ask this machine under a name of its own that leads here (DNS
 * rebinding): requests for another's name, or from another's page, get no answer. Such a name is never an address: where others
 * may reach the server, addresses are answered.
 */
export class Visitors {
  readonly #names: ReadonlySet<string>
  readonly #isOpen: boolean

  /** @param host where the server is bound */
  constructor(host: string) {
    this.#isOpen = !isLoopback(host)
    this.#names = new Set([...LOOPBACK, host.toLowerCase(), ...(this.#isOpen ? [hostname().toLowerCase()] : [])])
  }

  /** Why a request gets no answer; `null` where it does. */
  refuses({ host, origin }: IncomingHttpHeaders): string | null {
    if (host === undefined || !this.#isKnown(host)) return 'this session does not answer to that Host'
    if (origin === undefined) return null
    const { host: from = null } = URL.parse(origin) ?? {}
    return from !== null && this.#isKnown(from) ? null : 'this session does not answer pages of that Origin'
  }

  #isKnown(host: string): boolean {
    const name = host
      .toLowerCase()
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1')
    return this.#names.has(name) || (this.#isOpen && isIP(name) !== 0)
  }
}

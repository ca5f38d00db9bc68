import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const

/** Whether nobody beside this machine can reach a server there; `host` as it is bound, or as a URL has it. */
export function isLoopback(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIP(host) === 4 && host.startsWith('127.'))
}

export interface GatekeeperOptions {
  /** Who it stands before, for its words: `this exchange`. */
  readonly of: string
  /** Names that are answered besides those of loopback. */
  readonly hosts: readonly string[]
  /** Addresses are answered as well, whatever they are: of a server that others may reach. */
  readonly isAtAnyAddress?: boolean
}

/**
 * Whom a server answers. A page that a browser shows can ask this machine under a name of its own that leads here (DNS rebinding):
 * neither a foreign Host nor a foreign Origin gets an answer. Such a name is never an address.
 */
export class Gatekeeper {
  readonly #of: string
  readonly #hosts: ReadonlySet<string>
  readonly #isAtAnyAddress: boolean

  constructor({ of, hosts, isAtAnyAddress = false }: GatekeeperOptions) {
    this.#of = of
    this.#hosts = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())])
    this.#isAtAnyAddress = isAtAnyAddress
  }

  /** Why a request gets no answer; `null` where it does. */
  refuses({ host, origin }: IncomingHttpHeaders): string | null {
    const name = host === undefined ? null : nameOf(host)
    if (name === null || !this.#isKnown(name)) return `${this.#of} does not answer to that Host`
    if (origin === undefined) return null
    const from = URL.parse(origin)?.host
    // of addresses only the one that was asked for: others have pages, too
    const isOurs = from !== undefined && (this.#hosts.has(nameOf(from)) || nameOf(from) === name)
    return isOurs ? null : `${this.#of} does not answer pages of that Origin`
  }

  #isKnown(name: string): boolean {
    return this.#hosts.has(name) || (this.#isAtAnyAddress && isIP(name) !== 0)
  }
}

/** Without its port, and without the brackets of IPv6. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}

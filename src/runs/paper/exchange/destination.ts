import { lookup as lookUp } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isLoopback } from '../../../data/serve/gatekeeper.ts'
import { UsageError } from '../../usage-error.ts'

/** Where a session's orders may go, and nowhere else: every connection is judged again, whatever asked for it. */
export interface Destination {
  readonly kind: 'exchange' | 'demo'
  readonly rest: string
  readonly stream: string
  /** @throws ForbiddenHostError */
  check(url: string): void
  /** Connections through them are judged by the host they go to, and by the address that its name has. */
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent }
}

/** An order was about to leave for a host that paper trading must not reach. */
export class ForbiddenHostError extends Error {}

/** Binance's Demo Trading, exactly: its documents name two hosts of streams. */
const DEMO = {
  rest: 'https://demo-fapi.binance.com',
  stream: 'wss://fstream.binancefuture.com',
  hosts: ['demo-fapi.binance.com', 'fstream.binancefuture.com', 'demo-fstream.binance.com'],
}

/** Domains of exchanges: nothing but Demo Trading's own hosts is reached there, whatever address a name may have. */
const EXCHANGES = [
  'binance.com', 'binance.us', 'binance.vision', 'binancefuture.com', 'binance.cloud', 'binanceapi.com', 'bnbstatic.com',
  'coinbase.com', 'kraken.com', 'kucoin.com', 'bybit.com', 'okx.com',
] // biome-ignore format: a list of words

/** Addresses that are no one else's: this machine and private networks. The simulated exchange is nowhere else. */
const PRIVATE = new BlockList()
for (const [net, bits] of [['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16]] as const) // biome-ignore format: a list
  PRIVATE.addSubnet(net, bits, 'ipv4')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/** Binance Demo Trading: a market of its own, with paper money. */
export function demoDestination(): Destination {
  return destination(
    'demo',
    DEMO.rest,
    DEMO.stream,
    (host) => DEMO.hosts.includes(host),
    () => true,
  )
}

/**
 * The simulated exchange at a URL.
 * @throws UsageError where it is no http(s) URL, or leads to a host of a real exchange
 */
export function exchangeDestination(url: string): Destination {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new UsageError(`--broker exchange ${url}: is no URL; write one such as http://127.0.0.1:8787`)
  }
  const { protocol, host } = parsed
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new UsageError(`--broker exchange ${url}: write an http or https URL such as http://127.0.0.1:8787`)
  const own = hostOf(parsed)
  const made = destination(
    'exchange',
    `${protocol}//${host}`,
    `${protocol === 'http:' ? 'ws' : 'wss'}://${host}`,
    (name) => name === own && !isExchange(name),
    isPrivate,
  )
  try {
    made.check(url)
  } catch (error) {
    throw new UsageError(`--broker exchange ${url}: ${(error as Error).message}`)
  }
  return made
}

function destination(
  kind: Destination['kind'],
  rest: string,
  stream: string,
  isAllowed: (host: string) => boolean,
  isAllowedAddress: (address: string) => boolean,
): Destination {
  const judge = (given: string) => {
    const host = plain(given)
    if (isAllowed(host) && (isIP(host) === 0 || isAllowedAddress(host))) return
    throw new ForbiddenHostError(
      `${host} is not where paper trading may send orders: they go to ${kind === 'demo' ? 'Binance Demo Trading' : 'the simulated exchange, on this machine or a private network,'} only, never to a production host`,
    )
  }
  const lookup: LookupFunction = (host, options, done) =>
    lookUp(host, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address)
      const foreign = error === null ? found.find((one) => !isAllowedAddress(one)) : undefined
      if (foreign === undefined) return done(error, address, family)
      done(new ForbiddenHostError(`${host} has the address ${foreign}, which is on no private network`), '', 0)
    })
  return {
    kind,
    rest,
    stream,
    check: (url) => judge(hostOf(new URL(url))),
    agents: { http: guarded(HttpAgent, judge, lookup), https: guarded(HttpsAgent, judge, lookup) },
  }
}

/** An agent that opens no connection without judging where it goes; redirects and sockets of streams pass here too. */
function guarded<A extends typeof HttpAgent | typeof HttpsAgent>(
  Agent: A,
  judge: (host: string) => void,
  lookup: LookupFunction,
): InstanceType<A> {
  const agent = new Agent({ keepAlive: true, lookup } as object)
  const open = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const target = options as { socketPath?: string | null; host?: string | null }
    if (target.socketPath) throw new ForbiddenHostError('a socket file is not where paper trading may send orders')
    judge(target.host ?? '')
    return open({ ...options, lookup }, done)
  }
  return agent as InstanceType<A>
}

/** A host in one spelling: small letters, no dot at the end, no brackets. */
function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.+$/, '')
    .replace(/^\[|\]$/g, '')
}

function hostOf(url: URL): string {
  return plain(url.hostname)
}

/** Where orders go, in one spelling: this machine has many names of its own, and its exchanges one account each. */
export function placeOf({ rest }: Pick<Destination, 'rest'>): string {
  const url = new URL(rest)
  return isLoopback(hostOf(url)) ? `${url.protocol}//127.0.0.1:${url.port}` : rest
}

function isExchange(host: string): boolean {
  return EXCHANGES.some((domain) => host === domain || host.endsWith(`.${domain}`))
}

function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  const kind = isIP(mapped)
  return kind !== 0 && PRIVATE.check(mapped, kind === 4 ? 'ipv4' : 'ipv6')
}

import { errorReply } from './error-codes.ts'
import type { WireReply, WireRequest } from './wire.ts'

/** What one address, and one account, may ask for. */
export interface Allowances {
  readonly weightPerMinute: number
  readonly ordersPerTenSeconds: number
  /** Per minute on USDS-M, per day on spot. */
  readonly ordersPerLonger: number
}

/** What exchangeInfo states. */
const BINANCE_ALLOWANCES: Readonly<Record<'usdm' | 'spot', Allowances>> = {
  usdm: { weightPerMinute: 2400, ordersPerTenSeconds: 300, ordersPerLonger: 1200 },
  spot: { weightPerMinute: 6000, ordersPerTenSeconds: 100, ordersPerLonger: 200_000 },
}

const TEN_SECONDS = 10_000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const USE_STREAMS = 'Please use the websocket for live updates to avoid'
/** Requests beyond the limit of one minute that are let off with a 429. */
const PATIENCE = 10
/** "from 2 minutes to 3 days". */
const SHORTEST_BAN = 2 * MINUTE
const LONGEST_BAN = 3 * DAY
/** Addresses that are kept in mind; beyond them the oldest is forgotten. */
const MOST_ADDRESSES = 10_000

/** A count that begins anew with every window of the clock. */
class Window {
  readonly #length: number
  #number = -1
  #count = 0

  constructor(length: number) {
    this.#length = length
  }

  at(time: number): number {
    const number = Math.floor(time / this.#length)
    if (number !== this.#number) {
      this.#number = number
      this.#count = 0
    }
    return this.#count
  }

  add(time: number, count: number): number {
    this.#count = this.at(time) + count
    return this.#count
  }

  secondsLeft(time: number): number {
    return Math.max(1, Math.ceil((this.#length - (time % this.#length)) / 1000))
  }
}

/** One address: its weight of the minute, and how it took being refused. */
interface Address {
  readonly weight: Window
  readonly refused: Window
  bannedUntil: number
  bans: number
}

/** Weight by address, orders by account; who goes on asking after a 429 is banned with a 418. */
export class Limits {
  readonly allowances: Allowances
  readonly #addresses = new Map<string, Address>()
  readonly #tenSeconds = new Window(TEN_SECONDS)
  readonly #longer: Window
  readonly #isSpot: boolean
  #hasOrders = false

  constructor(kind: 'usdm' | 'spot', allowances: Partial<Allowances> = {}) {
    this.allowances = { ...BINANCE_ALLOWANCES[kind], ...allowances }
    this.#isSpot = kind === 'spot'
    this.#longer = new Window(this.#isSpot ? DAY : MINUTE)
  }

  /** As exchangeInfo and rateLimit/order state them. */
  get orderRules() {
    const { ordersPerTenSeconds, ordersPerLonger } = this.allowances
    return [
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: ordersPerTenSeconds },
      { rateLimitType: 'ORDERS', interval: this.#isSpot ? 'DAY' : 'MINUTE', intervalNum: 1, limit: ordersPerLonger },
    ]
  }

  /** Charges weight to the address of a request; a reply (429, 418) where it has no more, or is banned. */
  spend(request: WireRequest, weight: number): WireReply | null {
    const { at, ip } = request
    const address = this.#address(ip)
    if (at < address.bannedUntil) return banned(request, address.bannedUntil)
    const most = this.allowances.weightPerMinute
    if (address.weight.add(at, weight) <= most) return null
    if (address.refused.add(at, 1) > PATIENCE) {
      address.bannedUntil = at + Math.min(LONGEST_BAN, SHORTEST_BAN * 2 ** address.bans)
      address.bans++
      return banned(request, address.bannedUntil)
    }
    const rule = `Too many requests; current limit of IP(${ip}) is ${most} requests per minute. ${USE_STREAMS} polling the API.`
    return limited(-1003, address.weight.secondsLeft(at), rule)
  }

  /** Charges new orders to the account; a reply (429) where it has no more. */
  spendOrders({ at }: WireRequest, count: number): WireReply | null {
    const { ordersPerTenSeconds, ordersPerLonger } = this.allowances
    this.#hasOrders = true
    const tooMany = (most: number, window: Window, name: string) =>
      limited(-1015, window.secondsLeft(at), `Too many new orders; current limit is ${most} orders per ${name}.`)
    if (this.#tenSeconds.at(at) + count > ordersPerTenSeconds)
      return tooMany(ordersPerTenSeconds, this.#tenSeconds, 'TEN_SECONDS')
    if (this.#longer.at(at) + count > ordersPerLonger)
      return tooMany(ordersPerLonger, this.#longer, this.#isSpot ? 'DAY' : 'MINUTE')
    this.#tenSeconds.add(at, count)
    this.#longer.add(at, count)
    return null
  }

  /** What a reply to a request says of what has been used. */
  headersOf({ at, ip }: WireRequest): Record<string, string> {
    const headers: Record<string, string> = { 'x-mbx-used-weight-1m': String(this.#address(ip).weight.at(at)) }
    if (this.#hasOrders) {
      headers['x-mbx-order-count-10s'] = String(this.#tenSeconds.at(at))
      headers[`x-mbx-order-count-${this.#isSpot ? '1d' : '1m'}`] = String(this.#longer.at(at))
    }
    return headers
  }

  #address(ip: string): Address {
    let address = this.#addresses.get(ip)
    if (address === undefined) {
      if (this.#addresses.size >= MOST_ADDRESSES) this.#addresses.delete(this.#addresses.keys().next().value!)
      address = { weight: new Window(MINUTE), refused: new Window(MINUTE), bannedUntil: 0, bans: 0 }
      this.#addresses.set(ip, address)
    }
    return address
  }
}

function limited(code: number, seconds: number, message: string): WireReply {
  const reply = errorReply(code, message, 429)
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(seconds) } }
}

function banned({ ip, at }: WireRequest, until: number): WireReply {
  const rule = `Way too many requests; IP(${ip}) banned until ${until}. ${USE_STREAMS} bans.`
  const reply = errorReply(-1003, rule, 418)
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.ceil((until - at) / 1000)) } }
}

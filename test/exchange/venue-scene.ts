import { createHmac } from 'node:crypto'
import type { Filters } from '../../src/core/instrument.ts'
import { costsOf, type SlotOptions } from '../../src/engine/index.ts'
import { Venue, type VenueOptions } from '../../src/exchange/venue.ts'
import type { UserEvent, WireReply } from '../../src/exchange/wire.ts'
import { barsOf, HOUR, instrumentOf, marginOf, type Row } from '../engine/scene.ts'

export const KEYS = { key: 'K', secret: 'S' }
/** Wall clock of the requests. */
export const NOW = Date.UTC(2026, 0, 1)

interface SceneOptions
  extends Partial<Pick<VenueOptions, 'shape' | 'listenKeyMinutes' | 'allowances' | 'cash' | 'faults'>> {
  readonly kind?: 'usdm' | 'spot'
  readonly filters?: Partial<Filters>
  readonly fees?: { readonly maker: number; readonly taker: number }
  readonly funding?: SlotOptions['funding']
  readonly symbols?: readonly string[]
}

/** Answers as the clients of the exchange read them. */
export interface Answer {
  readonly status: number
  readonly headers: WireReply['headers']
  // biome-ignore lint/suspicious/noExplicitAny: what a reply holds is what the tests are about
  readonly body: any
}

/** A venue with hand-made bars, the first of which has closed; no sockets. */
export class VenueScene {
  readonly venue: Venue
  readonly events: UserEvent[] = []
  /** Wall clock. */
  at = NOW
  #now = 0
  #last = '0'
  #mark: string | null = null
  #row = 0
  readonly #rows: readonly Row[]
  readonly #symbols: readonly string[]
  readonly #kind: 'usdm' | 'spot'

  constructor(rows: readonly Row[], options: SceneOptions = {}) {
    const {
      fees = { maker: 0.0002, taker: 0.0005 },
      symbols = ['BTCUSDT'],
      filters = {},
      funding = null,
      kind = 'usdm',
      ...rest
    } = options
    this.#rows = rows
    this.#kind = kind
    this.#symbols = symbols
    this.venue = new Venue({
      kind,
      cash: 10_000,
      ...rest,
      keys: KEYS,
      instants: rows.length,
      precisionOf: () => (kind === 'spot' ? { price: 8, quantity: 8 } : { price: 2, quantity: 3 }),
      sink: (_, event) => this.events.push(event),
      market: {
        now: () => this.#now,
        last: () => this.#last,
        mark: () => this.#mark ?? this.#last,
        force: () => undefined,
      },
      slots: symbols.map((symbol) => ({
        instrument: instrumentOf(
          { lot: { min: '0.001', max: '1000', step: '0.001' }, ...filters },
          symbol,
          kind === 'spot' ? 'spot' : 'perpetual',
        ),
        ...{ bars: barsOf(rows, '1h', symbol), indicators: {}, also: {}, startRow: 0, readyRow: rows.length, funding },
        margin: kind === 'spot' ? null : marginOf({ leverage: 20 }),
        costs: costsOf({
          feeMaker: fees.maker,
          feeTaker: fees.taker,
          slippageBps: 0,
          feeAsset: kind === 'spot' ? 'received' : 'quote',
        }),
      })),
    })
    this.bar()
  }

  /** Sets the mark price; `null`: that of the last trade again. */
  mark(price: string | null): void {
    this.#mark = price
  }

  /** The next bar's open is met. */
  open(): void {
    const row = this.#rows[this.#row]!
    this.#now = this.#row * HOUR
    this.#last = String(row[0])
    this.venue.begin(this.#now + HOUR)
    for (const symbol of this.#symbols) this.venue.meetOpen(symbol)
  }

  /** Its path is played up to the next fill; whether there was one. */
  inside(): boolean {
    this.#now += 60_000
    return this.#symbols.some((symbol) => this.venue.meetInside(symbol))
  }

  close(): void {
    const row = this.#rows[this.#row]!
    this.#last = String(row[3])
    this.#row++
    this.#now = this.#row * HOUR
    this.venue.end()
  }

  /** A whole bar. */
  bar(): void {
    this.open()
    for (const symbol of this.#symbols) {
      this.#now += 60_000
      while (this.venue.meetInside(symbol)) this.#now += 60_000
    }
    this.close()
  }

  /** A signed request, its parameters in the query. */
  ask(method: string, path: string, params: Readonly<Record<string, string | number | boolean>> = {}): Answer {
    const all = { ...params, timestamp: this.at }
    const text = Object.entries(all)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
      .join('&')
    const signature = createHmac('sha256', KEYS.secret).update(text).digest('hex')
    return this.send(method, path, `${text}&signature=${signature}`)
  }

  send(
    method: string,
    path: string,
    query: string,
    headers: Readonly<Record<string, string>> = { 'x-mbx-apikey': KEYS.key },
  ): Answer {
    const reply = this.venue.handle({ method, path, query, body: '', headers, ip: '127.0.0.1', at: this.at })
    if (reply === null) throw new Error(`${method} ${path} is no route of the account`)
    return { status: reply.status, headers: reply.headers, body: JSON.parse(reply.body) }
  }

  order(params: Readonly<Record<string, string | number | boolean>>): Answer {
    return this.ask('POST', '/fapi/v1/order', { symbol: 'BTCUSDT', ...params })
  }

  algo(params: Readonly<Record<string, string | number | boolean>>): Answer {
    return this.ask('POST', '/fapi/v1/algoOrder', { algoType: 'CONDITIONAL', symbol: 'BTCUSDT', ...params })
  }

  listen(): string {
    const path = this.#kind === 'spot' ? '/api/v3/userDataStream' : '/fapi/v1/listenKey'
    return this.send('POST', path, '').body.listenKey
  }

  /** What the stream has told since the last call: kind, and of orders how they fared. */
  told(): string[] {
    return this.events.splice(0).map((event) => {
      const o = event['o'] as Record<string, unknown> | undefined
      if (o === undefined) return event.e
      return event.e === 'ALGO_UPDATE' ? `${event.e} ${o['X']}` : `${event.e} ${o['x']} ${o['X']}`
    })
  }
}

import { type Interval, isInterval } from '../core/interval.ts'
import { errorReply } from './error-codes.ts'
import type { Market } from './market.ts'
import { WINDOW_RANGE, windowOf, zoneOf } from './rolling-ticker.ts'
import type { SymbolMarket } from './symbol-market.ts'
import type { WireReply, WireRequest } from './wire.ts'

/** A market route refuses what it was asked; its reply is thrown. */
export class MarketRefusal extends Error {
  readonly reply: WireReply

  constructor(code: number, message: string) {
    super(message)
    this.reply = errorReply(code, message)
  }
}

/** A list as JSON, and nothing else. */
const SYMBOLS = /^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,99}\]$/
const DIGITS = /^[0-9]{1,20}$/

/** Parameters of a public route, from the query or the body; the query wins. */
export class MarketParams {
  readonly #query: URLSearchParams
  readonly #body: URLSearchParams
  readonly #market: Market

  constructor({ query, body }: WireRequest, market: Market) {
    this.#query = new URLSearchParams(query)
    this.#body = new URLSearchParams(body)
    this.#market = market
  }

  text(name: string): string | undefined {
    return this.#query.get(name) ?? this.#body.get(name) ?? undefined
  }

  needed(name: string): string {
    const text = this.text(name)
    if (text === undefined || text === '')
      throw new MarketRefusal(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
    return text
  }

  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!DIGITS.test(text))
      throw new MarketRefusal(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`)
    return Number(text)
  }

  /** A count within Binance's bounds. */
  limit(builtIn: number, most: number): number {
    const limit = this.number('limit') ?? builtIn
    if (limit < 1) throw new MarketRefusal(-1130, "Data sent for parameter 'limit' is not valid.")
    // spot and futures both answer with as many as they have, where more are asked for
    return Math.min(limit, most)
  }

  market(name = 'symbol'): SymbolMarket {
    return this.#find(this.needed(name))
  }

  /** The one that is named, or on spot those of a list, else all of them. */
  markets(): readonly SymbolMarket[] {
    const [symbol, symbols] = [this.text('symbol'), this.#market.kind === 'spot' ? this.text('symbols') : undefined]
    if (symbols === undefined) return symbol === undefined ? [...this.#market.symbols.values()] : [this.#find(symbol)]
    if (symbol !== undefined) throw new MarketRefusal(-1128, 'Combination of optional parameters invalid.')
    if (!SYMBOLS.test(symbols))
      throw new MarketRefusal(-1100, `Illegal characters found in parameter 'symbols'; legal range is '${SYMBOLS.source}'.`) // biome-ignore format: one line
    return (JSON.parse(symbols) as string[]).map((name) => this.#find(name))
  }

  /** Those that are named, by `symbol` or `symbols`: one of the two has to be there. */
  namedMarkets(): readonly SymbolMarket[] {
    if (this.text('symbol') === undefined && this.text('symbols') === undefined)
      throw new MarketRefusal(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    return this.markets()
  }

  /** `type`: whether the short form of a ticker is asked for. */
  isMini(): boolean {
    const type = this.text('type') ?? 'FULL'
    if (type !== 'FULL' && type !== 'MINI') throw new MarketRefusal(-1139, 'Invalid ticker type.')
    return type === 'MINI'
  }

  /** `windowSize` in ms; a day where none is given. */
  window(): number {
    const window = windowOf(this.text('windowSize') ?? '1d')
    if (window === null)
      throw new MarketRefusal(
        -1100,
        `Illegal characters found in parameter 'windowSize'; legal range is '${WINDOW_RANGE}'.`,
      )
    return window
  }

  /** `timeZone` in ms ahead of UTC; UTC where none is given. */
  timeZone(): number {
    const zone = zoneOf(this.text('timeZone') ?? '0')
    if (zone === null) throw new MarketRefusal(-1130, "Data sent for parameter 'timeZone' is not valid.")
    return zone
  }

  interval(): Interval {
    const text = this.needed('interval')
    if (!isInterval(text)) throw new MarketRefusal(-1120, 'Invalid interval.')
    return text
  }

  #find(symbol: string): SymbolMarket {
    const market = this.#market.symbols.get(symbol)
    if (market === undefined) throw new MarketRefusal(-1121, 'Invalid symbol.')
    return market
  }
}

import type { Candle } from './candle.ts'
import type { ForceOrder } from './force-order.ts'
import { type MarketSource, SymbolMarket } from './symbol-market.ts'
import type { MarketNow } from './wire.ts'

/** What has just become public of a symbol: its bar opened, its price moved, the mark of its close, its close. */
export type MarketChange = 'open' | 'move' | 'mark' | 'close'

type Listener = (market: SymbolMarket, change: MarketChange) => void

/** All that is public: the replay's time, and the markets in declared order. */
export class Market implements MarketNow {
  readonly kind: 'usdm' | 'spot'
  readonly symbols: ReadonlyMap<string, SymbolMarket>
  readonly #listeners: Listener[] = []
  #now: number

  constructor(kind: 'usdm' | 'spot', sources: readonly MarketSource[], now: number) {
    this.kind = kind
    this.#now = now
    this.symbols = new Map(sources.map((source) => [source.instrument.symbol, new SymbolMarket(source)]))
  }

  now(): number {
    return this.#now
  }

  last(symbol: string): string {
    const market = this.symbols.get(symbol)!
    return market.price(market.last)
  }

  mark(symbol: string): string {
    const market = this.symbols.get(symbol)!
    return market.price(this.kind === 'spot' ? market.last : market.mark)
  }

  force(order: ForceOrder): void {
    this.symbols.get(order.s)!.forced = order
  }

  /** Replay time never goes back. */
  moveTo(now: number): void {
    this.#now = Math.max(this.#now, now)
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener)
  }

  tell(market: SymbolMarket, change: MarketChange): void {
    for (const listener of this.#listeners) listener(market, change)
    if (change !== 'mark') market.forced = null
  }
}

/** A quote volume as it is written. */
export function quoteText(kind: Market['kind'], value: number): string {
  return value.toFixed(kind === 'spot' ? 8 : 5)
}

/** REST's row of a candle. */
export function candleRow(market: SymbolMarket, kind: Market['kind'], candle: Candle, closeTime: number) {
  return [
    candle.openTime,
    market.price(candle.open),
    market.price(candle.high),
    market.price(candle.low),
    market.price(candle.close),
    market.volume(candle.units),
    closeTime - 1,
    quoteText(kind, candle.quote),
    candle.trades,
    market.volume(candle.buyUnits),
    quoteText(kind, candle.buyQuote),
    '0',
  ]
}

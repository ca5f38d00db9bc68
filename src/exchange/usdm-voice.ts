import { parseDecimal } from '../core/decimal.ts'
import type { AccountBook, Traded } from './account-book.ts'
import type { AlgoOrder } from './algo-order.ts'
import { type ExchangeOrder, qtyText } from './exchange-order.ts'
import {
  accountUpdate,
  algoUpdate,
  type ExchangeTrade,
  type Execution,
  moneyText,
  orderTradeUpdate,
  tradeLite,
  triggerReject,
} from './user-events.ts'
import type { UserStream } from './user-stream.ts'
import type { Voice } from './voice.ts'
import type { MarketNow } from './wire.ts'

/** USDS-M says every trade by itself first, and the account apart from its orders. */
export class UsdmVoice implements Voice {
  readonly #book: AccountBook
  readonly #stream: UserStream
  readonly #market: MarketNow

  constructor(book: AccountBook, stream: UserStream, market: MarketNow) {
    this.#book = book
    this.#stream = stream
    this.#market = market
  }

  trade(trade: ExchangeTrade): void {
    if (this.#stream.isHeard) this.#stream.send(tradeLite(trade))
  }

  order(order: ExchangeOrder, x: Execution, trade: ExchangeTrade | null = null, er = '0'): void {
    if (this.#stream.isHeard) this.#stream.send(orderTradeUpdate(order, x, this.#book.quote, trade, er))
  }

  algo(algo: AlgoOrder): void {
    if (this.#stream.isHeard) this.#stream.send(algoUpdate(algo))
  }

  rejected(algo: AlgoOrder): void {
    this.#stream.send(triggerReject(algo))
  }

  /** The wallet as it is after this, and the positions that this has changed. */
  account(reason: string, change: bigint, symbols: readonly string[]): void {
    if (!this.#stream.isHeard) return
    const { wallet, ledgerDecimals, traded } = this.#book
    let cross = wallet
    for (const { slot } of traded.values()) if (slot.margin?.mode === 'isolated') cross -= BigInt(slot.margin.isolated)
    const B = {
      a: this.#book.quote,
      wb: moneyText(wallet, ledgerDecimals),
      cw: moneyText(cross, ledgerDecimals),
      bc: change === 0n ? '0' : moneyText(change, ledgerDecimals),
    }
    const P = symbols.map((symbol) => this.#positionOf(traded.get(symbol)!))
    this.#stream.send(accountUpdate(reason, [B], P))
  }

  #positionOf({ slot, symbol, held, scale }: Traded) {
    const decimals = this.#book.ledgerDecimals
    const isIsolated = slot.margin!.mode === 'isolated'
    const unrealised = held.unrealisedAt(parseDecimal(this.#market.mark(symbol)))
    return {
      s: symbol,
      pa: qtyText(held.qty, scale),
      ep: held.entryPrice,
      bep: held.breakEvenPrice,
      cr: moneyText(held.realised, decimals),
      up: held.qty === 0n ? '0' : moneyText(unrealised, 8),
      mt: isIsolated ? 'isolated' : 'cross',
      iw: isIsolated ? moneyText(BigInt(slot.margin!.isolated), decimals) : '0',
      ps: 'BOTH',
      ma: this.#book.quote,
    }
  }
}

import { parseDecimal } from '../core/decimal.ts'
import type { AccountBook } from './account-book.ts'
import { accountMargin, marginOf } from './account-figures.ts'
import { padded } from './amounts.ts'
import { qtyText } from './exchange-order.ts'
import { moneyText } from './user-events.ts'
import type { UserStream } from './user-stream.ts'
import type { MarketNow } from './wire.ts'

/** Share of the margin balance that maintenance may need before the account is warned, in hundredths. */
const WARNED_AT = 80n

/** Warns once each time that the account comes near to a liquidation. */
export class MarginCalls {
  readonly #book: AccountBook
  readonly #stream: UserStream
  readonly #market: MarketNow
  #isWarned = false

  constructor(book: AccountBook, stream: UserStream, market: MarketNow) {
    this.#book = book
    this.#stream = stream
    this.#market = market
  }

  check(): void {
    const held = [...this.#book.traded.values()].filter(
      (one) => one.slot.margin?.mode === 'cross' && one.held.qty !== 0n,
    )
    if (held.length === 0) {
      this.#isWarned = false
      return
    }
    const { crossWallet, crossUnrealised } = accountMargin(this.#book, this.#market)
    const all = held.map((one) => ({ ...one, margin: marginOf(one, this.#market) }))
    const maintenance = all.reduce((sum, { margin }) => sum + margin.maintenance, 0n)
    const isNear = maintenance * 100n >= (crossWallet + crossUnrealised) * WARNED_AT
    if (isNear && !this.#isWarned) {
      const money = (units: bigint) => moneyText(units, this.#book.ledgerDecimals)
      const p = all.map(({ symbol, held: position, scale, margin }) => {
        const mark = parseDecimal(this.#market.mark(symbol))
        return {
          s: symbol, ps: 'BOTH', pa: qtyText(position.qty, scale), mt: 'CROSSED', iw: '0',
          mp: padded(mark.digits, mark.decimals, scale.writtenPrice), up: money(margin.unrealised), mm: money(margin.maintenance),
        } // biome-ignore format: two lines
      })
      this.#stream.send({ e: 'MARGIN_CALL', cw: money(crossWallet), p })
    }
    this.#isWarned = isNear
  }
}

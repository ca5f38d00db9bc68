import { fromUnits } from '../core/decimal.ts'
import { fromLedger, type Ledger } from '../core/money.ts'

/** Quantity-weighted price that stays exact while there is only one price. */
class Average {
  qty = 0
  #value = 0
  #first = 0
  #isMixed = false

  add(price: number, qty: number): void {
    if (this.qty === 0) this.#first = price
    else if (price !== this.#first) this.#isMixed = true
    this.qty += qty
    this.#value += price * qty
  }
  get price(): number {
    if (this.qty === 0) return 0
    return this.#isMixed ? this.#value / this.qty : this.#first
  }
}

/** The round trip in progress. */
export class Trip {
  readonly isLong: boolean
  readonly entry = new Average()
  readonly exit = new Average()
  readonly time: number
  readonly row: number
  readonly tag: string
  notional = 0
  realised = 0
  fees = 0
  funding = 0
  most = 0
  /** Of what is held; `null` while none of it has been sold: then it is what was entered. */
  #held: Average | null = null
  high: number
  low: number

  constructor(
    isLong: boolean,
    at: { readonly time: number; readonly row: number; readonly entryTag: string },
    price: number,
  ) {
    this.isLong = isLong
    this.time = at.time
    this.row = at.row
    this.tag = at.entryTag
    this.high = price
    this.low = price
  }

  /** Average price of what is held: what was sold before more was bought has no part in it. */
  get heldPrice(): number {
    return (this.#held ?? this.entry).price
  }

  /** @param kept of `qty`, where its fee is taken of it */
  add(price: number, qty: number, kept: number): void {
    this.entry.add(price, qty)
    this.#held?.add(price, kept)
  }

  /** A part was sold, and so much is held on at the price that it has. */
  keep(qty: number): void {
    const price = this.heldPrice
    this.#held = new Average()
    this.#held.add(price, qty)
  }

  /** The trade as it stands at `row`, on which it is closed or marked. */
  describe(row: number, ledger: Ledger, qtyDecimals: number) {
    const money = (units: number) => fromLedger(ledger, units)
    const net = this.realised - this.fees - this.funding
    const entry = this.entry.price
    const up = this.high / entry - 1
    const down = this.low / entry - 1
    return {
      side: this.isLong ? ('long' as const) : ('short' as const),
      qty: fromUnits(this.most, qtyDecimals),
      entryTime: this.time,
      entryPrice: entry,
      fees: money(this.fees),
      funding: money(this.funding),
      pnl: money(net),
      return: net / this.notional,
      bars: row - this.row,
      mae: Math.min(0, this.isLong ? down : -up),
      mfe: Math.max(0, this.isLong ? up : -down),
      entryTag: this.tag,
    }
  }
}

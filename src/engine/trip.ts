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
}

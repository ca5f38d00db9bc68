/** A position on margin at its average price, fill by fill, as exchanges keep it; doubles, before fees. */
export class AverageCost {
  held = 0
  #entry = 0

  /** What a fill realises, in the quote asset. */
  take(side: 'buy' | 'sell', qty: number, price: number): number {
    const realised = this.wouldRealise(side, qty, price)
    const { held } = this
    const signed = side === 'buy' ? qty : -qty
    if (held * signed >= 0) this.#entry = (this.#entry * Math.abs(held) + price * qty) / (Math.abs(held) + qty)
    else if (qty > Math.abs(held)) this.#entry = price
    // what is left of a position that has been closed is a double's rounding
    this.held = Math.abs(held + signed) < 1e-12 ? 0 : held + signed
    return realised
  }

  wouldRealise(side: 'buy' | 'sell', qty: number, price: number): number {
    const { held } = this
    if (held === 0 || held > 0 === (side === 'buy')) return 0
    return Math.sign(held) * Math.min(Math.abs(held), qty) * (price - this.#entry)
  }
}

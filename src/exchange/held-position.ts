import type { Decimal } from '../core/decimal.ts'
import { padded, quotient, scaled } from './amounts.ts'
import type { Scale } from './exchange-order.ts'

/** Digits beyond price × quantity that the cost of a part of a position is kept to. */
const FINER = 8

/** What is held of one symbol, as fills have made it: one net position at its average price. */
export class HeldPosition {
  readonly scale: Scale
  readonly #ledgerDecimals: number
  /** Signed, whole units of the scale. */
  qty = 0n
  /** Σ price × quantity of what is held, signed, 10^-(price + qty + FINER). */
  #cost = 0n
  /** Ledger units: realised since the account began, and realised and paid in fees since the position was last flat. */
  realised = 0n
  #tripRealised = 0n
  #tripFees = 0n
  updateTime = 0

  constructor(scale: Scale, ledgerDecimals: number) {
    this.scale = scale
    this.#ledgerDecimals = ledgerDecimals
  }

  /** One fill; `side` 1 buys. What it realised and cost are the ledger's figures. */
  fill(side: 1n | -1n, qty: bigint, price: bigint, realised: bigint, fee: bigint, at: number): void {
    const held = this.qty < 0n ? -this.qty : this.qty
    const closing = this.qty * side < 0n ? (qty < held ? qty : held) : 0n
    const opening = qty - closing
    if (closing > 0n) this.#cost -= (this.#cost * closing) / held
    this.qty += side * qty
    this.#cost += side * opening * price * 10n ** BigInt(FINER)
    this.realised += realised
    const isNew = this.qty === 0n || (closing > 0n && opening > 0n)
    this.#tripRealised = isNew ? 0n : this.#tripRealised + realised
    this.#tripFees = this.qty === 0n ? 0n : isNew ? (fee * opening) / qty : this.#tripFees + fee
    this.updateTime = at
  }

  /** Average price of what is held; `0` in its shape where nothing is. */
  get entryPrice(): string {
    return this.#perUnit(this.#cost)
  }

  /** The price at which closing it would give back what it has cost so far. */
  get breakEvenPrice(): string {
    const shift = this.scale.price + this.scale.qty + FINER - this.#ledgerDecimals
    return this.#perUnit(this.#cost + (this.#tripFees - this.#tripRealised) * 10n ** BigInt(shift))
  }

  /** Unrealised profit at a price, 10^-8, signed. */
  unrealisedAt(price: Decimal): bigint {
    const decimals = this.scale.qty + Math.max(price.decimals, this.scale.price + FINER)
    const value = this.qty * scaled(price, decimals - this.scale.qty)
    const cost = this.#cost * 10n ** BigInt(decimals - this.scale.price - this.scale.qty - FINER)
    return quotient(value - cost, 10n ** BigInt(decimals), 8)
  }

  #perUnit(cost: bigint): string {
    if (this.qty === 0n) return '0.0'
    const decimals = Math.max(8, this.scale.price)
    const each = quotient(cost, this.qty * 10n ** BigInt(this.scale.price + FINER), decimals)
    return padded(each, decimals, this.scale.writtenPrice)
  }
}

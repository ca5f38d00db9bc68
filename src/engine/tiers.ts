import { decimalOf, parseDecimal, safe } from '../core/decimal.ts'
import type { LeverageTiers } from '../core/leverage.ts'
import type { Ledger, Rate } from '../core/money.ts'

/** One leverage bracket in whole ledger units. */
export interface Tier {
  readonly bracket: number
  readonly floor: number
  readonly cap: number
  readonly ratio: Rate
  readonly cum: number
  readonly leverage: number
}

/** @throws RangeError where brackets leave a gap, or `cum` is not what makes maintenance margin continuous */
export function compileTiers(tiers: LeverageTiers, ledger: Ledger): readonly Tier[] {
  const { symbol, brackets, source } = tiers
  const wrong = (bracket: number, what: string) =>
    new RangeError(`leverage tiers of ${symbol} (${source}), bracket ${bracket}: ${what}`)
  if (brackets.length === 0) throw new RangeError(`leverage tiers of ${symbol} (${source}) have no bracket`)
  return brackets.map(({ floor, cap, ratio, cum, leverage }, k) => {
    const before = brackets[k - 1]
    if (floor !== (before?.cap ?? floor)) throw wrong(k + 1, `floor ${floor} is not the cap ${before!.cap} below it`)
    if (before === undefined ? !isZero(floor) || !isZero(cum) : !isContinuous(before, { floor, ratio, cum }))
      throw wrong(k + 1, `cum ${cum} does not follow from the bracket below: read the tiers again from the exchange`)
    const { digits, decimals } = parseDecimal(ratio)
    return {
      bracket: k + 1,
      floor: unitsOf(floor, ledger),
      cap: unitsOf(cap, ledger),
      ratio: { digits: Number(digits), decimals },
      cum: unitsOf(cum, ledger),
      leverage,
    }
  })
}

type Step = { readonly floor: string; readonly ratio: string; readonly cum: string }

function isZero(text: string): boolean {
  return parseDecimal(text).digits === 0n
}

/** cum(k) − cum(k−1) = floor(k) × (ratio(k) − ratio(k−1)), compared as whole numbers. */
function isContinuous(below: Step, here: Step): boolean {
  const at = (text: string, decimals: number) => {
    const value = parseDecimal(text)
    return value.digits * 10n ** BigInt(decimals - value.decimals)
  }
  const scale = 12
  const step = (at(here.cum, scale) - at(below.cum, scale)) * 10n ** BigInt(scale)
  return step === at(here.floor, scale) * (at(here.ratio, scale) - at(below.ratio, scale))
}

/** Caps may be beyond what a ledger holds; then no position of the account can reach them. */
function unitsOf(text: string, ledger: Ledger): number {
  const { digits, decimals } = parseDecimal(text)
  const units =
    decimals <= ledger.decimals
      ? digits * 10n ** BigInt(ledger.decimals - decimals)
      : digits / 10n ** BigInt(decimals - ledger.decimals)
  return units > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : safe(units)
}

/** The tier that a notional (ledger units) falls in; a notional on the border belongs to the lower one. */
export function tierOf(tiers: readonly Tier[], notional: number): Tier {
  return tiers.find(({ cap }) => notional <= cap) ?? tiers[tiers.length - 1]!
}

/** Largest notional (ledger units) that may be held at a leverage. */
export function mostNotional(tiers: readonly Tier[], leverage: number): number {
  return tiers.findLast((tier) => tier.leverage >= leverage)?.cap ?? 0
}

/**
 * The price at which a position is liquidated (Binance, "How to calculate liquidation price of USDⓈ-M futures"):
 *
 *     price = (balance + cum − side × qty × entry) ÷ (qty × ratio − side × qty)
 *
 * @param balance what stands behind the position: the isolated margin, or for cross the wallet with the unrealised
 * profit of the other positions less their maintenance margins. Quote asset; `qty` > 0 in the base asset.
 */
export function liquidationPrice(of: {
  readonly side: 1 | -1
  readonly qty: number
  readonly entry: number
  readonly balance: number
  readonly ratio: number
  readonly cum: number
}): number {
  const { side, qty, entry, balance, ratio, cum } = of
  return (balance + cum - side * qty * entry) / (qty * ratio - side * qty)
}

/** A number as an exact rate, whatever its decimals. */
export function rateExactly(value: number): Rate {
  const { digits, decimals } = decimalOf(Math.abs(value))
  return { digits: Number(digits), decimals }
}

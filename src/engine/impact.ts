import { fromUnits, mulDiv, POW10 } from '../core/decimal.ts'
import type { SlippageModel } from '../core/execution.ts'
import { type Rate, rateOf } from '../core/money.ts'
import { slip } from './fill-model.ts'
import { type GridRule, gridDown, gridUp, type Scales } from './rules.ts'

/** What a slippage model may know of an instrument. */
interface Traded {
  readonly symbol: string
  readonly scales: Scales
  readonly closes: Float64Array
  readonly volumes: Float64Array
  /** Row of the first bar with volume. */
  readonly volumeFrom: number
}

/** How a reference price becomes the price of a market or stop fill: never a better one (fills.md 13). */
export interface Slippage {
  /** Whether a larger quantity has a worse price. */
  readonly isBySize: boolean
  /**
   * The price on the tick grid, units. What the model needs to know of the market it takes from bars up to row `known`,
   * which have closed: at a fill, those before the bar at hand.
   */
  priceOf(of: Traded, reference: number, side: 1 | -1, qty: number, tick: GridRule, known: number): number
}

/** Bars that volatility and volume are taken from. */
const WINDOW = 100

/** @throws RangeError where a figure of the model is out of its bounds */
export function slippageOf(model: SlippageModel, bps: Rate, remark: (text: string) => void): Slippage {
  if (model.model === 'ticks') return new Ticks(model.ticks)
  if (model.model === 'impact') return new Impact(model.spreadBps, model.impact, remark)
  return new Fraction(bps)
}

class Fraction implements Slippage {
  readonly isBySize = false
  readonly #rate: Rate
  constructor(rate: Rate) {
    this.#rate = rate
  }
  priceOf(_: Traded, reference: number, side: 1 | -1, _qty: number, tick: GridRule): number {
    return slip(reference, side, this.#rate, tick)
  }
}

class Ticks implements Slippage {
  readonly isBySize = false
  readonly #count: number
  constructor(count: number) {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`slippage of ${count} ticks: write a whole number, at least 0`)
    this.#count = count
  }
  priceOf(_: Traded, reference: number, side: 1 | -1, _qty: number, tick: GridRule): number {
    return worsened(reference, side, this.#count * tick.step, tick)
  }
}

/**
 * Spread and square-root impact:
 *
 *     price = reference × (1 ± (S + K × σ × √(qty ÷ V)))
 *
 * S is the spread, and all of it: the bar's price may have been a trade on the other side of the book. The rest is the
 * square-root law of market impact (Almgren, Thum, Hauptmann, Li, "Direct Estimation of Equity Market Impact", Risk 2005,
 * find an exponent of 3/5; Tóth et al., "Anomalous price impact and the critical nature of liquidity in financial
 * markets", Phys. Rev. X 1, 021006, 2011, one of 1/2 and a factor K of about 1). σ is the root mean square of the last
 * 100 closes' returns and V the mean volume of the last 100 bars, known ones only. Of which length the bars are does not
 * matter: over n bars σ grows as √n, and V as n.
 */
class Impact implements Slippage {
  readonly isBySize = true
  readonly #spread: Rate
  readonly #factor: number
  readonly #remark: (text: string) => void

  constructor(spreadBps: number, factor: number, remark: (text: string) => void) {
    this.#spread = rateOf(Number((spreadBps / 10_000).toFixed(12)), 'spreadBps ÷ 10000')
    if (!Number.isFinite(factor) || factor < 0)
      throw new RangeError(`impact ${factor} is no factor: write a number, at least 0`)
    this.#factor = factor
    this.#remark = remark
  }

  priceOf(of: Traded, reference: number, side: 1 | -1, qty: number, tick: GridRule, known: number): number {
    const { digits, decimals } = this.#spread
    const spread = mulDiv(reference, digits, POW10[decimals]!, 'up')
    return worsened(reference, side, spread + Math.ceil(reference * this.#impact(of, qty, known)), tick)
  }

  /** K × σ × √(qty ÷ V), a fraction of the price. */
  #impact(of: Traded, qty: number, known: number): number {
    if (qty === 0 || this.#factor === 0) return 0
    const { volumeFrom } = of
    if (known < volumeFrom || known < 1) {
      this.#remark(
        `${of.symbol}: market impact cannot be reckoned where no earlier bar tells volume and volatility; there only the spread was paid`,
      )
      return 0
    }
    const share = fromUnits(qty, of.scales.qtyDecimals) / meanVolume(of.volumes, volumeFrom, known)
    return this.#factor * volatility(of.closes, known) * Math.sqrt(share)
  }
}

/** `by` units worse, on the grid; nothing is sold for nothing. */
function worsened(reference: number, side: 1 | -1, by: number, tick: GridRule): number {
  if (side === 1) return gridUp(tick, Math.min(reference + by, Number.MAX_SAFE_INTEGER - tick.step))
  return Math.max(gridDown(tick, reference - by), gridUp(tick, Math.max(tick.min, 1)))
}

/** Of the last bars up to `known`, and of more where nobody traded on any of them; the first, at `from`, has volume. */
function meanVolume(volumes: Float64Array, from: number, known: number): number {
  let sum = 0
  let row = known
  for (; row >= from && (row > known - WINDOW || sum === 0); row--) sum += volumes[row]!
  return sum / (known - row)
}

/** Root mean square of the returns from close to close. */
function volatility(closes: Float64Array, known: number): number {
  const first = Math.max(1, known - WINDOW + 1)
  let sum = 0
  for (let row = first; row <= known; row++) sum += (closes[row]! / closes[row - 1]! - 1) ** 2
  return Math.sqrt(sum / (known - first + 1))
}

import { AverageCost } from '../average-cost.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import { unitsOf } from './exact.ts'
import { amountIn, type Fields, rowsOf, textIn } from './fields.ts'

/** Decimals in which an exchange tells what was realised, and of the average price that it was reckoned with: what is within is a rounding. */
const ROUNDING = 1e-6

/**
 * Whether the exchange knows of fills that the engine does not: an event says more than its own fill. What was missed comes before what
 * follows it, since another order of fills makes another average price.
 */
export class MissedFills {
  readonly #context: Context
  /** Positions as the exchange states them, by symbol. */
  readonly #stated = new Map<string, bigint>()
  /** By symbol, as the engine has been told. */
  readonly #costs = new Map<string, AverageCost>()
  #read = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** Takes `ACCOUNT_UPDATE`'s `a`, which comes behind the fill that it is of or ahead of it. */
  state(a: Fields): void {
    for (const row of rowsOf(a['P']))
      if (['BOTH', ''].includes(textIn(row, 'ps'))) this.#stated.set(textIn(row, 's'), unitsOf(amountIn(row, 'pa')))
  }

  /** @param o `ORDER_TRADE_UPDATE`'s, of a fill that the engine has not been told of */
  isBefore(attempt: Attempt, o: Fields): boolean {
    const filled = unitsOf(amountIn(o, 'l'))
    // of the order itself
    if (unitsOf(amountIn(o, 'z')) - filled > attempt.filled) return true
    return this.#context.market.hasMargin && (this.#holdsOther(attempt, o) || this.#realisesOther(attempt, o))
  }

  /** The position is neither what it is here, nor what this fill makes of it or what may yet come of its order. */
  #holdsOther({ symbol }: Attempt, o: Fields): boolean {
    const stated = this.#stated.get(symbol)
    if (stated === undefined) return false
    const filled = unitsOf(amountIn(o, 'l'))
    const left = unitsOf(amountIn(o, 'q')) - unitsOf(amountIn(o, 'z')) + filled
    const off =
      (stated - unitsOf(this.#context.host.run.positionOf(symbol).qty)) * (textIn(o, 'S') === 'BUY' ? 1n : -1n)
    return off !== 0n && (off < filled || off > left)
  }

  #realisesOther({ symbol }: Attempt, o: Fields): boolean {
    const there = textIn(o, 'rp')
    if (there === '') return false
    const [qty, price] = [Number(amountIn(o, 'l')), Number(textIn(o, 'L'))]
    const here = this.#costOf(symbol).wouldRealise(textIn(o, 'S') === 'BUY' ? 'buy' : 'sell', qty, price)
    return Math.abs(Number(there) - here) > ROUNDING * Math.max(1, qty * price)
  }

  #costOf(of: string): AverageCost {
    const { events } = this.#context.host.run
    for (; this.#read < events.length; this.#read++) {
      const event = events[this.#read]!
      if (event.type !== 'fill') continue
      const { symbol, side, qty, price } = event.fill
      const cost = this.#costs.get(symbol) ?? new AverageCost()
      this.#costs.set(symbol, cost)
      cost.take(side, qty, price)
    }
    return this.#costs.get(of) ?? new AverageCost()
  }
}

import type { Attempt } from './attempt.ts'
import { type Claims, claimsOf } from './coin-claims.ts'
import type { Context } from './context.ts'
import { unitsOf } from './exact.ts'
import type { Line } from './line.ts'

/** The coins of a spot account that its own orders hold back, symbol by symbol. */
export class Coins {
  readonly #context: Context
  readonly #lines: () => Iterable<Line>
  readonly #takesLists: (symbol: string) => boolean

  constructor(context: Context, lines: () => Iterable<Line>, takesLists: (symbol: string) => boolean) {
    this.#context = context
    this.#lines = lines
    this.#takesLists = takesLists
  }

  claims(symbol: string): Claims {
    const { run } = this.#context.host
    const sales = run
      .openOrders()
      .filter((view) => view.symbol === symbol && view.side === 'sell')
      .map((view) => ({ view, bracket: run.bracketOf(symbol, view.id) }))
    const lines = [...this.#lines()].filter((line) => line.symbol === symbol)
    const exits = new Set(lines.filter(({ mustExit }) => mustExit).map(({ order }) => order))
    const alone = new Set(lines.filter(({ isAlone }) => isAlone).map(({ order }) => order))
    const isAlone = (stop: string) => alone.has(stop) || !this.#takesLists(symbol)
    return claimsOf(sales, { held: unitsOf(run.positionOf(symbol).qty), exits, isAlone })
  }

  /** What may still hold the coins back that an order of this line is about to sell: it has to go first. */
  blockers({ symbol, order }: Line): Attempt[] {
    const { qty, targetOf } = this.claims(symbol)
    return this.#context.attempts.unfinished().filter(
      (one) =>
        one.symbol === symbol &&
        one.terms.side === 'SELL' &&
        one.terms.type !== 'MARKET' &&
        // what has sold all that it was for holds nothing back, though nobody has said yet that it is over
        one.filled < unitsOf(one.terms.qty) &&
        (one.order === order || !qty.has(one.order) || targetOf.get(order) === one.order),
    )
  }
}

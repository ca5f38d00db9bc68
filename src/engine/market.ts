import type { OrderType } from '../core/order.ts'
import type { Market } from './filter-check.ts'
import { isAlgo, isResting, type LiveOrder } from './live-order.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** What the exchanges call our order types, spot and USDS-M. */
const VENUE_NAMES: Readonly<Record<OrderType, readonly string[]>> = {
  market: ['MARKET'],
  limit: ['LIMIT'],
  stop: ['STOP_LOSS', 'STOP_MARKET'],
  'stop-limit': ['STOP_LOSS_LIMIT', 'STOP'],
  touch: ['TAKE_PROFIT', 'TAKE_PROFIT_MARKET'],
  'touch-limit': ['TAKE_PROFIT_LIMIT', 'TAKE_PROFIT'],
  'trailing-stop': ['TRAILING_STOP_MARKET'],
}

const TYPES = Object.keys(VENUE_NAMES) as OrderType[]

/** What filters compare an order with, and what a reader must know of the comparison, said once for each set of rules. */
export class Markets {
  readonly #remark: (text: string) => void
  readonly #averaged = new Set<Rules>()
  readonly #notAveraged = new Set<Rules>()
  /** Types that the venue does not have and nobody has been told of yet. */
  readonly #foreign = new Map<Rules, OrderType[]>()
  /** Those of the rules that were asked of last. */
  #last: { readonly rules: Rules; readonly foreign: OrderType[] } | null = null

  constructor(remark: (text: string) => void) {
    this.#remark = remark
  }

  /**
   * What is known at the close of `row`.
   * @param hasLimit whether an order with a limit is to be compared; no other order has a price that PERCENT_PRICE would bound
   * @param except an open order that does not count against itself
   */
  at(slot: Slot, rules: Rules, row: number, hasLimit: boolean, except?: LiveOrder): Market {
    let openOrders = 0
    let openAlgoOrders = 0
    let held = slot.position.held
    for (const order of slot.orders) {
      if (!order.isAlive || order === except) continue
      if (isResting(order)) openOrders++
      if (isAlgo(order)) openAlgoOrders++
      if (order.side === 1 && !order.reduceOnly) held += order.qty
    }
    return {
      last: slot.toPrice(slot.bars.close[row]!),
      reference: hasLimit ? this.#reference(slot, rules, row) : Number.NaN,
      openOrders,
      openAlgoOrders,
      held,
    }
  }

  /** fills.md 18: PERCENT_PRICE looks at the mark price of a perpetual, on spot at the average of the last `avgPriceMins` minutes. */
  #reference(slot: Slot, rules: Rules, row: number): number {
    const rule = rules.filters.percentPriceBySide ?? rules.filters.percentPrice
    // of spot, and where no mark prices are stored, the closes
    const close = slot.marks[row]!
    if (rule === undefined || slot.instrument.kind !== 'spot' || rule.avgPriceMins === 0) return close
    const average = slot.referenceAt === null ? Number.NaN : slot.referenceAt(row, rule.avgPriceMins)
    const isKnown = Number.isFinite(average)
    const said = isKnown ? this.#averaged : this.#notAveraged
    if (!said.has(rules)) {
      said.add(rules)
      this.#remark(
        isKnown
          ? `${slot.symbol}: PERCENT_PRICE is checked against the volume-weighted closes of ${rule.avgPriceMins} minutes where 1m bars are stored, which approximate the exchange's average of trades`
          : `${slot.symbol}: PERCENT_PRICE is checked against the last close where no 1m bars are stored (the exchange averages ${rule.avgPriceMins} minutes)`,
      )
    }
    return isKnown ? average : close
  }

  /** Says which of the orders that were asked for the venue does not have. */
  noteForeign(slot: Slot, rules: Rules, { type, legs }: LiveOrder): void {
    const foreign = this.#foreignTypes(rules)
    this.#note(slot, foreign, type)
    if (legs?.stopLoss !== undefined) this.#note(slot, foreign, 'stop')
    if (legs?.trailingStop !== undefined) this.#note(slot, foreign, 'trailing-stop')
  }

  #note(slot: Slot, foreign: OrderType[], asked: OrderType): void {
    for (let k = 0; k < foreign.length; k++) {
      if (foreign[k] !== asked) continue
      foreign.splice(k, 1)
      return this.#remark(
        `${slot.symbol}: ${slot.instrument.venue} has no ${asked} order (${VENUE_NAMES[asked].join(', ')}); klinelab simulates it`,
      )
    }
  }

  #foreignTypes(rules: Rules): OrderType[] {
    if (this.#last?.rules === rules) return this.#last.foreign
    const { orderTypes } = rules.snapshot
    const isForeign = (type: OrderType) => !VENUE_NAMES[type].some((name) => orderTypes.includes(name))
    const foreign = this.#foreign.get(rules) ?? (orderTypes.length === 0 ? [] : TYPES.filter(isForeign))
    this.#foreign.set(rules, foreign)
    this.#last = { rules, foreign }
    return foreign
  }
}

import type { RunEvent } from '../../../core/event.ts'
import { type ForeignIncome, incomesOf } from '../foreign-income.ts'
import { type ForeignTrade, foreignOf } from '../foreign-trade.ts'
import { idOf, moneyBeside, type OtherTrade } from '../money-beside.ts'
import type { BrokerNote } from '../paper-broker.ts'
import { toldTradeOf } from '../told-trade.ts'
import { textOf, unitsOf } from './exact.ts'

/** What a person has let pass: it halts no more, and what comes after it does. */
interface Accepted {
  /** By symbol its coins, `''` the wallet in the quote asset: what is there beyond what is explained. */
  readonly gaps: Readonly<Record<string, string>>
  /** Orders of others, `SYMBOL id`, with their client ids. */
  readonly orders: Readonly<Record<string, string>>
}

/** What is known to have changed an account beside the session's own books: it explains what differs, and halts once. */
export class KnownChanges {
  readonly #isSpot: boolean
  readonly #trades: OtherTrade[] = []
  /** Ids of the session's fills that its engine has been told of, as numbers, in the order in which it was. */
  readonly #ids: number[] = []
  readonly #newest = new Map<string, number>()
  /** Whether the engine has a fill behind one that came after it. */
  #isMixed = false
  /** Fees of the session's own fills that were taken in another asset, and reckoned in the quote asset here. */
  #feesElsewhere = 0
  /** What symbols that are not the session's have added to the wallet, in units of `exact.ts`. */
  #income = 0n
  /** Those symbols, as far as this process has heard of them or a note says. */
  readonly others = new Set<string>()
  readonly #orders = new Map<string, string>()
  readonly #accepted = new Map<string, string>()
  /** What has been said since trading was resumed last. */
  #gapsSaid = new Map<string, string>()
  #ordersSaid = new Map<string, string>()

  constructor(isSpot: boolean) {
    this.#isSpot = isSpot
  }

  restore(notes: readonly BrokerNote[]): void {
    for (const note of notes) {
      const trade = foreignOf(note)
      if (trade !== null) this.addTrade(trade)
      this.addIncomes(incomesOf(note))
      const own = toldTradeOf(note)
      if (own !== null) {
        const { told, tradeId } = own
        this.addFill(told.symbol, tradeId, note['feeIn'] === undefined ? '0' : told.fee)
        const system = note['system'] as { readonly orderId: string; readonly clientId: string } | undefined
        if (system !== undefined) this.#orders.set(keyOf(told.symbol, system.orderId), system.clientId)
      }
      if (note.note === 'accepted') this.#accept(note as unknown as Accepted)
    }
  }

  addTrade(trade: ForeignTrade): void {
    this.#trades.push({ ...trade, after: this.#ids.length })
    this.#orders.set(keyOf(trade.symbol, trade.orderId), trade.clientId)
  }

  addIncomes(incomes: readonly ForeignIncome[]): void {
    for (const { symbol, amount } of incomes) {
      this.#income += unitsOf(amount)
      this.others.add(symbol)
    }
  }

  /** The engine has been told of a fill. @param feeElsewhere what of its fee is reckoned in the quote asset, and was taken in another */
  addFill(symbol: string, tradeId: string, feeElsewhere: string): void {
    const id = idOf(tradeId)
    this.#ids.push(id)
    if (id < (this.#newest.get(symbol) ?? id)) this.#isMixed = true
    else this.#newest.set(symbol, id)
    this.#feesElsewhere += Number(feeElsewhere)
  }

  /** An order of somebody else has been said. */
  said(symbol: string, id: string, clientId: string): void {
    this.#orders.set(keyOf(symbol, id), clientId)
    this.#ordersSaid.set(keyOf(symbol, id), clientId)
  }

  /** Client id of an order that is known to be somebody else's. */
  nameOf(symbol: string, id: string): string | undefined {
    return this.#orders.get(keyOf(symbol, id))
  }

  /** A difference that nothing explains has been said, and may be accepted; `null`: it is over, or may not. */
  differs(of: string, off: string | null): void {
    if (off === null) this.#gapsSaid.delete(of)
    else this.#gapsSaid.set(of, off)
  }

  /** What a person has let pass of a symbol's coins, or of the wallet (`''`). */
  acceptedOf(of: string): string {
    return this.#accepted.get(of) ?? '0'
  }

  /** A person has looked, and trading goes on. @returns the note of it; `null` where there was nothing to accept */
  accept(): BrokerNote | null {
    const accepted = { gaps: Object.fromEntries(this.#gapsSaid), orders: Object.fromEntries(this.#ordersSaid) }
    const isNothing = this.#gapsSaid.size + this.#ordersSaid.size === 0
    this.#gapsSaid = new Map()
    this.#ordersSaid = new Map()
    this.#accept(accepted)
    return isNothing ? null : { kind: 'broker', note: 'accepted', ...accepted }
  }

  /** What was accepted of a symbol's coins is there no more. @returns the note of it */
  gone(symbol: string): BrokerNote {
    const accepted = { gaps: { [symbol]: '0' }, orders: {} }
    this.#accept(accepted)
    return { kind: 'broker', note: 'accepted', ...accepted }
  }

  #accept({ gaps, orders }: Accepted): void {
    for (const [of, off] of Object.entries(gaps)) this.#accepted.set(of, off)
    for (const [key, clientId] of Object.entries(orders)) this.#orders.set(key, clientId)
  }

  /** Coins or contracts that others have traded, signed, in units of `exact.ts`, less fees that were taken out of them. */
  tradedOf(symbol: string): bigint {
    return this.#trades
      .filter((trade) => trade.symbol === symbol)
      .reduce((sum, { side, qty, fee, feeAsset }) => {
        const coins = side === 'buy' ? unitsOf(qty) : -unitsOf(qty)
        return sum + coins - (feeAsset === 'base' ? unitsOf(fee) : 0n)
      }, 0n)
  }

  /** What the wallet holds beyond the session's books and is explained by what is known, in the quote asset. */
  money(events: readonly RunEvent[]): number {
    const beside = this.#feesElsewhere + Number(textOf(this.#income))
    if (this.#trades.length === 0 && !this.#isMixed) return beside
    const fills = this.#isSpot ? [] : events.flatMap((event) => (event.type === 'fill' ? [event.fill] : []))
    const own = fills.map((fill, k) => ({ ...fill, tradeId: this.#ids[k] ?? Number.NaN }))
    return beside + moneyBeside(this.#trades, own, this.#isSpot)
  }
}

function keyOf(symbol: string, id: string): string {
  return `${symbol} ${id}`
}

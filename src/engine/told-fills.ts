import { type Decimal, fromUnits, parseDecimal, safe } from '../core/decimal.ts'
import type { Cancelled } from '../core/event.ts'
import { fromLedger } from '../core/money.ts'
import type { Told } from '../core/told.ts'
import type { Acceptance } from './acceptance.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { Brackets } from './bracket-life.ts'
import type { EventLog } from './event-log.ts'
import { exitCause } from './fill-model.ts'
import { blankOrder, type LiveOrder, viewOrder } from './live-order.ts'
import type { Slot } from './slot.ts'
import { followPosition } from './told-exits.ts'

/** Orders of a market that have ended and may still be told of: whatever crosses is of the last few. */
const MOST_ENDED = 1000

type Of<K extends Told['kind']> = Extract<Told, { kind: K }>

/** What becomes of orders besides their fills. */
interface OrderLife {
  end(slot: Slot, order: LiveOrder): void
  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void
  /** By the bar that has closed, as in a backtest. */
  moveTrails(slot: Slot): void
  sweep(slot: Slot): void
}

/**
 * Orders that are filled at an exchange: what it says of them enters the same books, and brackets live by the same rules. Prices are
 * its own; no bar is met here.
 */
export class ToldFills {
  readonly #account: Account
  readonly #acceptance: Acceptance
  readonly #books: Books
  readonly #brackets: Brackets
  readonly #log: EventLog
  readonly #life: OrderLife
  /** Orders that have ended here: a cancel and a fill may cross, and what was filled was filled. */
  readonly #ended = new Map<Slot, Map<string, LiveOrder>>()

  constructor(
    account: Account,
    acceptance: Acceptance,
    books: Books,
    brackets: Brackets,
    log: EventLog,
    life: OrderLife,
  ) {
    this.#account = account
    this.#acceptance = acceptance
    this.#books = books
    this.#brackets = brackets
    this.#log = log
    this.#life = life
  }

  /** A bar has closed: levels that trail move by it, and whoever keeps the orders is told by events. */
  endBar(slot: Slot): void {
    const trails = slot.orders.filter(({ isAlive, type }) => isAlive && type === 'trailing-stop')
    const before = trails.map(({ trigger }) => trigger)
    if (trails.length > 0) {
      slot.loadUnitBar()
      this.#life.moveTrails(slot)
    }
    slot.meeting++
    for (const [k, order] of trails.entries())
      if (order.trigger !== before[k])
        this.#log.record(slot, {
          type: 'amended',
          at: slot.closeTime,
          order: viewOrder(order, slot.symbol, slot.scales),
        })
  }

  /** @throws RangeError for amounts that are no decimals, or finer than the instrument's grid */
  take(slot: Slot, told: Told): void {
    slot.toldAt = told.at
    try {
      this.#take(slot, told)
    } finally {
      slot.toldAt = Number.NaN
    }
  }

  #take(slot: Slot, told: Told): void {
    if (told.kind === 'funding') this.#funding(slot, told)
    else if (told.kind === 'fill') this.#fill(slot, told)
    else {
      const order = slot.orders.find(({ id, isAlive }) => isAlive && id === told.order)
      if (order === undefined) return
      if (told.kind === 'triggered') this.#triggered(slot, order, told.at)
      else this.#end(slot, order, told)
    }
    this.followPosition(slot, told.at)
    this.#life.sweep(slot)
  }

  /** Exits are for what is held, and end where nothing is. */
  followPosition(slot: Slot, at: number): void {
    followPosition(slot, at, { cancel: this.#life.cancel, log: this.#log })
  }

  /** Orders that end here are remembered until they must have ended there. */
  note(slot: Slot, order: LiveOrder): void {
    const ended = this.#ended.get(slot) ?? new Map<string, LiveOrder>()
    this.#ended.set(slot, ended)
    ended.set(order.id, order)
    if (ended.size > MOST_ENDED) ended.delete(ended.keys().next().value!)
  }

  /** Why it cannot be taken; `null`: it can. */
  whyNot(slot: Slot, told: Told): string | null {
    try {
      if (told.kind === 'fill') this.#read(slot, told)
      else if (told.kind === 'funding') this.#units(told.paid)
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  #read(slot: Slot, told: Of<'fill'>) {
    const { scales, symbol } = slot
    return {
      qty: exactly(told.qty, scales.qtyDecimals, `${symbol} ${told.order}: a filled quantity`),
      price: exactly(told.price, scales.priceDecimals, `${symbol} ${told.order}: a fill's price`),
      fee: told.feeAsset === 'base' ? roundedUp(parseDecimal(told.fee), scales.qtyDecimals) : this.#units(told.fee),
      feeInBase: told.feeAsset === 'base',
      order: told.system === undefined ? this.#find(slot, told.order) : systemOrder(slot, told),
    }
  }

  #units(paid: string): number {
    return roundedUp(parseDecimal(paid), this.#account.ledger.decimals)
  }

  #fill(slot: Slot, told: Of<'fill'>): void {
    const { qty, price, fee, feeInBase, order } = this.#read(slot, told)
    const rules = slot.rulesAt(told.at)
    const last = this.#acceptance.lastSequence
    const { side } = order
    const isLate = !order.isAlive
    order.qty = Math.max(0, order.qty - qty)
    if (order.isAlive && order.qty === 0) this.#life.end(slot, order)
    else if (order.isAlive) this.#acceptance.funds.split(slot, order, qty, price, rules)
    const isMaker = told.liquidity === 'maker'
    const phase = 'inside'
    const exit = {
      order,
      side,
      qty,
      price,
      reference: price,
      phase,
      isMaker,
      fee,
      feeInBase,
      exitCause: told.system?.by ?? exitCause(order),
    } as const
    const opened = this.#books.enter(
      slot,
      { ...exit, at: told.at, insideRow: insideRowOf(slot, order, told.at) },
      rules,
    )
    this.#brackets.followUp(slot, order, { qty, price, phase: 'open', opened, isLate }, rules)
    // of the bar in which they went live only the close is known to have come later
    for (const leg of slot.orders) if (leg.sequence > last) leg.insideOf = slot.meeting
  }

  /** One that nobody here has sent stands for itself: what it did to the position is as true. */
  #find(slot: Slot, id: string): LiveOrder {
    const known = slot.orders.find((order) => order.id === id) ?? this.#ended.get(slot)?.get(id)
    if (known === undefined) throw new RangeError(`${slot.symbol}: a fill is told of order ${id}, which was never sent`)
    return known
  }

  #triggered(slot: Slot, order: LiveOrder, at: number): void {
    if (order.trigger === -1) return
    const price = fromUnits(order.trigger, slot.scales.priceDecimals)
    this.#log.record(slot, { type: 'triggered', at, symbol: slot.symbol, id: order.id, price })
    if (order.limit === -1) order.hasTriggered = true
    else {
      order.type = 'limit'
      order.trigger = -1
    }
  }

  #end(slot: Slot, order: LiveOrder, { reason, why, at }: Of<'ended'>): void {
    this.#life.end(slot, order)
    const { symbol } = slot
    const { id, tag } = order
    if (reason === 'refused')
      return this.#log.record(slot, {
        type: 'rejected', at, symbol, id, reason: 'EXCHANGE', filter: null, value: why, limit: 'what the exchange takes', tag,
      }) // biome-ignore format: one event
    const said: Cancelled['reason'] = reason
    this.#log.record(slot, { type: 'cancelled', at, symbol, id, reason: said })
  }

  #funding(slot: Slot, { paid, rate, mark, at }: Of<'funding'>): void {
    const units = this.#units(paid)
    slot.position.payFunding(units, this.#account)
    if (slot.margin?.mode === 'isolated') slot.margin.isolated -= units
    this.#log.record(slot, {
      type: 'funding', at, symbol: slot.symbol, rate: Number(rate), mark: Number(mark), qty: slot.position.heldQty,
      paid: fromLedger(this.#account.ledger, units),
    }) // biome-ignore format: one event
  }
}

/**
 * What stands for an order that the exchange made itself. It lives no longer than its fill; a liquidation has no tag, as none of a backtest
 * has one.
 */
function systemOrder(slot: Slot, { order: id, system }: Of<'fill'>): LiveOrder {
  const { by, side } = system!
  const tag = by === 'liquidation' ? null : by
  const draft = { id, side: side === 'buy' ? 1 : -1, type: 'market', role: 'liquidation', tag, qty: 0 } as const
  return blankOrder({ ...draft, reduceOnly: true, isAlive: false, acceptedRow: slot.row })
}

/**
 * The row of the bar that is underway, −1 where all of it comes after the fill: what is bought at the market leaves at the close before, and what
 * rests may fill at the open. So a trade's excursion is that of a backtest (fills.md 20).
 */
function insideRowOf(slot: Slot, { type }: LiveOrder, at: number): number {
  return type === 'market' || at <= slot.closeTime ? -1 : slot.row + 1
}

/** @throws RangeError where the text has more decimals than the instrument */
function exactly(text: string, decimals: number, what: string): number {
  const { digits, decimals: own } = parseDecimal(text)
  if (own > decimals)
    throw new RangeError(`${what} is ${text}, finer than the ${decimals} decimals that its market has`)
  return safe(digits * 10n ** BigInt(decimals - own))
}

/** Units of so many decimals, rounded against the trader: what is paid up, what is received down. */
function roundedUp({ digits, decimals }: Decimal, units: number): number {
  if (decimals <= units) return safe(digits * 10n ** BigInt(units - decimals))
  const divisor = 10n ** BigInt(decimals - units)
  const cut = digits / divisor
  return safe(digits > 0n && cut * divisor < digits ? cut + 1n : cut)
}

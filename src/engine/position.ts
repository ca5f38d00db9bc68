import type { BarColumns } from '../core/bar.ts'
import { fromUnits, mulDiv, POW10, type Rounding, wholeQuotient } from '../core/decimal.ts'
import { fromLedger, type Ledger, notionalUnits, type Rate } from '../core/money.ts'
import type { OpenTrade, Trade } from '../core/trade.ts'
import type { Account } from './account.ts'
import type { Scales } from './rules.ts'
import { Trip } from './trip.ts'
import type { Cursor } from './view.ts'

/** A fill as the ledger sees it: whole units only. */
export interface Execution {
  readonly side: 1 | -1
  readonly qty: number
  readonly price: number
  /** A rate, or the amount where it is stated: in ledger units, with `feeInBase` in units of the base. Below 0: a rebate. */
  readonly fee: Rate | number
  readonly feeInBase: boolean
  readonly time: number
  readonly row: number
  /** Whether it happened inside its bar, so that part of the bar came before it. */
  readonly isInside: boolean
  /** The row inside which it was, where that is another: an exchange fills in the bar that has not closed yet. −1: at an open. */
  readonly insideRow?: number | undefined
  /** Number of the trade that it may close. */
  readonly trade: number
  readonly symbol: string
  readonly entryTag: string
  readonly exitTag: string
}

/** What a fill did to the books. */
export interface Settlement {
  /** Ledger units. */
  readonly fee: number
  readonly realised: number
  /** A round trip that ended with this fill. */
  readonly closed: Trade | null
  /** Base asset left below one step, when the position went flat. */
  readonly dust: number
}

/** What of a holding is left once a coarser step is in force; less than one step stays as it is. */
export function wholeSteps(units: number, step: number): number {
  return units < step ? units : wholeQuotient(units, step) * step
}

/** One net position at average cost, and the trade it belongs to (fills.md 20). */
export class Position {
  readonly #scales: Scales
  readonly #ledger: Ledger
  /** Everything owned, dust included; signed units. `cost` is what it cost, signed ledger units. */
  held = 0
  cost = 0
  /** What can be traded, signed units; `qty` is the same as a number. */
  units = 0
  qty = 0
  /** `held` as a number, for marking. */
  heldQty = 0
  /** The row inside which the open trade began, −1 where it began at an open. */
  insideRow = -1
  /** Whether closed trades say how far price went against and for them. */
  keepsExtremes = true
  /** Fees of what was bought and became dust, ledger units: of the next trade, which sells it. */
  untraded = 0
  #trip: Trip | null = null
  /** Whole bars that the open trade has lived through and nobody has looked at: rows [from, to). */
  #unseenFrom = 0
  #unseenTo = 0

  readonly #cursor: Cursor
  readonly #bars: BarColumns
  readonly #marks: Float64Array

  constructor(scales: Scales, ledger: Ledger, cursor: Cursor, bars: BarColumns, marks: Float64Array) {
    this.#scales = scales
    this.#ledger = ledger
    this.#cursor = cursor
    this.#bars = bars
    this.#marks = marks
  }

  get row(): number {
    return this.#cursor.row
  }

  /** What it is marked at: the mark price of a perpetual where stored, else the last close. */
  get mark(): number {
    return this.#marks[this.#cursor.row]!
  }

  get entryPrice(): number {
    return this.#trip === null ? 0 : this.#trip.heldPrice
  }
  get entryTime(): number {
    return this.#trip === null ? Number.NaN : this.#trip.time
  }
  get unrealised(): number {
    return this.qty === 0 ? 0 : this.qty * (this.mark - this.entryPrice)
  }
  get bars(): number {
    return this.#trip === null ? 0 : this.row - this.#trip.row
  }

  /** Extremes the open trade has lived through, its entry and bad extremes of the entry's bar included. */
  get high(): number {
    if (this.#trip === null) return Number.NaN
    this.#lookBack(this.#trip)
    return this.#trip.high
  }
  get low(): number {
    if (this.#trip === null) return Number.NaN
    this.#lookBack(this.#trip)
    return this.#trip.low
  }

  /** Widens the excursion of the open trade by prices it has lived through. */
  track(high: number, low: number): void {
    const trip = this.#trip
    if (trip === null) return
    if (high > trip.high) trip.high = high
    if (low < trip.low) trip.low = low
  }

  /** The bar at the cursor is over and the position lives: of a bar it began inside, only the bad extreme counts. */
  trackBar(): void {
    const trip = this.#trip
    if (trip === null) return
    const { row } = this.#cursor
    const { high, low, close } = this.#bars
    const isWhole = this.insideRow !== row
    const top = isWhole || this.held <= 0 ? high[row]! : close[row]!
    const bottom = isWhole || this.held > 0 ? low[row]! : close[row]!
    if (top > trip.high) trip.high = top
    if (bottom < trip.low) trip.low = bottom
  }

  /**
   * The same of whole bars, rows [first, last], which are looked at once somebody wants to know. Bars between two such stretches may be
   * looked at twice: from its second bar on a trade lives through whole ones.
   */
  trackBars(first: number, last: number): void {
    if (this.#trip === null) return
    if (this.#unseenFrom >= this.#unseenTo) this.#unseenFrom = first
    this.#unseenTo = last + 1
  }

  #lookBack(trip: Trip): void {
    const to = this.#unseenTo
    if (this.#unseenFrom >= to) return
    const { high, low } = this.#bars
    let top = trip.high
    let bottom = trip.low
    for (let row = this.#unseenFrom; row < to; row++) {
      if (high[row]! > top) top = high[row]!
      if (low[row]! < bottom) bottom = low[row]!
    }
    trip.high = top
    trip.low = bottom
    this.#unseenFrom = to
  }

  /**
   * Books one fill: closes what it closes at a proportional cost (the last part takes the remainder), opens the rest.
   * Notional paid rounds up and received rounds down to the ledger's unit, fees round up and rebates down. `step` and `minQty` say what
   * of the holding can be traded.
   */
  settle(at: Execution, account: Account, step: number, minQty: number): Settlement {
    const { priceDecimals, qtyDecimals } = this.#scales
    const price = fromUnits(at.price, priceDecimals)
    const closing = Math.sign(this.units) === -at.side ? Math.min(at.qty, Math.abs(this.units)) : 0
    const opening = at.qty - closing
    const rounding = at.side === 1 ? 'up' : 'down'
    const fee = at.feeInBase ? 0 : typeof at.fee === 'number' ? at.fee : this.#notional(at, at.qty, 'up', at.fee)
    const closingFee = opening === 0 ? fee : Math.sign(fee) * mulDiv(Math.abs(fee), closing, at.qty, 'down')
    let realised = 0
    let closed: Settlement['closed'] = null
    if (closing > 0) {
      realised = this.#reduce(at, closing, -at.side * this.#notional(at, closing, rounding), account)
      const trip = this.#trip!
      trip.exit.add(price, fromUnits(closing, qtyDecimals))
      trip.realised += realised
      trip.fees += closingFee
      this.track(price, price)
    }
    this.#setTradable(step, minQty)
    if (closing > 0) {
      if (this.units === 0) closed = this.#endTrip(at)
      else this.#trip!.keep(Math.abs(this.heldQty))
    }
    let baseFee = 0
    if (opening > 0) {
      const isAdded = this.#trip !== null
      const inside = at.insideRow ?? (at.isInside ? at.row : -1)
      if (this.#trip === null) {
        this.#trip = new Trip(at.side === 1, at, price)
        this.#trip.fees = this.untraded
        this.untraded = 0
        this.#unseenFrom = this.#unseenTo
        this.insideRow = inside
      }
      const trip = this.#trip
      const paid = this.#notional(at, opening, rounding)
      this.held += at.side * opening
      this.cost += at.side * paid
      account.cost += at.side * paid
      // inside the bar on which it began, of which only the bad extreme is looked at
      if (isAdded && inside !== -1 && inside === this.insideRow) this.track(price, price)
      trip.notional += paid
      trip.fees += fee - closingFee
      const before = Math.abs(this.held) - opening
      if (at.feeInBase) baseFee = this.#payFeeInBase(at, opening, paid, account, trip)
      trip.add(price, fromUnits(opening, qtyDecimals), fromUnits(Math.abs(this.held) - before, qtyDecimals))
      // what is held under an older minimum stays so when more is bought, as it does under a newer grid (`regrid`)
      if (isAdded) this.#setUnits(wholeSteps(Math.abs(this.held), step))
      else this.#setTradable(step, minQty)
      trip.most = Math.max(trip.most, Math.abs(this.units))
      // bought and all of it dust: nothing is held that a trade could be about; the one that will sell it has paid its fees
      if (this.units === 0) {
        this.untraded = trip.fees
        this.#trip = null
      }
    }
    account.wallet += realised - fee
    account.realised += realised
    account.feesUnits += fee
    account.refresh()
    const dust = this.units === 0 && this.held !== 0 ? this.held : 0
    return { fee: fee + baseFee, realised, closed, dust }
  }

  #notional(at: Execution, qty: number, rounding: Rounding, rate?: Rate): number {
    const { priceDecimals, qtyDecimals } = this.#scales
    return notionalUnits(this.#ledger, at.price, priceDecimals, qty, qtyDecimals, rounding, rate)
  }

  /** Funding paid (ledger units, negative where received) while the open trade was held. */
  payFunding(paid: number, account: Account): void {
    if (this.#trip !== null) this.#trip.funding += paid
    account.wallet -= paid
    account.fundingUnits += paid
    account.refresh()
  }

  /** A coarser step: keeps tradable what is a whole number of steps; returns what is not. A holding below one step stays. */
  regrid(step: number): number {
    if (wholeSteps(Math.abs(this.units), step) === Math.abs(this.units)) return 0
    this.#setTradable(step, 0)
    return Math.abs(this.held) - Math.abs(this.units)
  }

  #reduce(at: Execution, closing: number, cashDelta: number, account: Account): number {
    const all = Math.abs(this.held)
    const part = closing === all ? this.cost : Math.sign(this.cost) * mulDiv(Math.abs(this.cost), closing, all, 'down')
    this.held += at.side * closing
    this.cost -= part
    account.cost -= part
    return cashDelta - part
  }

  /**
   * fills.md 17: the fee is a part of what was bought, given away at cost, so the books balance without a price. A rebate
   * is more of it, taken at cost; of either, less stays.
   */
  #payFeeInBase(at: Execution, opening: number, paid: number, account: Account, trip: Trip): number {
    const { fee } = at
    const isRebate = (typeof fee === 'number' ? fee : fee.digits) < 0
    const share =
      typeof fee === 'number'
        ? Math.abs(fee)
        : mulDiv(opening, Math.abs(fee.digits), POW10[fee.decimals]!, isRebate ? 'down' : 'up')
    const atCost = mulDiv(paid, Math.min(opening, share), opening, 'down')
    const feeQty = isRebate ? 0 - share : Math.min(opening, share)
    const value = isRebate ? 0 - atCost : atCost
    this.held -= feeQty
    this.cost -= value
    account.cost -= value
    account.wallet -= value
    account.feesUnits += value
    trip.fees += value
    return value
  }

  #setTradable(step: number, minQty: number): void {
    const whole = wholeQuotient(Math.abs(this.held), step) * step
    this.#setUnits(whole < minQty ? 0 : whole)
  }

  /** @param whole what can be traded of the holding, units */
  #setUnits(whole: number): void {
    this.units = Math.sign(this.held) * whole
    this.qty = fromUnits(this.units, this.#scales.qtyDecimals)
    this.heldQty = fromUnits(this.held, this.#scales.qtyDecimals)
  }

  #endTrip(at: Execution): Trade {
    const trip = this.#trip!
    const { keepsExtremes } = this
    if (keepsExtremes) this.#lookBack(trip)
    this.#trip = null
    const described = trip.describe(at.row, this.#ledger, this.#scales.qtyDecimals)
    // written out: a spread of so many fields costs more than all else that a fill does
    return {
      n: at.trade,
      symbol: at.symbol,
      side: described.side,
      qty: described.qty,
      entryTime: described.entryTime,
      entryPrice: described.entryPrice,
      fees: described.fees,
      funding: described.funding,
      pnl: described.pnl,
      return: described.return,
      bars: described.bars,
      mae: keepsExtremes ? described.mae : Number.NaN,
      mfe: keepsExtremes ? described.mfe : Number.NaN,
      entryTag: described.entryTag,
      exitTime: at.time,
      exitPrice: trip.exit.price,
      exitTag: at.exitTag,
    }
  }

  /** The open trade as it stands at the last mark. */
  openTrade(markTime: number): Omit<OpenTrade, 'n' | 'symbol'> | null {
    if (this.#trip === null) return null
    this.#lookBack(this.#trip)
    const trip = this.#trip.describe(this.row, this.#ledger, this.#scales.qtyDecimals)
    const pnl = trip.pnl + this.unrealised
    return {
      ...trip,
      pnl,
      return: pnl / fromLedger(this.#ledger, this.#trip.notional),
      markTime,
      markPrice: this.mark,
    }
  }
}

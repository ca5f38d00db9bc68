import { firstRowAt } from '../core/bar.ts'
import { decimalsOf, exactUnits, POW10 } from '../core/decimal.ts'
import type { FundingColumns, MarginMode, MarginTerms, MarkColumns } from '../core/leverage.ts'
import { fromLedger, type Ledger, notionalUnits, type Rate } from '../core/money.ts'
import type { Position } from './position.ts'
import type { Scales } from './rules.ts'
import type { SlotOptions } from './slot-options.ts'
import { compileTiers, mostNotional, rateExactly, type Tier, tierOf } from './tiers.ts'

/** Mark prices carry up to eight decimals; more would not be an exchange's. */
const MOST_DECIMALS = 8

/** The margin of one perpetual: its terms, mark prices and funding, and what is set aside for an isolated position. */
export class SlotMargin {
  readonly terms: MarginTerms
  /** As the terms have it until an account changes it, which it may while nothing is held and no order is open. */
  mode: MarginMode
  readonly tiers: readonly Tier[]
  /** Upper ends (quote asset) and maintenance ratios of the tiers, as numbers. */
  readonly bounds: Float64Array
  readonly ratios: Float64Array
  readonly liquidationFee: Rate
  readonly marks: MarkColumns
  readonly markDecimals: number
  /** Whether positions are marked at the bars' own prices, as no marks are stored: then finer bars tell marks as well. */
  readonly isMarkedByBars: boolean
  readonly funding: FundingColumns | null
  /** Ledger units set aside for an isolated position. */
  isolated = 0
  /** Row of the last mark that is known when orders are checked: that of the last instant that has ended. */
  markRow = 0
  /** Next row of `funding`. */
  nextFunding = 0
  readonly #ledger: Ledger
  #leverage = 1
  #mostNotional = 0
  readonly #scales: Scales
  readonly #position: Position
  /** Exact rates of funding: most of them come again and again. */
  readonly #rates = new Map<number, Rate>()

  /** @throws RangeError where the tiers do not allow the leverage */
  constructor(
    terms: MarginTerms,
    position: Position,
    scales: Scales,
    ledger: Ledger,
    columns: {
      readonly marks: MarkColumns
      readonly markDecimals: number
      readonly isMarkedByBars: boolean
      readonly funding: FundingColumns | null
    },
  ) {
    this.terms = terms
    this.mode = terms.mode
    this.tiers = compileTiers(terms.tiers, ledger)
    this.setLeverage(terms.leverage)
    this.bounds = Float64Array.from(this.tiers, ({ cap }) => fromLedger(ledger, cap))
    this.ratios = Float64Array.from(this.tiers, ({ ratio }) => ratio.digits / POW10[ratio.decimals]!)
    this.liquidationFee = rateExactly(terms.liquidationFee)
    this.marks = columns.marks
    this.markDecimals = Math.min(MOST_DECIMALS, Math.max(columns.markDecimals, scales.priceDecimals))
    this.isMarkedByBars = columns.isMarkedByBars
    this.funding = columns.funding
    this.#position = position
    this.#scales = scales
    this.#ledger = ledger
  }

  get leverage(): number {
    return this.#leverage
  }

  /** Ledger units of notional that the leverage allows. */
  get mostNotional(): number {
    return this.#mostNotional
  }

  /** @throws RangeError where the tiers do not allow it */
  setLeverage(leverage: number): void {
    const { tiers } = this.terms
    const most = this.tiers[0]!.leverage
    if (!Number.isInteger(leverage) || leverage < 1 || leverage > most)
      throw new RangeError(
        `leverage ${leverage} of ${tiers.symbol}: its tiers (${tiers.source}) allow whole numbers from 1 to ${most}`,
      )
    this.#leverage = leverage
    this.#mostNotional = mostNotional(this.tiers, leverage)
  }

  /** When funding falls due next, UTC ms; Infinity where no more is known yet. Of a position: it is looked for when one is opened. */
  get nextFundingTime(): number {
    const { funding, nextFunding } = this
    // not `?? Infinity`: a read past the end is slow, and this is asked on every bar of what is held
    return funding !== null && nextFunding < funding.time.length ? funding.time[nextFunding]! : Number.POSITIVE_INFINITY
  }

  get lastMark(): number {
    return this.toUnits(this.marks.close[this.markRow]!)
  }

  /** A mark price in whole units. */
  toUnits(price: number): number {
    return exactUnits(price, this.markDecimals) ?? Math.round(price * POW10[this.markDecimals]!)
  }

  /** Notional of what is held at a mark price, ledger units, rounded against the holder: assets down, debts up. */
  valueAt(mark: number): number {
    const { held } = this.#position
    const value = this.#notional(mark, Math.abs(held), held > 0 ? 'down' : 'up')
    return held > 0 ? value : -value
  }

  /** Unrealised profit at a mark price, ledger units. */
  unrealisedAt(mark: number): number {
    return this.valueAt(mark) - this.#position.cost
  }

  tierAt(mark: number): Tier {
    return tierOf(this.tiers, this.#notional(mark, Math.abs(this.#position.held), 'up'))
  }

  /** Maintenance margin at a mark price, ledger units, rounded up. */
  maintenanceAt(mark: number): number {
    const { ratio, cum } = this.tierAt(mark)
    return Math.max(0, this.#notional(mark, Math.abs(this.#position.held), 'up', ratio) - cum)
  }

  /** Funding of what is held: paid by longs where the rate is above 0. Cut off below the unit for both sides alike. */
  fundingAt(price: number, rate: number): number {
    const { held } = this.#position
    // a mark of the exchange may be finer than what positions are marked at
    const known = exactUnits(price, this.markDecimals)
    const decimals = known === null ? decimalsOf(price) : this.markDecimals
    const mark = known ?? exactUnits(price, decimals) ?? Math.round(price * POW10[decimals]!)
    const amount = notionalUnits(
      this.#ledger, mark, decimals, Math.abs(held), this.#scales.qtyDecimals, 'down', this.#exactRate(rate),
    ) // biome-ignore format: one call
    return held > 0 === rate > 0 ? amount : -amount
  }

  #exactRate(rate: number): Rate {
    let exact = this.#rates.get(rate)
    if (exact === undefined) {
      exact = rateExactly(rate)
      this.#rates.set(rate, exact)
    }
    return exact
  }

  #notional(mark: number, qty: number, rounding: 'up' | 'down', rate?: Rate): number {
    return notionalUnits(this.#ledger, mark, this.markDecimals, qty, this.#scales.qtyDecimals, rounding, rate)
  }
}

/** That of an instrument; its marks are those stored, or the bars themselves. @throws RangeError as `SlotMargin` */
export function slotMarginOf(
  { bars, startRow, funding = null, marks: stored = null }: SlotOptions,
  terms: MarginTerms,
  marks: MarkColumns & { readonly decimals: number },
  position: Position,
  scales: Scales,
  ledger: Ledger,
): SlotMargin {
  const margin = new SlotMargin(terms, position, scales, ledger, {
    marks,
    markDecimals: marks.decimals,
    isMarkedByBars: stored === null,
    funding,
  })
  // what fell due before the run is not its own
  if (funding !== null) margin.nextFunding = firstRowAt(funding.time, bars.openTime[startRow] ?? 0)
  return margin
}

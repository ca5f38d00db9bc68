import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalOf } from '../../src/core/decimal.ts'
import type { Fill } from '../../src/core/fill.ts'
import { rateOf } from '../../src/core/money.ts'
import type { Trade } from '../../src/core/trade.ts'
import type { Engine } from '../../src/engine/index.ts'
import { ceilDiv, floorDiv, plainText } from '../core/exact.ts'
import { LIQUIDATION_FEE, play } from './run.ts'
import { hindered, type Scenario, scenario } from './scenario.ts'

/** Thousands of comparisons a run: told apart by name, and without the matchers' cost. */
function same<T>(what: string, found: T, expected: T): void {
  if (!Object.is(found, expected)) expect.fail(`${what} is ${found}, and ${expected} by the books`)
}

/** A double as whole units of 10^-decimals; it must be exactly that decimal. */
function unitsOf(value: number, decimals: number): bigint {
  const units = BigInt(Math.round(value * 10 ** decimals))
  same('a number of whole units', value + 0, Number(plainText(units, decimals)))
  return units
}

/** The books kept a second time, from the list of fills alone and in BigInt. */
class Books {
  cash: bigint
  fees = 0n
  realised = 0n
  slippage = 0n
  readonly held = new Map<string, bigint>()
  readonly #of: Scenario
  readonly #decimals: number

  constructor(of: Scenario, engine: Engine) {
    this.#of = of
    this.#decimals = engine.account.ledger.decimals
    this.cash = floorDiv(unitsOf(of.cash, 8) * 10n ** BigInt(this.#decimals), 10n ** 8n)
  }

  /** price × qty × rate in ledger units, before rounding, as numerator and denominator. */
  #money(price: bigint, qty: bigint, places: number, up: boolean, rate?: number): bigint {
    const { digits, decimals } = rate === undefined ? { digits: 1, decimals: 0 } : rateOf(rate, 'fee', 'rebate')
    const divide = up ? ceilDiv : floorDiv
    return divide(price * qty * BigInt(digits) * 10n ** BigInt(this.#decimals), 10n ** BigInt(places + decimals))
  }

  book(fill: Fill, engine: Engine): void {
    const slot = engine.slots.find(({ symbol }) => symbol === fill.symbol)!
    const { priceDecimals, qtyDecimals } = slot.scales
    const places = priceDecimals + qtyDecimals
    const [price, qty] = [unitsOf(fill.price, priceDecimals), unitsOf(fill.qty, qtyDecimals)]
    const before = this.held.get(fill.symbol) ?? 0n
    const isBuy = fill.side === 'buy'
    // a fill that flips a position pays for what it closes and for what it opens, each rounded by itself
    const against = isBuy ? -before : before
    const closing = against <= 0n ? 0n : against < qty ? against : qty
    for (const part of [closing, qty - closing]) {
      const notional = this.#money(price, part, places, isBuy)
      this.cash += isBuy ? -notional : notional
    }
    const rate = fill.liquidity === 'maker' ? this.#of.feeMaker : this.#of.feeTaker
    let feeQty = 0n
    if (fill.feeAsset === 'USDT') {
      // a liquidation's fee is its own rate, or what the margin still held where that is less
      const isTaken = fill.role === 'liquidation'
      const full = this.#money(price, qty, places, true, isTaken ? LIQUIDATION_FEE : rate)
      const taken = unitsOf(fill.fee, this.#decimals)
      if (isTaken && (taken < 0n || taken > full)) expect.fail(`a liquidation fee of ${taken}, of at most ${full}`)
      const fee = isTaken ? taken : full
      this.cash -= fee
      same('fee', unitsOf(fill.fee, this.#decimals), fee)
    } else {
      expect([this.#of.kind, this.#of.feeAsset, fill.side]).toEqual(['spot', 'received', 'buy'])
      const { digits, decimals } = rateOf(rate, 'fee', 'rebate')
      feeQty = ceilDiv(qty * BigInt(digits), 10n ** BigInt(decimals))
      // worth what it cost; of a rebate no part of a unit more
      const size = feeQty < 0n ? -feeQty : feeQty
      const worth = floorDiv(this.#money(price, qty, places, true) * size, qty)
      same('fee in the base asset', unitsOf(fill.fee, this.#decimals), feeQty < 0n ? -worth : worth)
    }
    this.held.set(fill.symbol, before + (isBuy ? qty - feeQty : -qty))
    this.fees += unitsOf(fill.fee, this.#decimals)
    this.realised += unitsOf(fill.realised, this.#decimals)
    const slipped = unitsOf(fill.price, priceDecimals) - unitsOf(fill.reference, priceDecimals)
    this.slippage += this.#money(slipped < 0n ? -slipped : slipped, qty, places, true)
  }

  /** The engine's account must tell the same story, to the last unit. */
  compare(engine: Engine): void {
    const { account, slots } = engine
    same('wallet − cost', BigInt(account.wallet - account.cost), this.cash)
    const isSpot = this.#of.kind === 'spot'
    same('cash', unitsOf(account.cash, this.#decimals), isSpot ? this.cash : BigInt(account.wallet))
    same('fees', BigInt(account.feesUnits), this.fees)
    same('realised', BigInt(account.realised), this.realised)
    same('slippage', BigInt(account.slippageUnits), this.slippage)
    same('wallet', account.wallet, account.start + account.realised - account.feesUnits - account.fundingUnits)
    same(
      'cost',
      account.cost,
      slots.reduce((sum, { position }) => sum + position.cost, 0),
    )
    for (const { symbol, position, scales } of slots) {
      const held = this.held.get(symbol) ?? 0n
      same(`${symbol} held`, BigInt(position.held), held)
      if (held === 0n) same(`${symbol} cost of nothing`, position.cost + 0, 0)
      same(`${symbol} qty`, unitsOf(position.qty, scales.qtyDecimals), BigInt(position.units))
    }
  }
}

/** Places of any equity: prices have at most 8, quantities 8. */
const PLACES = 24

/** Cash of the second books and their holdings at the last closes, in whole 10^-PLACES. */
function exactly(of: Scenario, books: Books, engine: Engine): bigint {
  let sum = books.cash * 10n ** BigInt(PLACES - engine.account.ledger.decimals)
  for (const { symbol, scales, row, hasBegun, bars } of engine.slots) {
    const market = of.markets.find((one) => one.symbol === symbol)!
    const held = books.held.get(symbol) ?? 0n
    if (!hasBegun || held === 0n) continue
    const close = unitsOf(bars.close[row]!, market.decimals)
    sum += held * close * 10n ** BigInt(PLACES - scales.qtyDecimals - market.decimals)
  }
  return sum
}

function watched(of: Scenario) {
  let books: Books | null = null
  const booksOf = (engine: Engine) => {
    books ??= new Books(of, engine)
    return books
  }
  // on margin an order binds a share of its notional, and no cash
  const locks = (engine: Engine) =>
    of.kind === 'perpetual'
      ? 0
      : engine.slots.reduce((sum, { orders }) => sum + orders.reduce((all, o) => all + (o.isAlive ? o.lock : 0), 0), 0)
  const result = play(of, {
    onEvent(event, engine) {
      if (event.type === 'fill') booksOf(engine).book(event.fill, engine)
      booksOf(engine).compare(engine)
      const { account } = engine
      // a cut is told before its order is
      if (event.type !== 'cut') same('locked', account.locked, locks(engine))
      if (of.kind === 'perpetual') return
      same('free cash below 0', Math.min(0, account.freeUnits, account.locked), 0)
      for (const { position } of engine.slots) same('holding below 0', Math.min(0, position.units, position.held), 0)
    },
    onInstant(engine) {
      booksOf(engine).compare(engine)
      same('locked', engine.account.locked, locks(engine))
      const { ledger, equity } = engine.account
      const exact = exactly(of, booksOf(engine), engine)
      // sizes are reckoned from the very number
      const { digits, decimals } = engine.account.exactEquity()
      same('exact equity', digits * 10n ** BigInt(PLACES - decimals), exact)
      // what is shown of it is a double, right to a unit of the ledger
      const unit = 10n ** BigInt(PLACES - ledger.decimals)
      const shown = decimalOf(equity)
      const off = shown.digits * 10n ** BigInt(PLACES - shown.decimals) - exact
      if (off > unit || -off > unit) expect.fail(`equity is ${equity}, and ${exact} × 1e-${PLACES} by the books`)
    },
  })
  return { result, books: books as Books | null }
}

/** Plain fills, and fills in part, at worse prices, of orders that take time. */
const KINDS = [
  ['plain', scenario, 250, 120],
  ['hindered', hindered, 250, 150],
] as const

test.each(KINDS)(
  '%s: money is conserved after every event: the account equals books kept from the fills alone, to the last unit',
  (_, kind, numRuns) => {
    let fills = 0
    let rebates = 0
    fc.assert(
      fc.property(fc.boolean().chain(kind), (of) => {
        const { result } = watched(of)
        fills += result.fills.length
        rebates += result.fills.filter(({ fee }) => fee < 0).length
      }),
      { numRuns },
    )
    // the draw is no idle one
    expect(fills).toBeGreaterThan(50)
    expect(rebates).toBeGreaterThan(5)
  },
)

test.each(KINDS)(
  '%s: closed trades explain the wallet: start + their profits is what is there when no trade is open',
  (_, kind, __, numRuns) => {
    let flat = 0
    let dusty = 0
    fc.assert(
      fc.property(fc.boolean().chain(kind), (of) => {
        let engine: Engine | null = null
        const onEvent = (__: unknown, its: Engine) => {
          engine = its
        }
        const result = play({ ...of, closeAtEnd: true }, { onEvent })
        if (engine === null || result.fills.length === 0 || result.openTrades.length > 0) return
        const { account, slots } = engine as Engine
        const sum = (of: (trade: Trade) => number) =>
          result.trades.reduce((all, trade) => all + unitsOf(of(trade), account.ledger.decimals), 0n)
        // what was paid for dust that no trade has sold yet
        const untraded = slots.reduce((all, { position }) => all + BigInt(position.untraded), 0n)
        expect(BigInt(account.wallet)).toBe(BigInt(account.start) + sum(({ pnl }) => pnl) - untraded)
        expect(BigInt(account.feesUnits)).toBe(sum(({ fees }) => fees) + untraded)
        flat++
        if (result.events.some(({ type }) => type === 'dust')) dusty++
        if (slots.some(({ position }) => position.held !== 0)) return
        // nothing is held but cash
        expect(unitsOf(result.endEquity, account.ledger.decimals)).toBe(BigInt(account.wallet))
      }),
      { numRuns },
    )
    expect(flat).toBeGreaterThan(5)
    expect(dusty).toBeGreaterThan(3)
  },
)

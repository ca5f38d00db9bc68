import type { Bars } from '../../src/core/bar.ts'
import type { PlainFills } from './setting.ts'

/** What the loop has to know of one symbol: its decimals, and its filters in whole units of them. */
export interface PlainMarket {
  readonly bars: Bars
  readonly priceDecimals: number
  readonly qtyDecimals: number
  readonly tick: number
  readonly step: number
  readonly minQty: number
  /** In units of price × units of quantity. */
  readonly minNotional: number
}

const WEEK = 7 * 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000
const PERIOD = 672
const HOLD = 3
const SHARE = 0.95 / HOLD
const UNITS = 1e8

/**
 * `strategies/momentum-rotation.ts` as one person would write it who needs nothing else: one loop over the hours and the
 * columns of ten symbols whose bars all open at the same times; fees of 0.1 %, 2 basis points of slippage, 1e-8 USDT.
 */
export function plainRotation(markets: readonly PlainMarket[], cash: number, capacity: number) {
  const count = markets.length
  const { openTime, length } = markets[0]!.bars
  const opens = markets.map(({ bars }) => bars.open)
  const closes = markets.map(({ bars }) => bars.close)
  const volumes = markets.map(({ bars }) => bars.volume)
  const priceScale = Float64Array.from(markets, (market) => 10 ** market.priceDecimals)
  const qtyScale = Float64Array.from(markets, (market) => 10 ** market.qtyDecimals)
  const fills: PlainFills = {
    count: 0,
    time: new Float64Array(capacity),
    price: new Float64Array(capacity),
    qty: new Float64Array(capacity),
    fee: new Float64Array(capacity),
  }
  const equity = new Float64Array(length)
  const change = new Float64Array(count)
  const held = new Float64Array(count)
  /** Ordered for the next open: units to buy, −1 to sell all. */
  const wanted = new Float64Array(count)
  /** Cash that an order to buy holds back until it fills. */
  const locked = new Float64Array(count)
  let money = cash * UNITS
  let lockedTotal = 0
  let week = -1
  /** To be bought a bar after the sales. */
  let joining: number[] = []

  /** Units of 1e-8 USDT for `qty` at `price`, all in whole numbers; `scale` 1000 divides by it for the fee. */
  const value = (k: number, price: number, qty: number, divisor: number, isUp: boolean): number => {
    const { priceDecimals, qtyDecimals } = markets[k]!
    const shift = priceDecimals + qtyDecimals - 8
    const exact = shift >= 0 ? (price * qty) / (10 ** shift * divisor) : (price * qty * 10 ** -shift) / divisor
    return isUp ? Math.ceil(exact) : Math.floor(exact)
  }
  const cost = (k: number, price: number, qty: number) =>
    value(k, price, qty, 1, true) + value(k, price, qty, 1000, true)
  const dearer = (k: number, price: number) => {
    const { tick } = markets[k]!
    return Math.ceil((price + Math.ceil((price * 2) / 10_000)) / tick) * tick
  }
  const cheaper = (k: number, price: number) => {
    const { tick } = markets[k]!
    return Math.floor((price - Math.ceil((price * 2) / 10_000)) / tick) * tick
  }
  const affordable = (k: number, amount: number, price: number) => {
    const { step } = markets[k]!
    const guess = amount / UNITS / ((price / priceScale[k]!) * 1.001)
    let qty = Math.floor(Math.floor(guess * qtyScale[k]!) / step) * step + step
    while (qty > 0 && cost(k, price, qty) > amount) qty -= step
    return Math.max(0, qty)
  }
  const book = (k: number, row: number, price: number, qty: number, fee: number) => {
    const n = fills.count++
    fills.time[n] = openTime[row]!
    fills.price[n] = price / priceScale[k]!
    fills.qty[n] = qty / qtyScale[k]!
    fills.fee[n] = fee / UNITS
  }
  const meet = (k: number, row: number) => {
    const open = Math.round(opens[k]![row]! * priceScale[k]!)
    if (wanted[k]! < 0) {
      const price = cheaper(k, open)
      const fee = value(k, price, held[k]!, 1000, true)
      money += value(k, price, held[k]!, 1, false) - fee
      book(k, row, price, -held[k]!, fee)
      held[k] = 0
    } else {
      const price = dearer(k, open)
      const free = money - lockedTotal + locked[k]!
      const qty = cost(k, price, wanted[k]!) <= free ? wanted[k]! : affordable(k, free, price)
      if (qty >= markets[k]!.minQty && qty > 0) {
        const fee = value(k, price, qty, 1000, true)
        money -= value(k, price, qty, 1, true) + fee
        book(k, row, price, qty, fee)
        held[k] = qty
      }
      lockedTotal -= locked[k]!
      locked[k] = 0
    }
    wanted[k] = 0
  }
  const rotate = () => {
    const best = Array.from({ length: count }, (_, k) => k)
      .filter((k) => change[k]! > 0)
      .sort((a, b) => change[b]! - change[a]!)
      .slice(0, HOLD)
    for (let k = 0; k < count; k++) if (held[k]! > 0 && !best.includes(k)) wanted[k] = -1
    joining = best.filter((k) => held[k] === 0)
  }
  const join = (k: number, row: number) => {
    const last = Math.round(closes[k]![row]! * priceScale[k]!)
    const price = dearer(k, last)
    let qty = affordable(k, Math.floor(SHARE * equity[row]! * UNITS), price)
    const free = money - lockedTotal
    if (cost(k, price, qty) > free) qty = affordable(k, Math.max(0, free), price)
    if (qty < markets[k]!.minQty || qty * last < markets[k]!.minNotional) return
    wanted[k] = qty
    locked[k] = cost(k, price, qty)
    lockedTotal += locked[k]!
  }

  for (let row = 0; row < length; row++) {
    let sum = 0
    for (let k = 0; k < count; k++) {
      if (wanted[k] !== 0 && volumes[k]![row] !== 0) meet(k, row)
    }
    sum = money / UNITS
    for (let k = 0; k < count; k++) {
      const close = closes[k]!
      if (held[k] !== 0) sum += (held[k]! / qtyScale[k]!) * close[row]!
      if (row >= PERIOD) change[k] = 100 * (close[row]! / close[row - PERIOD]! - 1)
    }
    equity[row] = sum
    if (joining.length > 0) {
      for (const k of joining) join(k, row)
      joining = []
      continue
    }
    const now = Math.floor((openTime[row]! + HOUR) / WEEK)
    if (row >= PERIOD && now !== week) {
      week = now
      rotate()
    }
  }
  return { fills, equity }
}

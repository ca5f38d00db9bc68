import { parseDecimal } from '../core/decimal.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { padded, quotient } from './amounts.ts'
import { qtyText } from './exchange-order.ts'
import { moneyText } from './user-events.ts'
import type { MarketNow } from './wire.ts'

/** Margin of one symbol at the present mark price, ledger units. */
interface SymbolMargin {
  readonly notional: bigint
  readonly unrealised: bigint
  readonly maintenance: bigint
  /** Initial margin of what is held, and of open orders beyond it. */
  readonly position: bigint
  readonly orders: bigint
  readonly bids: bigint
  readonly asks: bigint
}

/** The same of the account, and what of it is free. */
interface AccountMargin {
  readonly wallet: bigint
  readonly crossWallet: bigint
  readonly unrealised: bigint
  readonly crossUnrealised: bigint
  readonly maintenance: bigint
  readonly position: bigint
  readonly orders: bigint
  readonly available: bigint
}

/** Whether it has a position or an open order. */
export function isUsed({ held, slot }: Traded): boolean {
  return held.qty !== 0n || slot.orders.some(({ isAlive }) => isAlive)
}

/** As the engine reckons it, at the mark price that is public now: the larger of both sides binds its notional over the leverage. */
export function marginOf({ slot, symbol }: Traded, market: MarketNow): SymbolMargin {
  const margin = slot.margin!
  const mark = margin.toUnits(Number(market.mark(symbol)))
  const held = slot.position.held !== 0
  const value = held ? margin.valueAt(mark) : 0
  let [bids, asks] = [0, 0]
  for (const order of slot.orders) {
    if (!order.isAlive || order.reduceOnly) continue
    if (order.side === 1) bids += order.lock
    else asks += order.lock
  }
  const most = Math.max(Math.abs(value + bids), Math.abs(value - asks))
  const ofPosition = margin.mode === 'isolated' ? margin.isolated : Math.ceil(Math.abs(value) / margin.leverage)
  const all =
    margin.mode === 'isolated'
      ? margin.isolated + Math.ceil(Math.max(0, most - Math.abs(value)) / margin.leverage)
      : Math.ceil(most / margin.leverage)
  return {
    notional: BigInt(value),
    unrealised: BigInt(held ? margin.unrealisedAt(mark) : 0),
    maintenance: BigInt(held ? margin.maintenanceAt(mark) : 0),
    position: BigInt(ofPosition),
    orders: BigInt(Math.max(0, all - ofPosition)),
    bids: BigInt(bids),
    asks: BigInt(asks),
  }
}

export function accountMargin(book: AccountBook, market: MarketNow): AccountMargin {
  let [unrealised, crossUnrealised, maintenance, position, orders, isolated] = [0n, 0n, 0n, 0n, 0n, 0n]
  for (const traded of book.traded.values()) {
    const one = marginOf(traded, market)
    const { mode, isolated: own } = traded.slot.margin!
    unrealised += one.unrealised
    if (mode === 'cross') crossUnrealised += one.unrealised
    else isolated += BigInt(own)
    maintenance += one.maintenance
    position += one.position
    orders += one.orders
  }
  const crossWallet = book.wallet - isolated
  // what is set aside for isolated positions is in `position`, and in the wallet
  const free = book.wallet + crossUnrealised - position - orders
  const available = free < 0n ? 0n : free
  return { wallet: book.wallet, crossWallet, unrealised, crossUnrealised, maintenance, position, orders, available }
}

/**
 * Where a position is liquidated at its present tier (Binance's formula): a figure to look at, which decides nothing. `0`
 * where there is no such price.
 */
function liquidationPrice(book: AccountBook, traded: Traded, market: MarketNow): string {
  const { slot, held, scale } = traded
  const margin = slot.margin!
  if (held.qty === 0n) return '0'
  let behind = margin.mode === 'isolated' ? BigInt(margin.isolated) : accountMargin(book, market).crossWallet
  if (margin.mode === 'cross')
    for (const other of book.traded.values())
      if (other !== traded && other.slot.margin!.mode === 'cross') {
        const one = marginOf(other, market)
        behind += one.unrealised - one.maintenance
      }
  const { ratio, cum } = margin.tierAt(margin.toUnits(Number(market.mark(traded.symbol))))
  // price = (behind + cum − cost) ÷ (|qty| × ratio − qty), in the ledger's unit and the quantity's
  const top = behind + BigInt(cum) - BigInt(slot.position.cost)
  const ratioScale = 10n ** BigInt(ratio.decimals)
  const size = held.qty < 0n ? -held.qty : held.qty
  const bottom = size * BigInt(ratio.digits) - held.qty * ratioScale
  const n = top * ratioScale * 10n ** BigInt(scale.qty)
  const price = quotient(n, bottom * 10n ** BigInt(book.ledgerDecimals), 8)
  return price <= 0n ? '0' : padded(price, 8)
}

/** `positionRisk`, in the words of version 2 and 3. */
export function positionRisk(book: AccountBook, traded: Traded, market: MarketNow, version: 2 | 3) {
  const { slot, held, symbol, scale } = traded
  const margin = slot.margin!
  const one = marginOf(traded, market)
  const money = (units: bigint) => moneyText(units, book.ledgerDecimals)
  const isIsolated = margin.mode === 'isolated'
  const same = {
    symbol,
    positionSide: 'BOTH',
    positionAmt: qtyText(held.qty, scale),
    entryPrice: held.entryPrice,
    breakEvenPrice: held.breakEvenPrice,
    markPrice: padded(parseDecimal(market.mark(symbol)).digits, parseDecimal(market.mark(symbol)).decimals, 8),
    unRealizedProfit: money(one.unrealised),
    liquidationPrice: liquidationPrice(book, traded, market),
    isolatedMargin: isIsolated ? money(BigInt(margin.isolated) + one.unrealised) : money(0n),
    notional: money(one.notional),
    isolatedWallet: money(isIsolated ? BigInt(margin.isolated) : 0n),
    updateTime: held.updateTime,
  }
  if (version === 2)
    return {
      ...same,
      leverage: String(margin.leverage),
      maxNotionalValue: padded(margin.mostNotional, book.ledgerDecimals, 0),
      marginType: isIsolated ? 'isolated' : 'cross',
      isAutoAddMargin: 'false',
    }
  return {
    ...same,
    marginAsset: book.quote,
    initialMargin: money(one.position + one.orders),
    maintMargin: money(one.maintenance),
    positionInitialMargin: money(one.position),
    openOrderInitialMargin: money(one.orders),
    adl: held.qty === 0n ? 0 : 1,
    bidNotional: money(one.bids),
    askNotional: money(one.asks),
  }
}

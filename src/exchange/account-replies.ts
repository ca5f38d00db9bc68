import type { AccountBook, Traded } from './account-book.ts'
import { accountMargin, isUsed, marginOf } from './account-figures.ts'
import { qtyText } from './exchange-order.ts'
import { moneyText } from './user-events.ts'
import type { MarketNow } from './wire.ts'

/** Largest position that a symbol may have at its leverage, without zeros behind. */
export function mostNotional({ ledgerDecimals }: AccountBook, units: number): string {
  return moneyText(BigInt(units), ledgerDecimals).replace(/\.?0+$/, '')
}

/** Leverage and maintenance by notional. */
export function bracketsReply({ slot, symbol }: Traded) {
  return {
    symbol,
    notionalCoef: 1,
    brackets: slot.margin!.terms.tiers.brackets.map((one, k) => ({
      bracket: k + 1,
      initialLeverage: one.leverage,
      notionalCap: Number(one.cap),
      notionalFloor: Number(one.floor),
      maintMarginRatio: Number(one.ratio),
      cum: Number(one.cum),
    })),
  }
}

export function balanceReply(book: AccountBook, market: MarketNow) {
  const all = accountMargin(book, market)
  const money = (units: bigint) => moneyText(units, book.ledgerDecimals)
  return {
    accountAlias: 'SgsRfWfW',
    asset: book.quote,
    balance: money(all.wallet),
    crossWalletBalance: money(all.crossWallet),
    crossUnPnl: money(all.crossUnrealised),
    availableBalance: money(all.available),
    maxWithdrawAmount: money(least(all.available, all.crossWallet)),
    marginAvailable: true,
    updateTime: market.now(),
  }
}

/** The account of USDS-M as a version of its route has it. */
export function accountReply(book: AccountBook, market: MarketNow, version: 2 | 3) {
  const all = accountMargin(book, market)
  const money = (units: bigint) => moneyText(units, book.ledgerDecimals)
  const figures = {
    walletBalance: money(all.wallet),
    unrealizedProfit: money(all.unrealised),
    marginBalance: money(all.wallet + all.unrealised),
    maintMargin: money(all.maintenance),
    initialMargin: money(all.position + all.orders),
    positionInitialMargin: money(all.position),
    openOrderInitialMargin: money(all.orders),
    crossWalletBalance: money(all.crossWallet),
    crossUnPnl: money(all.crossUnrealised),
    availableBalance: money(all.available),
    maxWithdrawAmount: money(least(all.available, all.crossWallet)),
  }
  const positions = [...book.traded.values()]
    .filter((one) => version === 2 || isUsed(one))
    .map((one) => positionReply(book, one, market, version))
  return {
    ...(version === 2 && {
      feeTier: 0, feeBurn: false, canTrade: true, canDeposit: true, canWithdraw: true, updateTime: 0,
      multiAssetsMargin: false, tradeGroupId: -1,
    }), // biome-ignore format: two lines
    totalInitialMargin: figures.initialMargin,
    totalMaintMargin: figures.maintMargin,
    totalWalletBalance: figures.walletBalance,
    totalUnrealizedProfit: figures.unrealizedProfit,
    totalMarginBalance: figures.marginBalance,
    totalPositionInitialMargin: figures.positionInitialMargin,
    totalOpenOrderInitialMargin: figures.openOrderInitialMargin,
    totalCrossWalletBalance: figures.crossWalletBalance,
    totalCrossUnPnl: figures.crossUnPnl,
    availableBalance: figures.availableBalance,
    maxWithdrawAmount: figures.maxWithdrawAmount,
    assets: [
      { asset: book.quote, ...figures, ...(version === 2 && { marginAvailable: true }), updateTime: market.now() },
    ],
    positions,
  }
}

function positionReply(book: AccountBook, traded: Traded, market: MarketNow, version: 2 | 3) {
  const { slot, held, symbol, scale } = traded
  const margin = slot.margin!
  const one = marginOf(traded, market)
  const money = (units: bigint) => moneyText(units, book.ledgerDecimals)
  const same = {
    symbol,
    positionSide: 'BOTH',
    positionAmt: qtyText(held.qty, scale),
    unrealizedProfit: money(one.unrealised),
    initialMargin: money(one.position + one.orders),
    maintMargin: money(one.maintenance),
    updateTime: held.updateTime,
  }
  const isIsolated = margin.mode === 'isolated'
  if (version === 3)
    return {
      ...same,
      isolatedMargin: isIsolated ? money(BigInt(margin.isolated) + one.unrealised) : '0',
      notional: money(one.notional),
      isolatedWallet: isIsolated ? money(BigInt(margin.isolated)) : '0',
    }
  return {
    ...same,
    positionInitialMargin: money(one.position),
    openOrderInitialMargin: money(one.orders),
    leverage: String(margin.leverage),
    isolated: isIsolated,
    entryPrice: held.entryPrice,
    breakEvenPrice: held.breakEvenPrice,
    maxNotional: mostNotional(book, margin.mostNotional),
    bidNotional: money(one.bids),
    askNotional: money(one.asks),
    notional: money(one.notional),
    isolatedWallet: money(isIsolated ? BigInt(margin.isolated) : 0n),
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

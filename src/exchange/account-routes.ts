import type { AccountBook, Traded } from './account-book.ts'
import { accountMargin, marginOf, positionRisk } from './account-figures.ts'
import { qtyText } from './exchange-order.ts'
import { windowOf, within } from './history.ts'
import { tradedOf } from './order-entry.ts'
import type { Params } from './params.ts'
import type { Account, Routes } from './route.ts'
import { moneyText } from './user-events.ts'
import type { MarketNow } from './wire.ts'

/** What the account has, on USDS-M. */
export function accountRoutes({ book, market }: Account): Routes {
  const signed = { security: 'signed' as const, weight: 5 }
  const some = (params: Params) =>
    params.text('symbol') === undefined ? [...book.traded.values()] : [tradedOf(book, params)]
  const isUsed = ({ held, slot }: Traded) => held.qty !== 0n || slot.orders.some(({ isAlive }) => isAlive)
  return {
    'GET /fapi/v2/account': { ...signed, answer: () => accountReply(book, market, 2) },
    'GET /fapi/v3/account': { ...signed, answer: () => accountReply(book, market, 3) },
    'GET /fapi/v2/balance': { ...signed, answer: () => [balance(book, market)] },
    'GET /fapi/v3/balance': { ...signed, answer: () => [balance(book, market)] },
    'GET /fapi/v2/positionRisk': {
      ...signed,
      answer: (params) => some(params).map((one) => positionRisk(book, one, market, 2)),
    },
    // of version 3 only what has a position or an open order
    'GET /fapi/v3/positionRisk': {
      ...signed,
      answer: (params) =>
        some(params)
          .filter(isUsed)
          .map((one) => positionRisk(book, one, market, 3)),
    },
    'GET /fapi/v1/adlQuantile': {
      ...signed,
      answer: (params) =>
        some(params)
          .filter(({ held }) => held.qty !== 0n)
          .map(({ symbol }) => ({ symbol, adlQuantile: { LONG: 0, SHORT: 0, BOTH: 0 } })),
    },
    'GET /fapi/v1/income': {
      ...signed,
      weight: 30,
      answer: (params) => {
        const [symbol, type] = [params.text('symbol'), params.text('incomeType')]
        const window = windowOf(params, market.now(), 100, 1000)
        const page = params.integer('page') ?? 1
        const all = book.income.filter(
          (one) => (symbol === undefined || one.symbol === symbol) && (type === undefined || one.incomeType === type),
        )
        const found = within(all, ({ time }) => time, { ...window, limit: Number.MAX_SAFE_INTEGER })
        const { limit } = window
        const rows = window.isNewest && page === 1 ? found.slice(-limit) : found.slice((page - 1) * limit, page * limit)
        return rows.map(({ units, ...one }) => ({
          symbol: one.symbol,
          incomeType: one.incomeType,
          income: moneyText(units, book.ledgerDecimals),
          asset: book.quote,
          info: one.incomeType,
          time: one.time,
          tranId: one.tranId,
          tradeId: one.tradeId,
        }))
      },
    },
    'GET /fapi/v1/commissionRate': {
      ...signed,
      weight: 20,
      answer: (params) => {
        const { slot, symbol } = tradedOf(book, params)
        const rate = ({ digits, decimals }: { digits: number; decimals: number }) => moneyText(BigInt(digits), decimals)
        const [maker, taker] = [rate(slot.costs.maker), rate(slot.costs.taker)]
        return { symbol, makerCommissionRate: maker, takerCommissionRate: taker, rpiCommissionRate: maker }
      },
    },
    'GET /fapi/v1/leverageBracket': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const all = some(params).map(brackets)
        return params.text('symbol') === undefined ? all : all[0]
      },
    },
    'GET /fapi/v1/accountConfig': {
      ...signed,
      answer: () => ({
        feeTier: 0, canTrade: true, canDeposit: true, canWithdraw: true, dualSidePosition: false, updateTime: 0,
        multiAssetsMargin: false, tradeGroupId: -1,
      }), // biome-ignore format: two lines
    },
    'GET /fapi/v1/symbolConfig': {
      ...signed,
      answer: (params) =>
        some(params).map(({ slot, symbol }) => ({
          symbol,
          marginType: slot.margin!.mode === 'isolated' ? 'ISOLATED' : 'CROSSED',
          isAutoAddMargin: false,
          leverage: slot.margin!.leverage,
          maxNotionalValue: mostNotional(book, slot.margin!.mostNotional),
        })),
    },
  }
}

export function mostNotional({ ledgerDecimals }: AccountBook, units: number): string {
  return moneyText(BigInt(units), ledgerDecimals).replace(/\.?0+$/, '')
}

function brackets({ slot, symbol }: Traded) {
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

function balance(book: AccountBook, market: MarketNow) {
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

function accountReply(book: AccountBook, market: MarketNow, version: 2 | 3) {
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
    .filter(({ held, slot }) => version === 2 || held.qty !== 0n || slot.orders.some(({ isAlive }) => isAlive))
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

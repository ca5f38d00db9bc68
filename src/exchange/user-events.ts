import type { AlgoOrder } from './algo-order.ts'
import { padded } from './amounts.ts'
import { averageText, type ExchangeOrder, priceText, qtyText } from './exchange-order.ts'

/** One execution of an order as the streams and userTrades tell it. */
export interface ExchangeTrade {
  readonly id: number
  readonly order: ExchangeOrder
  readonly qty: bigint
  readonly price: bigint
  readonly isMaker: boolean
  /** Ledger units, also where it was taken in the base asset. */
  readonly fee: bigint
  readonly feeAsset: string
  /** In that asset. */
  readonly commission: string
  readonly realised: bigint
  readonly ledgerDecimals: number
  readonly time: number
}

export type Execution = 'NEW' | 'TRADE' | 'CANCELED' | 'EXPIRED' | 'REJECTED' | 'AMENDMENT' | 'CALCULATED'

/** Zero is written without decimals. */
function short(units: bigint, text: string): string {
  return units === 0n ? '0' : text
}

export function moneyText(units: bigint, decimals: number): string {
  return padded(units, decimals, 8)
}

/** What there is to say of a trade before anything else. */
export function tradeLite({ order, ...trade }: ExchangeTrade) {
  const { scale } = order
  return {
    e: 'TRADE_LITE',
    s: order.symbol,
    q: qtyText(order.qty, scale),
    p: priceText(order.price, scale),
    m: trade.isMaker,
    c: order.clientId,
    S: order.side,
    L: priceText(trade.price, scale),
    l: qtyText(trade.qty, scale),
    t: trade.id,
    i: order.id,
  }
}

/** @param er why it expired: 2 the rest of an IOC, 5 liquidation, 0 nothing of this kind */
export function orderTradeUpdate(
  order: ExchangeOrder,
  x: Execution,
  quote: string,
  trade: ExchangeTrade | null,
  er: string,
) {
  const { scale, algo } = order
  return {
    e: 'ORDER_TRADE_UPDATE',
    o: {
      s: order.symbol,
      c: order.clientId,
      S: order.side,
      o: order.type,
      f: order.tif,
      q: qtyText(order.qty, scale),
      p: short(order.price, priceText(order.price, scale)),
      ap: short(order.executed, averageText(order)),
      sp: algo === null ? '0' : algo.triggerPrice,
      x,
      X: order.status,
      i: order.id,
      l: trade === null ? '0' : qtyText(trade.qty, scale),
      z: short(order.executed, qtyText(order.executed, scale)),
      L: trade === null ? '0' : priceText(trade.price, scale),
      n: trade === null ? '0' : trade.commission,
      N: trade === null ? quote : trade.feeAsset,
      T: order.updateTime,
      t: trade === null ? 0 : trade.id,
      b: '0',
      a: '0',
      m: trade?.isMaker ?? false,
      R: order.reduceOnly,
      wt: 'CONTRACT_PRICE',
      ot: order.origType,
      ps: 'BOTH',
      cp: algo?.closePosition ?? false,
      ...(algo !== null && algo.callbackRate !== '' && { cr: algo.callbackRate }),
      rp: trade === null ? '0' : short(trade.realised, moneyText(trade.realised, trade.ledgerDecimals)),
      pP: false,
      si: 0,
      ss: 0,
      V: order.stp,
      pm: 'NONE',
      gtd: order.goodTillDate,
      er,
    },
  }
}

export function algoUpdate(algo: AlgoOrder) {
  const { order, scale } = algo
  return {
    e: 'ALGO_UPDATE',
    o: {
      caid: algo.clientId,
      aid: algo.id,
      at: 'CONDITIONAL',
      o: algo.type,
      s: algo.symbol,
      S: algo.side,
      ps: 'BOTH',
      f: algo.tif,
      q: qtyText(algo.qty, scale),
      X: algo.status,
      ai: order === null ? '' : String(order.id),
      ap: order === null ? '0.00000' : averageText(order),
      aq: qtyText(order?.executed ?? 0n, scale),
      act: order === null ? '0' : order.type,
      tp: algo.triggerPrice,
      p: short(algo.price, priceText(algo.price, scale)),
      V: algo.stp,
      wt: 'CONTRACT_PRICE',
      pm: 'NONE',
      cp: algo.closePosition,
      pP: false,
      R: algo.reduceOnly,
      tt: algo.triggerTime,
      gtd: algo.goodTillDate,
      rm: algo.rejectReason,
    },
  }
}

export function triggerReject(algo: AlgoOrder) {
  return { e: 'CONDITIONAL_ORDER_TRIGGER_REJECT', or: { s: algo.symbol, i: algo.id, r: algo.rejectReason } }
}

export interface BalanceChange {
  readonly a: string
  readonly wb: string
  readonly cw: string
  readonly bc: string
}

export function accountUpdate(m: string, B: readonly BalanceChange[], P: readonly object[]) {
  return { e: 'ACCOUNT_UPDATE', a: { B, P, m } }
}

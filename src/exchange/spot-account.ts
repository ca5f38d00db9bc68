import type { AccountBook, Traded } from './account-book.ts'
import { padded } from './amounts.ts'
import { cancelReplace } from './cancel-replace.ts'
import { Refused } from './error-codes.ts'
import { type ExchangeOrder, isOpen } from './exchange-order.ts'
import { isForgotten, pageOf, windowOf } from './history.ts'
import { tradedOf } from './order-entry.ts'
import { cancelledListReply } from './order-list.ts'
import type { OrderLists } from './order-lists.ts'
import type { Params } from './params.ts'
import type { Account, Routes } from './route.ts'
import { perSymbol } from './route.ts'
import type { SpotEntry } from './spot-entry.ts'
import { cancelReply, executionReport, spotOrderReply, spotTradeReply } from './spot-replies.ts'
import { type ExchangeTrade, type Execution, moneyText } from './user-events.ts'
import type { UserStream } from './user-stream.ts'
import type { Voice } from './voice.ts'

/** One asset: free, and held back by open orders. */
interface Balance {
  readonly asset: string
  readonly free: string
  readonly locked: string
}

/** The quote asset, and what is owned of each symbol; the engine's ledger has them. */
function balancesOf(book: AccountBook, symbol?: string): Balance[] {
  const { account } = book.engine
  const money = (units: number) => moneyText(BigInt(units), book.ledgerDecimals)
  const bases = [...book.traded.values()]
    .filter((one) => symbol === undefined || one.symbol === symbol)
    .map(({ slot, scale }) => {
      const locked = slot.orders.reduce((sum, order) => sum + (order.isAlive ? order.lockQty : 0), 0)
      const text = (units: number) => padded(units, scale.qty, 8)
      return { asset: slot.instrument.base, free: text(slot.position.held - locked), locked: text(locked) }
    })
  return [{ asset: book.quote, free: money(account.freeUnits), locked: money(account.locked) }, ...bases]
}

/** Spot says an order's state, then the balances that it has changed. */
export class SpotVoice implements Voice {
  readonly #book: AccountBook
  readonly #stream: UserStream

  constructor(book: AccountBook, stream: UserStream) {
    this.#book = book
    this.#stream = stream
  }

  trade(): void {}

  order(order: ExchangeOrder, x: Execution, trade: ExchangeTrade | null = null): void {
    if (!this.#stream.isHeard) return
    this.#stream.send(executionReport(order, x, trade))
    const B = balancesOf(this.#book, order.symbol).map(({ asset, free, locked }) => ({ a: asset, f: free, l: locked }))
    this.#stream.send({ e: 'outboundAccountPosition', u: order.updateTime, B })
  }

  algo(): void {}
  rejected(): void {}
  account(): void {}
}

/** Orders and account of spot. */
export function spotRoutes({ book, market, limits }: Account, entry: SpotEntry, lists: OrderLists): Routes {
  const signed = { security: 'signed' as const }
  const some = (params: Params) => params.text('symbol') && tradedOf(book, params).symbol
  return {
    'POST /api/v3/order': { ...signed, weight: 1, orders: 1, answer: (params) => entry.place(params) },
    'POST /api/v3/order/test': { ...signed, weight: 1, answer: (params) => entry.place(params, true) },
    'POST /api/v3/order/cancelReplace': {
      ...signed,
      ...{ weight: 1, orders: 1 },
      answer: (params) => cancelReplace(book, entry, lists, params),
    },
    'DELETE /api/v3/order': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const order = entry.find(params)
        const list = lists.withdraw(order)
        if (list !== null) return cancelledListReply(list, market.now())
        return cancelReply(order!, params.text('newClientOrderId'))
      },
    },
    'GET /api/v3/order': {
      ...signed,
      weight: 4,
      answer: (params) => {
        const order = entry.find(params)
        if (order === undefined || isForgotten(order, market.now())) throw new Refused(-2013)
        return spotOrderReply(order)
      },
    },
    'GET /api/v3/openOrders': {
      ...signed,
      weight: perSymbol(6, 80),
      answer: (params) => book.openOrders(some(params)).map(spotOrderReply),
    },
    'DELETE /api/v3/openOrders': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const open = book.openOrders(tradedOf(book, params).symbol)
        if (open.length === 0) throw new Refused(-2011)
        return open.flatMap((order) => {
          if (!isOpen(order)) return []
          const list = lists.withdraw(order)
          return [list === null ? cancelReply(order) : cancelledListReply(list, market.now())]
        })
      },
    },
    'GET /api/v3/allOrders': {
      ...signed,
      weight: 20,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const from = params.integer('orderId')
        const window = windowOf(params, market.now(), 500, 1000)
        const all = book.orders.all.filter((one) => one.symbol === symbol)
        return pageOf(all, ({ time }) => time, window, from).map(spotOrderReply)
      },
    },
    'GET /api/v3/myTrades': {
      ...signed,
      weight: 20,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const [from, orderId] = [params.integer('fromId'), params.integer('orderId')]
        const window = windowOf(params, market.now(), 500, 1000)
        const all = book.trades.filter(
          ({ order }) => order.symbol === symbol && (orderId === undefined || order.id === orderId),
        )
        return pageOf(all, ({ time }) => time, window, from).map(spotTradeReply)
      },
    },
    'GET /api/v3/account': { ...signed, weight: 20, answer: () => accountReply(book, market.now()) },
    'GET /api/v3/account/commission': {
      ...signed,
      weight: 20,
      answer: (params) => commissionReply(tradedOf(book, params)),
    },
    'GET /api/v3/rateLimit/order': {
      ...signed,
      weight: 40,
      answer: () => limits.orderRules,
    },
  }
}

const NOTHING = { maker: '0.00000000', taker: '0.00000000', buyer: '0.00000000', seller: '0.00000000' }

function rateText({ digits, decimals }: { digits: number; decimals: number }): string {
  return moneyText(BigInt(digits), decimals)
}

function commissionReply({ symbol, slot }: Traded) {
  const { maker, taker } = slot.costs
  return {
    symbol,
    standardCommission: { ...NOTHING, maker: rateText(maker), taker: rateText(taker) },
    specialCommission: NOTHING,
    taxCommission: NOTHING,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  }
}

function accountReply(book: AccountBook, now: number) {
  const { maker, taker } = [...book.traded.values()][0]!.slot.costs
  return {
    makerCommission: Math.round((maker.digits / 10 ** maker.decimals) * 10_000),
    takerCommission: Math.round((taker.digits / 10 ** taker.decimals) * 10_000),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { ...NOTHING, maker: rateText(maker), taker: rateText(taker) },
    canTrade: true,
    canWithdraw: true,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: now,
    accountType: 'SPOT',
    balances: balancesOf(book),
    permissions: ['SPOT'],
    uid: 1,
  }
}

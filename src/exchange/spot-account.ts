import type { AccountBook, Traded } from './account-book.ts'
import { padded } from './amounts.ts'
import { moneyText } from './user-events.ts'

/** One asset: free, and held back by open orders. */
interface Balance {
  readonly asset: string
  readonly free: string
  readonly locked: string
}

/** The quote asset, and what is owned of each symbol; the engine's ledger has them. */
export function balancesOf(book: AccountBook, symbol?: string): Balance[] {
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

const NOTHING = { maker: '0.00000000', taker: '0.00000000', buyer: '0.00000000', seller: '0.00000000' }

function rateText({ digits, decimals }: { digits: number; decimals: number }): string {
  return moneyText(BigInt(digits), decimals)
}

/** What fees a symbol has. */
export function commissionReply({ symbol, slot }: Traded) {
  const { maker, taker } = slot.costs
  return {
    symbol,
    standardCommission: { ...NOTHING, maker: rateText(maker), taker: rateText(taker) },
    specialCommission: NOTHING,
    taxCommission: NOTHING,
    discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
  }
}

/** The account of spot. */
export function spotAccountReply(book: AccountBook, now: number) {
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

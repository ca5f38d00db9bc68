import type { Traded } from './account-book.ts'
import { accountMargin, marginOf } from './account-figures.ts'
import { Refused } from './error-codes.ts'
import { windowOf, within } from './history.ts'
import { tradedOf, unitsIn } from './order-params.ts'
import type { Params } from './params.ts'
import { type Account, type Routes, SIGNED } from './route.ts'
import { moneyText } from './user-events.ts'
import type { MarketNow } from './wire.ts'

/** Margin that the owner gave to an isolated position, or took back. */
interface MarginChange {
  readonly symbol: string
  /** 1 added, 2 taken back. */
  readonly type: 1 | 2
  /** Ledger units, above 0. */
  readonly units: bigint
  readonly time: number
}

/** The margin of isolated positions, changed by hand, and what was changed. Changes by trades are no part of the history here. */
export function positionMarginRoutes(account: Account): Routes {
  const { book, market } = account
  const changes: MarginChange[] = []
  return {
    'POST /fapi/v1/positionMargin': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const change = changeMargin(account, params)
        changes.push(change)
        const amount = Number(moneyText(change.units, book.ledgerDecimals))
        return { amount, code: 200, msg: 'Successfully modify position margin.', type: change.type }
      },
    },
    'GET /fapi/v1/positionMargin/history': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const type = typeIn(params)
        const all = changes.filter((one) => one.symbol === symbol && (type === undefined || one.type === type))
        return within(all, ({ time }) => time, windowOf(params, market.now(), 500, 500)).map((one) => ({
          ...{ symbol, type: one.type, deltaType: 'USER_ADJUST', amount: moneyText(one.units, book.ledgerDecimals) },
          ...{ asset: book.quote, time: one.time, positionSide: 'BOTH', clientTranId: '' },
        }))
      },
    },
  }
}

/** @throws Refused where there is no isolated position, or not so much to give or to take back */
function changeMargin({ book, market, events }: Account, params: Params): MarginChange {
  const traded = tradedOf(book, params)
  if ((params.text('positionSide') ?? 'BOTH') !== 'BOTH') throw new Refused(-4060)
  params.required('type')
  const type = typeIn(params)!
  const amount = params.requiredDecimal('amount')
  if (amount.value.digits === 0n) throw new Refused(-4055)
  const units = unitsIn(amount, book.ledgerDecimals)
  const margin = traded.slot.margin!
  if (margin.mode !== 'isolated') throw new Refused(-4049)
  if (traded.held.qty === 0n) throw new Refused(-4054)
  if (type === 1 && units > accountMargin(book, market).available) throw new Refused(-4050)
  if (type === 2 && units > spare(traded, market)) throw new Refused(-4051)
  margin.isolated += Number(type === 1 ? units : -units)
  events.tellMargin(traded.symbol)
  return { symbol: traded.symbol, type, units, time: market.now() }
}

/** What may be taken back: the initial margin at the mark has to stay, and what the position has lost. */
function spare(traded: Traded, market: MarketNow): bigint {
  const margin = traded.slot.margin!
  const { notional, unrealised } = marginOf(traded, market)
  const value = notional < 0n ? -notional : notional
  const leverage = BigInt(margin.leverage)
  const initial = (value + leverage - 1n) / leverage
  return BigInt(margin.isolated) + (unrealised < 0n ? unrealised : 0n) - initial
}

function typeIn(params: Params): 1 | 2 | undefined {
  const text = params.oneOf('type', ['1', '2'] as const)
  return text === undefined ? undefined : text === '1' ? 1 : 2
}

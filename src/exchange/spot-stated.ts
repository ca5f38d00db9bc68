import type { OrderRequest } from '../core/order.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { Refused } from './error-codes.ts'
import type { WireSide, WireTif } from './exchange-order.ts'
import { numberOf, tradedOf } from './order-params.ts'
import type { Params, WrittenDecimal } from './params.ts'

const TYPES = [
  'LIMIT',
  'MARKET',
  'LIMIT_MAKER',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
] as const
type SpotType = (typeof TYPES)[number]

/** What a spot order states. */
export interface SpotStated {
  readonly traded: Traded
  readonly side: WireSide
  readonly type: SpotType
  readonly tif: WireTif
  readonly quantity: WrittenDecimal | undefined
  /** In the quote asset, of a market order. */
  readonly amount: WrittenDecimal | undefined
  readonly price: WrittenDecimal | undefined
  readonly stop: WrittenDecimal | undefined
}

/** @throws Refused for what spot does not take, and for what the engine cannot express */
export function spotStatedOf(book: AccountBook, params: Params): SpotStated {
  const traded = tradedOf(book, params)
  params.required('side')
  const side = params.oneOf('side', ['BUY', 'SELL'] as const, -1117)!
  params.required('type')
  const type = params.oneOf('type', TYPES, -1116)!
  if (!book.isTrading(traded)) throw new Refused(-1013, 'MARKET_CLOSED')
  for (const name of ['icebergQty', 'trailingDelta', 'pegPriceType'])
    if (params.text(name) !== undefined) throw new Refused(-1130, params.nameOf(name))
  const isLimit = type !== 'MARKET' && type !== 'STOP_LOSS' && type !== 'TAKE_PROFIT'
  const needsTif = isLimit && type !== 'LIMIT_MAKER'
  if (needsTif) params.required('timeInForce')
  const tif = params.oneOf('timeInForce', ['GTC', 'IOC', 'FOK'] as const, -1115) ?? 'GTC'
  if (!needsTif && params.text('timeInForce') !== undefined) throw new Refused(-1106, params.nameOf('timeInForce'))
  // the engine's triggers become limits that rest
  if (type.endsWith('_LIMIT') && tif !== 'GTC') throw new Refused(-1115)
  const amount = type === 'MARKET' ? params.decimal('quoteOrderQty') : undefined
  if (amount !== undefined && params.text('quantity') !== undefined) throw new Refused(-1106, 'quoteOrderQty')
  if (amount?.value.digits === 0n) throw new Refused(-1013, 'NOTIONAL')
  const isStop = type.startsWith('STOP') || type.startsWith('TAKE')
  return {
    traded, side, type, tif, amount,
    quantity: amount === undefined ? params.requiredDecimal('quantity') : undefined,
    price: isLimit ? params.requiredDecimal('price') : undefined,
    stop: isStop ? params.requiredDecimal('stopPrice') : undefined,
  } // biome-ignore format: short keys on one line
}

/** What the engine is asked; a `reduceOnly` order holds nothing back: what it sells another order of its list holds. */
export function spotRequestOf(
  stated: SpotStated,
  { engineId: id, reduceOnly }: { readonly engineId: string; readonly reduceOnly: boolean },
): OrderRequest {
  const { traded, side, type, tif, quantity, amount, price, stop } = stated
  return {
    kind: 'order', side: side === 'BUY' ? 'buy' : 'sell', symbol: traded.symbol, id,
    ...(amount === undefined ? { qty: numberOf(quantity!) } : { quote: numberOf(amount) }),
    ...(price !== undefined && { limit: numberOf(price) }),
    ...(type === 'LIMIT' && { tif }),
    ...(type === 'LIMIT_MAKER' && { tif: 'GTX' as const }),
    ...(stop !== undefined && (type.startsWith('STOP') ? { stop: numberOf(stop) } : { touch: numberOf(stop) })),
    ...(reduceOnly && { reduceOnly }),
  } // biome-ignore format: short keys on one line
}

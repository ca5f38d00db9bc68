import { MainClient } from 'binance'
import type { OrderView } from '../../../core/order.ts'
import { plainText, unitsOf } from './exact.ts'
import { amountIn, type Fields, fieldsOf, rowsOf, textIn } from './fields.ts'
import type { Gate } from './gate.ts'
import type { Market, Meaning } from './market.ts'
import { type Terms, tifOf } from './terms.ts'

/** A stop or a touch without a price is carried out at the market: what USDS-M calls TAKE_PROFIT_MARKET is TAKE_PROFIT here. */
const TYPES = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'STOP_LOSS',
  'stop-limit': 'STOP_LOSS_LIMIT',
  touch: 'TAKE_PROFIT',
  'touch-limit': 'TAKE_PROFIT_LIMIT',
  // spot trails by basis points and moves at every trade; the engine's level moves once a bar, and is what was backtested
  'trailing-stop': 'STOP_LOSS',
} as const

/** Spot has one code for all of these and says which in words. https://developers.binance.com/docs/binance-spot-api-docs/errors */
const REJECTED = -2010
const WORDS: readonly (readonly [string, Meaning])[] = [
  ['Duplicate order sent', 'duplicate'],
  ['would trigger immediately', 'would-trigger'],
  ['would immediately match and take', 'post-only'],
  ['insufficient balance', 'nothing-to-reduce'],
  ['relationship of the prices', 'crossed'],
]
const FILTERS = [-1013, -1111]

/** Binance's spot market: coins are owned, and every order is one of the book. */
export const SPOT: Market = {
  kind: 'spot',
  venue: 'binance',
  name: "Binance's spot market",
  paths: {
    time: 'api/v3/time',
    info: 'api/v3/exchangeInfo',
    order: 'api/v3/order',
    openOrders: 'api/v3/openOrders',
    trades: 'api/v3/myTrades',
    listenKey: 'api/v3/userDataStream',
  },
  conditional: null,
  lists: { place: 'api/v3/orderList/oco', one: 'api/v3/orderList', paramsOf: listOf },
  hasMargin: false,
  amends: false,
  termsOf,
  paramsOf,
  meaningOf: ({ code, text }) => {
    if (FILTERS.includes(code)) return 'filter'
    return (code === REJECTED && WORDS.find(([words]) => text.includes(words))?.[1]) || 'other'
  },
  heldThere: async (gate, { instrument }) => {
    const balances = await balancesOf(gate)
    return balances === null ? null : wholeOf(balances, instrument.base)
  },
  // the engine may keep coins less finely than fees are taken
  heldHere: (_, attempts, symbol) => attempts.tradedOf(symbol),
  walletThere: async (gate, quote) => {
    const balances = await balancesOf(gate)
    // an asset that nothing is owned of need not be listed
    return balances === null ? null : Number(wholeOf(balances, quote)) / 1e16
  },
  walletHere: (run) => run.account().cash,
  feesThere: async (gate) => {
    const outcome = await gate.send('GET', 'api/v3/account', {}, { patience: 0 })
    const rates = fieldsOf(outcome.kind === 'done' ? fieldsOf(outcome.reply)['commissionRates'] : {})
    const [maker, taker] = [textIn(rates, 'maker'), textIn(rates, 'taker')]
    return maker === '' || taker === '' ? null : { maker, taker }
  },
  client: (...options) => new MainClient(...options),
  listen: (client) => client.subscribeSpotUserDataStream(),
}

/** What the account owns, asset by asset; `null`: it did not say. @throws Error where it refuses to */
async function balancesOf(gate: Gate): Promise<readonly Fields[] | null> {
  const outcome = await gate.read('api/v3/account')
  if (outcome.kind === 'refused') throw new Error(`the exchange refuses to show the account: ${outcome.text}`)
  return outcome.kind === 'done' ? rowsOf(fieldsOf(outcome.reply)['balances']) : null
}

/** What orders hold back is owned as well. */
function wholeOf(balances: readonly Fields[], asset: string): bigint {
  const row = balances.find((one) => textIn(one, 'asset') === asset)
  return row === undefined ? 0n : unitsOf(amountIn(row, 'free')) + unitsOf(amountIn(row, 'locked'))
}

function termsOf(view: OrderView): Terms {
  const type = TYPES[view.type]
  const isMaker = type === 'LIMIT' && view.tif === 'GTX'
  const hasPrice = type === 'LIMIT' || type.endsWith('_LIMIT')
  return {
    route: 'order',
    side: view.side === 'buy' ? 'BUY' : 'SELL',
    type: isMaker ? 'LIMIT_MAKER' : type,
    qty: plainText(view.qty),
    price: hasPrice ? plainText(view.limit!) : null,
    trigger: view.trigger === null ? null : plainText(view.trigger),
    tif: hasPrice && !isMaker ? tifOf(view) : null,
    // nobody is short here: whatever sells takes risk away
    reduceOnly: view.side === 'sell',
  }
}

function paramsOf(symbol: string, terms: Terms, clientId: string): Record<string, string> {
  const { side, type, qty, price, trigger, tif } = terms
  return {
    symbol,
    side,
    type,
    quantity: qty,
    ...(price !== null && { price }),
    ...(trigger !== null && { stopPrice: trigger }),
    ...(tif !== null && { timeInForce: tif }),
    newClientOrderId: clientId,
    newOrderRespType: 'RESULT',
  }
}

/** A sale's target stands above the price and its stop below; the target takes no liquidity. */
function listOf(
  symbol: string,
  list: string,
  stop: { readonly terms: Terms; readonly clientId: string },
  target: { readonly terms: Terms; readonly clientId: string },
): Record<string, string> {
  const { type, qty, price, trigger, tif } = stop.terms
  return {
    symbol,
    side: 'SELL',
    quantity: qty,
    listClientOrderId: list,
    aboveType: 'LIMIT_MAKER',
    abovePrice: target.terms.price!,
    aboveClientOrderId: target.clientId,
    belowType: type,
    belowStopPrice: trigger!,
    ...(price !== null && { belowPrice: price }),
    ...(tif !== null && { belowTimeInForce: tif }),
    belowClientOrderId: stop.clientId,
    newOrderRespType: 'RESULT',
  }
}

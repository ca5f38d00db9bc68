import { USDMClient } from 'binance'
import type { OrderView } from '../../../core/order.ts'
import { plainText, unitsOf } from './exact.ts'
import { amountIn, type Fields, fieldsOf, rowsOf, textIn } from './fields.ts'
import type { Gate } from './gate.ts'
import type { Market, Meaning } from './market.ts'
import { isReducing, type Terms, tifOf } from './terms.ts'

const TYPES = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'STOP_MARKET',
  'stop-limit': 'STOP',
  touch: 'TAKE_PROFIT_MARKET',
  'touch-limit': 'TAKE_PROFIT',
  // USDS-M trails by a rate of 0.1 to 10 % and moves at every trade; the engine's level moves once a bar, and is what was backtested
  'trailing-stop': 'STOP_MARKET',
} as const

/** Codes of refusals that mean more than that. https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  [-4116]: 'duplicate',
  [-2022]: 'nothing-to-reduce',
  [-2021]: 'would-trigger',
  [-5027]: 'no-change',
  [-5021]: 'fok',
  [-5022]: 'post-only',
}
const FILTERS = [-1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4016, -4023, -4024, -4164]

/** Binance's USDS-M futures, which take conditional orders at a door of their own (error -4120 at the other). */
export const USDM: Market = {
  kind: 'usdm',
  venue: 'binance-usdm',
  name: "Binance's USDS-M futures",
  paths: {
    time: 'fapi/v1/time',
    info: 'fapi/v1/exchangeInfo',
    order: 'fapi/v1/order',
    openOrders: 'fapi/v1/openOrders',
    trades: 'fapi/v1/userTrades',
    listenKey: 'fapi/v1/listenKey',
  },
  conditional: { order: 'fapi/v1/algoOrder', open: 'fapi/v1/openAlgoOrders' },
  lists: null,
  hasMargin: true,
  amends: true,
  termsOf,
  paramsOf,
  meaningOf: ({ code }) => (FILTERS.includes(code) ? 'filter' : (MEANINGS[code] ?? 'other')),
  heldThere: async (gate, { symbol }) => {
    const risk = await riskOf(gate, symbol)
    return risk === null ? null : unitsOf(amountIn(risk, 'positionAmt'))
  },
  heldHere: (run, _, symbol) => unitsOf(run.positionOf(symbol).qty),
  walletThere: async (gate, quote) => {
    const outcome = await gate.read('fapi/v3/balance')
    if (outcome.kind !== 'done') return null
    const row = rowsOf(outcome.reply).find((one) => textIn(one, 'asset') === quote)
    return row === undefined ? null : Number(amountIn(row, 'balance'))
  },
  walletHere: (run) => run.account().wallet,
  feesThere: async (gate, symbol) => {
    // a stop may wait for the fill that waits for this: it is not asked twice for one
    const outcome = await gate.send('GET', 'fapi/v1/commissionRate', { symbol }, { patience: 0 })
    const reply = outcome.kind === 'done' ? fieldsOf(outcome.reply) : {}
    const [maker, taker] = [textIn(reply, 'makerCommissionRate'), textIn(reply, 'takerCommissionRate')]
    return maker === '' || taker === '' ? null : { maker, taker }
  },
  client: (...options) => new USDMClient(...options),
  listen: (client) => client.subscribeUsdFuturesUserDataStream(),
}

/**
 * Position, leverage and margin mode of a symbol as the exchange has them; `null`: it did not say.
 * @throws Error where it refuses to
 */
export async function riskOf(gate: Gate, symbol: string): Promise<Fields | null> {
  const outcome = await gate.read('fapi/v2/positionRisk', { symbol })
  if (outcome.kind === 'refused')
    throw new Error(`${symbol}: the exchange refuses to show its position: ${outcome.text}`)
  if (outcome.kind !== 'done') return null
  return rowsOf(outcome.reply).find((row) => ['BOTH', ''].includes(textIn(row, 'positionSide'))) ?? null
}

function termsOf(view: OrderView): Terms {
  const type = TYPES[view.type]
  const hasPrice = type === 'LIMIT' || type === 'STOP' || type === 'TAKE_PROFIT'
  return {
    route: type === 'MARKET' || type === 'LIMIT' ? 'order' : 'algo',
    side: view.side === 'buy' ? 'BUY' : 'SELL',
    type,
    qty: plainText(view.qty),
    price: hasPrice ? plainText(view.limit!) : null,
    trigger: view.trigger === null ? null : plainText(view.trigger),
    tif: hasPrice ? tifOf(view) : null,
    reduceOnly: isReducing(view),
  }
}

function paramsOf(symbol: string, terms: Terms, clientId: string): Record<string, string> {
  const { route, side, type, qty, price, trigger, tif, reduceOnly } = terms
  return {
    symbol,
    side,
    type,
    quantity: qty,
    ...(price !== null && { price }),
    ...(tif !== null && { timeInForce: tif }),
    ...(reduceOnly && { reduceOnly: 'true' }),
    ...(route === 'algo'
      ? { algoType: 'CONDITIONAL', triggerPrice: trigger!, clientAlgoId: clientId }
      : { newClientOrderId: clientId, newOrderRespType: 'RESULT' }),
  }
}

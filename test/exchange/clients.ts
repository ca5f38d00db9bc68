import { createRequire } from 'node:module'
import { DerivativesTradingUsdsFutures } from '@binance/derivatives-trading-usds-futures'
import { USDMClient } from 'binance'
import type { ScriptOrder, SeenFill } from './order-script.ts'
import { KEYS } from './played.ts'

/** A client that nobody here wrote, as far as one script of orders needs it. */
export interface Client {
  place(order: ScriptOrder): Promise<unknown>
  fills(): Promise<readonly SeenFill[]>
}

const SYMBOL = 'BTCUSDT'
const ALGO = { stop: 'STOP_MARKET', touch: 'TAKE_PROFIT_MARKET' } as const

interface Traded {
  readonly side: string
  readonly price: string | number
  readonly qty: string | number
  readonly commission: string | number
  readonly maker: boolean
  readonly realizedPnl: string | number
}

function seenFill({ side, price, qty, commission, maker, realizedPnl }: Traded): SeenFill {
  return {
    ...{ side, price: Number(price), qty: Number(qty), fee: Number(commission) },
    ...{ maker, realised: Number(realizedPnl) },
  }
}

export async function ccxtClient(origin: string): Promise<Client> {
  const ccxt = createRequire(import.meta.url)('ccxt')
  const paths = { fapiPublic: '/fapi/v1', fapiPublicV2: '/fapi/v2', fapiPublicV3: '/fapi/v3', fapiPrivate: '/fapi/v1', fapiPrivateV2: '/fapi/v2', fapiPrivateV3: '/fapi/v3' } // biome-ignore format: one line
  const exchange = new ccxt.binanceusdm({
    ...{ apiKey: KEYS.key, secret: KEYS.secret, enableRateLimit: false, options: { fetchCurrencies: false } },
    urls: { api: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, origin + path])) },
  })
  const market = 'BTC/USDT:USDT'
  await exchange.loadMarkets()
  return {
    place: ({ id, side, type, qty, price, reduceOnly = false }) => {
      const own = { clientOrderId: id, ...(reduceOnly && { reduceOnly }) }
      if (type === 'limit') return exchange.createOrder(market, 'limit', side.toLowerCase(), qty, price, own)
      const trigger = type === 'stop' ? { stopLossPrice: price } : type === 'touch' ? { takeProfitPrice: price } : {}
      return exchange.createOrder(market, 'market', side.toLowerCase(), qty, undefined, { ...own, ...trigger })
    },
    fills: async () => {
      const trades = (await exchange.fetchMyTrades(market)) as { info: Traded }[]
      return trades.map(({ info }) => seenFill(info))
    },
  }
}

export function binanceClient(origin: string): Client {
  const client = new USDMClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: origin, disableTimeSync: true })
  return {
    place: ({ id: own, side, type, qty, price, reduceOnly }) => {
      // without it the client warns
      const id = `x-15PC4ZJy${own}`
      const reduce = reduceOnly ? { reduceOnly: 'true' as const } : {}
      if (type === 'stop' || type === 'touch')
        return client.submitNewAlgoOrder({
          ...{ algoType: 'CONDITIONAL', symbol: SYMBOL, side, type: ALGO[type], quantity: qty, triggerPrice: price! },
          ...{ clientAlgoId: id, ...reduce },
        } as never)
      return client.submitNewOrder({
        ...{ symbol: SYMBOL, side, quantity: qty, newClientOrderId: id, ...reduce },
        ...(type === 'limit' ? { type: 'LIMIT', price: price!, timeInForce: 'GTC' } : { type: 'MARKET' }),
      } as never)
    },
    fills: async () => (await client.getAccountTrades({ symbol: SYMBOL })).map((one) => seenFill(one as never)),
  }
}

export function officialClient(origin: string): Client {
  const { restAPI } = new DerivativesTradingUsdsFutures({
    configurationRestAPI: { apiKey: KEYS.key, apiSecret: KEYS.secret, basePath: origin, timeout: 5000 },
  })
  return {
    place: ({ id, side, type, qty, price, reduceOnly }) => {
      const reduce = reduceOnly ? { reduceOnly: 'true' } : {}
      if (type === 'stop' || type === 'touch')
        return restAPI.newAlgoOrder({
          ...{ algoType: 'CONDITIONAL', symbol: SYMBOL, side, type: ALGO[type], quantity: qty, triggerPrice: price! },
          ...{ clientAlgoId: id, ...reduce },
        } as never)
      return restAPI.newOrder({
        ...{ symbol: SYMBOL, side, quantity: qty, newClientOrderId: id, ...reduce },
        ...(type === 'limit' ? { type: 'LIMIT', price: price!, timeInForce: 'GTC' } : { type: 'MARKET' }),
      } as never)
    },
    fills: async () => {
      const reply = await restAPI.accountTradeList({ symbol: SYMBOL })
      return (await reply.data()).map((one) => seenFill(one as never))
    },
  }
}

import { createRequire } from 'node:module'
import { MainClient, USDMClient } from 'binance'
import { afterEach, expect, test } from 'vitest'
import { barsOf, KEYS, type Played, play, slotOf } from './played.ts'

/** Order lists, cancelReplace and the margin of positions, through clients that nobody here wrote. */
const FLAT = [50_000, 50_000, 50_000, 50_000] as const
const ROWS = [FLAT, FLAT, [50_000, 50_300, 49_990, 50_200] as const, FLAT]

let played: Played

afterEach(async () => {
  await played.close()
  expect(played.errors).toEqual([])
})

const begin = async (kind: 'spot' | 'perpetual') => {
  const bars = barsOf(ROWS, 1, 'BTCUSDT', kind)
  played = await play({ kind: kind === 'spot' ? 'spot' : 'usdm', slots: [slotOf(bars, kind)] })
}

async function bar(): Promise<void> {
  while ((await played.step()).at !== 'close') {}
}

const spotClient = () =>
  new MainClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: played.origin, disableTimeSync: true })

async function ccxtSpot() {
  const ccxt = createRequire(import.meta.url)('ccxt')
  const exchange = new ccxt.binance({
    ...{ apiKey: KEYS.key, secret: KEYS.secret, enableRateLimit: false },
    options: { fetchMarkets: { types: ['spot'] } },
    urls: {
      api: {
        ...{ public: `${played.origin}/api/v3`, private: `${played.origin}/api/v3` },
        sapi: `${played.origin}/sapi/v1`,
      },
    },
  })
  await exchange.loadMarkets()
  return exchange
}

const SELL_PAIR = {
  ...({ symbol: 'BTCUSDT', side: 'SELL', quantity: 0.01 } as const),
  ...({ aboveType: 'LIMIT_MAKER', abovePrice: 50_200 } as const),
  ...({ belowType: 'STOP_LOSS_LIMIT', belowStopPrice: 49_900, belowPrice: 49_890, belowTimeInForce: 'GTC' } as const),
}

test('binance: an OCO is placed, read, ends by its limit; another is cancelled', async () => {
  await begin('spot')
  const client = spotClient()
  await client.submitNewOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: 0.02 } as never)
  await bar()
  const placed = (await client.submitNewOrderList(SELL_PAIR as never)) as { orderListId: number; orders: unknown[] }
  expect(placed).toMatchObject({ contingencyType: 'OCO', listOrderStatus: 'EXECUTING' })
  expect(await client.getAllOpenOCO()).toMatchObject([{ orderListId: placed.orderListId }])
  await bar()
  expect(await client.getOCO({ orderListId: placed.orderListId })).toMatchObject({ listOrderStatus: 'ALL_DONE' })
  const orders = (await client.getAllOrders({ symbol: 'BTCUSDT' })) as { orderListId: number; status: string }[]
  expect(orders.filter(({ orderListId }) => orderListId === placed.orderListId).map(({ status }) => status)).toEqual([
    'FILLED',
    'EXPIRED',
  ])
  const old = { symbol: 'BTCUSDT', side: 'SELL', quantity: 0.009, price: 50_400, stopPrice: 49_900 } as const
  const other = await client.submitNewOCO({ ...old, stopLimitPrice: 49_890, stopLimitTimeInForce: 'GTC' } as never)
  const { orderListId } = other as { orderListId: number }
  expect(await client.cancelOCO({ symbol: 'BTCUSDT', orderListId })).toMatchObject({
    listOrderStatus: 'ALL_DONE',
    orderReports: [{ status: 'CANCELED' }, { status: 'CANCELED' }],
  })
  expect((await client.getAllOCO({})).map((one) => one.orderListId)).toEqual([placed.orderListId, orderListId])
})

test('binance: OTO and OTOCO, and what is refused is an error with its code', async () => {
  await begin('spot')
  const client = spotClient()
  const entry = { symbol: 'BTCUSDT', workingType: 'LIMIT', workingSide: 'BUY', workingPrice: '49000', workingQuantity: '0.01', workingTimeInForce: 'GTC' } as const // biome-ignore format: one order
  const exit = { pendingType: 'LIMIT_MAKER', pendingSide: 'SELL', pendingPrice: '51000', pendingQuantity: '0.01' } as const // biome-ignore format: one order
  expect(await client.submitNewOrderListOTO({ ...entry, ...exit } as never)).toMatchObject({
    contingencyType: 'OTO',
    orderReports: [{ status: 'NEW' }, { status: 'PENDING_NEW' }],
  })
  const legs = { pendingSide: 'SELL', pendingQuantity: '0.01', pendingAboveType: 'LIMIT_MAKER', pendingAbovePrice: '51000', pendingBelowType: 'STOP_LOSS', pendingBelowStopPrice: '48000' } as const // biome-ignore format: one pair
  expect(await client.submitNewOrderListOTOCO({ ...entry, ...legs } as never)).toMatchObject({ orders: [{}, {}, {}] })
  await expect(
    client.submitNewOrderListOTOCO({ ...entry, ...legs, pendingAbovePrice: '47000' } as never),
  ).rejects.toMatchObject({ code: -2010, message: 'The relationship of the prices for the orders is not correct.' })
  await expect(client.submitNewOrderListOPO({ ...entry, ...exit } as never)).rejects.toMatchObject({
    body: expect.stringContaining('404 Not found'),
  })
})

test('binance and ccxt: an order is replaced, and where half of it fails both halves are told', async () => {
  await begin('spot')
  const client = spotClient()
  const limit = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01 } as const
  const { orderId } = (await client.submitNewOrder({ ...limit, price: 49_000 } as never)) as { orderId: number }
  const replaced = await client.replaceOrder({
    ...{ ...limit, price: 49_100, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: orderId },
  } as never)
  expect(replaced).toMatchObject({ cancelResult: 'SUCCESS', newOrderResult: 'SUCCESS' })
  await expect(
    client.replaceOrder({
      ...limit,
      price: 49_200,
      cancelReplaceMode: 'ALLOW_FAILURE',
      cancelOrderId: orderId,
    } as never),
  ).rejects.toMatchObject({ code: -2021, message: 'Order cancel-replace partially failed.' })
  const exchange = await ccxtSpot()
  const [first] = await exchange.fetchOpenOrders('BTC/USDT')
  const edited = await exchange.editOrder(first.id, 'BTC/USDT', 'limit', 'buy', 0.012, 49_300)
  expect(edited).toMatchObject({ symbol: 'BTC/USDT', price: 49_300, amount: 0.012, status: 'open' })
  await expect(exchange.editOrder(first.id, 'BTC/USDT', 'limit', 'buy', 0.012, 49_300)).rejects.toThrow(/-2022/)
  const oco = { symbol: 'BTCUSDT', side: 'BUY', quantity: '0.01', aboveType: 'STOP_LOSS', aboveStopPrice: '51000', belowType: 'LIMIT_MAKER', belowPrice: '49000' } // biome-ignore format: one order
  expect(await exchange.privatePostOrderListOco(oco)).toMatchObject({ listOrderStatus: 'EXECUTING' })
})

test('binance and ccxt: symbols by a list, commissions, trades from an id on', async () => {
  await begin('spot')
  const client = spotClient()
  expect(await client.getCommissionRates({ symbol: 'BTCUSDT' })).toMatchObject({
    standardCommission: { maker: '0.00020000', taker: '0.00050000' },
    discount: { enabledForAccount: false },
  })
  await bar()
  const trades = await client.getHistoricalTrades({ symbol: 'BTCUSDT', limit: 3 })
  expect(trades).toHaveLength(3)
  expect(await client.getHistoricalTrades({ symbol: 'BTCUSDT', fromId: trades[1]!.id })).toEqual(trades.slice(1))
  const exchange = await ccxtSpot()
  expect(Object.keys(await exchange.fetchTickers(['BTC/USDT']))).toEqual(['BTC/USDT'])
  await expect(exchange.publicGetTickerPrice({ symbols: '["BTCUSDT","NOPE"]' })).rejects.toThrow(/-1121/)
  await expect(exchange.publicGetTickerPrice({ symbols: 'BTCUSDT' })).rejects.toThrow(/-1100/)
})

test('ccxt: coins that can neither be paid in nor out, with what is owned of them, and no pair to borrow for', async () => {
  await begin('spot')
  const exchange = await ccxtSpot()
  await exchange.createOrder('BTC/USDT', 'market', 'buy', 0.01)
  await bar()
  const coins = await exchange.sapiGetCapitalConfigGetall()
  const { balances } = await exchange.privateGetAccount()
  expect(coins.map(({ coin, free, locked }: Record<string, string>) => ({ asset: coin, free, locked }))).toEqual(
    balances,
  )
  expect(coins).toMatchObject([
    { networkList: [], depositAllEnable: false, withdrawAllEnable: false },
    { coin: 'BTC', free: '0.01000000' },
  ])
  expect(exchange.markets['BTC/USDT']).toMatchObject({ margin: false })
  expect(await exchange.sapiGetMarginAllPairs()).toEqual([])
})

test('binance and ccxt: margin is given to a position and taken back', async () => {
  await begin('perpetual')
  const client = new USDMClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: played.origin, disableTimeSync: true }) // biome-ignore format: one line
  await client.setMarginType({ symbol: 'BTCUSDT', marginType: 'ISOLATED' })
  await client.submitNewOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: 0.01 } as never)
  await bar()
  expect(await client.setIsolatedPositionMargin({ symbol: 'BTCUSDT', amount: 5, type: '1' })).toMatchObject({
    code: 200,
    amount: 5,
  })
  const ccxt = createRequire(import.meta.url)('ccxt')
  const exchange = new ccxt.binanceusdm({
    ...{ apiKey: KEYS.key, secret: KEYS.secret, enableRateLimit: false, options: { fetchCurrencies: false } },
    urls: { api: { fapiPublic: `${played.origin}/fapi/v1`, fapiPrivate: `${played.origin}/fapi/v1` } },
  })
  await exchange.loadMarkets()
  expect(await exchange.reduceMargin('BTC/USDT:USDT', 2)).toMatchObject({ type: 'reduce', amount: 2, status: 'ok' })
  await expect(exchange.reduceMargin('BTC/USDT:USDT', 2000)).rejects.toThrow(/-4051/)
  const history = await exchange.fetchMarginAdjustmentHistory('BTC/USDT:USDT')
  expect(history.map((one: { type: string; amount: number }) => [one.type, one.amount])).toEqual([
    ['add', 5],
    ['reduce', 2],
  ])
  expect(await client.getPositionMarginChangeHistory({ symbol: 'BTCUSDT' })).toHaveLength(2)
})

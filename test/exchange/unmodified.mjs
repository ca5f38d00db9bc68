/** Clients as their users write them, production addresses and all; run with the redirect preload. Says on stdout what they saw. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [apiKey, secret] = [process.env['API_KEY'], process.env['API_SECRET']]
const said = {}

const ccxt = require('ccxt')
const exchange = new ccxt.pro.binanceusdm({
  apiKey,
  secret,
  enableRateLimit: false,
})
await exchange.loadMarkets()
said.ccxtUrl = exchange.urls.api.fapiPublic
said.ccxtOrder = (await exchange.createOrder('BTC/USDT:USDT', 'limit', 'buy', 0.01, 49_000)).status
// ccxt knows the errors of futures by the address that it asks
said.ccxtError = await exchange.createOrder('BTC/USDT:USDT', 'limit', 'buy', 900, 49_000).then(
  () => 'none',
  (error) => error.constructor.name,
)
const candle = exchange.watchOHLCV('BTC/USDT:USDT', '1m')
// whoever waits for a candle has to be heard before the replay goes on
await new Promise((resolve) => setTimeout(resolve, 300))
await fetch(`http://127.0.0.1:${process.env['CONTROL_PORT']}/step`, { method: 'POST' })
said.ccxtCandle = (await candle).at(-1)
await exchange.close()

const { USDMClient, WebsocketClient } = require('binance')
const log = () => undefined
said.binanceBalance = (await new USDMClient({ api_key: apiKey, api_secret: secret }).getBalanceV3())[0].balance
const stream = new WebsocketClient({ api_key: apiKey, api_secret: secret }, { trace: log, info: log, error: log })
const frame = new Promise((resolve) => stream.on('message', resolve))
await stream.subscribe(['btcusdt@kline_1m'], 'usdm')
await new Promise((resolve) => setTimeout(resolve, 200))
await fetch(`http://127.0.0.1:${process.env['CONTROL_PORT']}/step`, { method: 'POST' })
said.binanceFrame = (await frame).e
stream.closeAll(true)

const { DerivativesTradingUsdsFutures } = await import('@binance/derivatives-trading-usds-futures')
const official = new DerivativesTradingUsdsFutures({
  configurationRestAPI: { apiKey, apiSecret: secret, timeout: 5000 },
})
said.officialOrders = (await (await official.restAPI.currentAllOpenOrders({ symbol: 'BTCUSDT' })).data()).length

const refused = (error) => error.cause?.message ?? error.message
said.elsewhere = await fetch('https://data.binance.vision/').then(() => 'LEAK', refused)
said.byAddress = await fetch('https://1.1.1.1/').then(() => 'LEAK', refused)
process.stdout.write(JSON.stringify(said))
process.exit(0)

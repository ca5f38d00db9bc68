import { describe, expect, test } from 'vitest'
import { HOUR, type Row } from '../engine/scene.ts'
import { NOW, VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const BUY = { side: 'BUY', type: 'MARKET', quantity: '10' } as const
const SELL = { ...BUY, side: 'SELL' } as const

const only = (scene: VenueScene, e: string) => scene.events.filter((event) => event.e === e)

describe('what the streams say of a fill', () => {
  test('a trade, its order, the account: in this order, each later than the one before', () => {
    const scene = new VenueScene([CALM, CALM])
    scene.listen()
    scene.open()
    scene.order({ ...BUY, newClientOrderId: 'mine' })
    const { events } = scene
    expect(events.map(({ e }) => e)).toEqual([
      'ORDER_TRADE_UPDATE',
      'TRADE_LITE',
      'ORDER_TRADE_UPDATE',
      'ACCOUNT_UPDATE',
    ])
    for (let k = 1; k < events.length; k++) expect(events[k]!.E).toBeGreaterThan(events[k - 1]!.E)
    expect(events.every(({ T }) => T === HOUR)).toBe(true)
    const [placed, lite, traded, account] = events
    expect(placed!['o']).toMatchObject({ x: 'NEW', X: 'NEW', q: '10.000', p: '0', ap: '0', l: '0', z: '0', L: '0', n: '0', N: 'USDT', t: 0, rp: '0', ot: 'MARKET', ps: 'BOTH', er: '0' }) // biome-ignore format: one event
    expect(lite).toMatchObject({ s: 'BTCUSDT', q: '10.000', p: '0.00', m: false, c: 'mine', S: 'BUY', L: '100.00', l: '10.000', t: 1 }) // biome-ignore format: one event
    // 10 × 100 × 0.0005 = 0.5
    expect(traded!['o']).toMatchObject({ x: 'TRADE', X: 'FILLED', ap: '100.00000', l: '10.000', z: '10.000', L: '100.00', n: '0.50000000', N: 'USDT', t: 1, rp: '0', m: false }) // biome-ignore format: one event
    // break-even: 100 and 0.5 ÷ 10
    expect(account!['a']).toEqual({
      m: 'ORDER',
      B: [{ a: 'USDT', wb: '9999.50000000', cw: '9999.50000000', bc: '0' }],
      P: [{ s: 'BTCUSDT', pa: '10.000', ep: '100.00', bep: '100.05', cr: '0.00000000', up: '0.00000000', mt: 'cross', iw: '0', ps: 'BOTH', ma: 'USDT' }],
    }) // biome-ignore format: one event
  })

  test('the recorded trade of 0.1 SOL at 80.19 breaks even at 80.230095', () => {
    const scene = new VenueScene([
      [80.19, 80.19, 80.19, 80.19],
      [80.19, 80.19, 80.19, 80.19],
    ])
    scene.listen()
    scene.open()
    scene.order({ ...BUY, quantity: '0.1' })
    const [account] = only(scene, 'ACCOUNT_UPDATE')
    expect((account!['a'] as { P: unknown[] }).P).toMatchObject([{ ep: '80.19', bep: '80.230095' }])
  })

  test('closing realises, a flip begins anew, and nobody is told without a listenKey', () => {
    const scene = new VenueScene([CALM, CALM, [110, 111, 109, 110]], { fees: { maker: 0, taker: 0 } })
    scene.open()
    scene.order(BUY)
    scene.inside()
    scene.close()
    expect(scene.events).toEqual([])
    scene.listen()
    scene.open()
    scene.order({ ...SELL, quantity: '15' })
    const [account] = only(scene, 'ACCOUNT_UPDATE')
    expect(only(scene, 'ORDER_TRADE_UPDATE')[1]!['o']).toMatchObject({ rp: '100.00000000' })
    expect(account!['a']).toMatchObject({
      B: [{ wb: '10100.00000000' }],
      P: [{ pa: '-5.000', ep: '110.00', cr: '100.00000000' }],
    })
  })
})

describe('what the account has', () => {
  test('wallet, profit and margin at the mark price, to the unit', () => {
    const scene = new VenueScene([CALM, CALM])
    scene.open()
    scene.order(BUY)
    scene.order({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '4', price: '95' })
    scene.mark('103')
    // 10 × 3 = 30 unrealised; 1030 ÷ 20 = 51.5; 4 × 95 ÷ 20 = 19; 1030 × 0.004 = 4.12
    const account = scene.ask('GET', '/fapi/v3/account').body
    expect(account).toMatchObject({
      totalWalletBalance: '9999.50000000', totalUnrealizedProfit: '30.00000000', totalMarginBalance: '10029.50000000',
      totalPositionInitialMargin: '51.50000000', totalOpenOrderInitialMargin: '19.00000000',
      totalInitialMargin: '70.50000000', totalMaintMargin: '4.12000000', availableBalance: '9959.00000000',
      assets: [{ asset: 'USDT', walletBalance: '9999.50000000' }],
      positions: [{ symbol: 'BTCUSDT', positionAmt: '10.000', notional: '1030.00000000', initialMargin: '70.50000000' }],
    }) // biome-ignore format: one reply
    expect(scene.ask('GET', '/fapi/v2/account').body).toMatchObject({ canTrade: true, positions: [{ leverage: '20', entryPrice: '100.00' }] }) // biome-ignore format: one line
    expect(scene.ask('GET', '/fapi/v3/balance').body).toMatchObject([{ asset: 'USDT', balance: '9999.50000000', availableBalance: '9959.00000000' }]) // biome-ignore format: one line
    const [risk] = scene.ask('GET', '/fapi/v3/positionRisk', { symbol: 'BTCUSDT' }).body
    expect(risk).toMatchObject({ entryPrice: '100.00', breakEvenPrice: '100.05', markPrice: '103.00000000', unRealizedProfit: '30.00000000', liquidationPrice: '0', maintMargin: '4.12000000' }) // biome-ignore format: one line
    expect(scene.ask('GET', '/fapi/v2/positionRisk').body).toMatchObject([{ leverage: '20', marginType: 'cross' }])
  })

  test('liquidation price by the formula of the exchange', () => {
    const scene = new VenueScene([CALM, CALM], { cash: 100, fees: { maker: 0, taker: 0 } })
    scene.open()
    scene.order(BUY)
    // (100 − 1000) ÷ (10 × 0.004 − 10) = 90.36144578…
    expect(scene.ask('GET', '/fapi/v3/positionRisk').body).toMatchObject([{ liquidationPrice: '90.36144578' }])
  })

  test('in the second bracket its amount counts: 60,000 held with 1000 behind, 0.005 and cum 50', () => {
    const rows: Row[] = [
      [1000, 1000, 1000, 1000],
      [1000, 1000, 1000, 1000],
    ]
    const scene = new VenueScene(rows, { cash: 4000, fees: { maker: 0, taker: 0 } })
    scene.open()
    scene.order({ ...BUY, quantity: '60' })
    // (4000 + 50 − 60,000) ÷ (60 × 0.005 − 60) = 937.18592964…
    expect(scene.ask('GET', '/fapi/v3/positionRisk').body).toMatchObject([{ liquidationPrice: '937.18592965' }])
  })

  test('of bids and asks the larger side binds margin', () => {
    const scene = new VenueScene([CALM])
    const limit = { type: 'LIMIT', timeInForce: 'GTC' } as const
    scene.order({ ...limit, side: 'BUY', quantity: '1', price: '90' })
    scene.order({ ...limit, side: 'SELL', quantity: '4', price: '110' })
    // 440 ÷ 20, not 90 ÷ 20
    expect(scene.ask('GET', '/fapi/v3/account').body).toMatchObject({ totalOpenOrderInitialMargin: '22.00000000' })
  })

  test('an isolated position sets its margin aside', () => {
    const scene = new VenueScene([CALM, CALM], { fees: { maker: 0, taker: 0 } })
    const mode = (marginType: string) => scene.ask('POST', '/fapi/v1/marginType', { symbol: 'BTCUSDT', marginType })
    expect(mode('CROSSED').body.code).toBe(-4046)
    expect(mode('ISOLATED').body).toEqual({ code: 200, msg: 'success' })
    scene.listen()
    scene.open()
    scene.order(BUY)
    const [account] = only(scene, 'ACCOUNT_UPDATE')
    expect(account!['a']).toMatchObject({
      B: [{ wb: '10000.00000000', cw: '9950.00000000' }],
      P: [{ mt: 'isolated', iw: '50.00000000' }],
    })
    expect(mode('CROSSED').body.code).toBe(-4048)
    expect(scene.ask('GET', '/fapi/v3/positionRisk').body).toMatchObject([{ isolatedWallet: '50.00000000' }])
    expect(scene.ask('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 10 }).body.code).toBe(-4161)
  })

  test('leverage is told of, and bounded by the tiers and by what is held', () => {
    const scene = new VenueScene([CALM, CALM], { cash: 1000 })
    const lever = (leverage: number) => scene.ask('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage }).body
    scene.listen()
    expect(lever(126).code).toBe(-4028)
    expect(lever(0).code).toBe(-4028)
    expect(lever(50)).toMatchObject({ leverage: 50 })
    expect(only(scene, 'ACCOUNT_CONFIG_UPDATE')).toMatchObject([{ ac: { s: 'BTCUSDT', l: 50 } }])
    scene.open()
    scene.order({ ...BUY, quantity: '100' })
    // 10,000 ÷ 10 and fees are more than there is
    expect(lever(10).code).toBe(-2028)
    expect(scene.ask('GET', '/fapi/v1/symbolConfig').body).toMatchObject([{ leverage: 50, marginType: 'CROSSED' }])
  })

  test('one-way positions and one asset are all there is', () => {
    const scene = new VenueScene([CALM])
    const dual = (to: boolean) => scene.ask('POST', '/fapi/v1/positionSide/dual', { dualSidePosition: to }).body.code
    expect(scene.ask('GET', '/fapi/v1/positionSide/dual').body).toEqual({ dualSidePosition: false })
    expect([dual(false), dual(true)]).toEqual([-4059, -4060])
    expect(scene.ask('GET', '/fapi/v1/multiAssetsMargin').body).toEqual({ multiAssetsMargin: false })
    expect(scene.ask('GET', '/fapi/v1/commissionRate', { symbol: 'BTCUSDT' }).body).toMatchObject({ makerCommissionRate: '0.00020000', takerCommissionRate: '0.00050000' }) // biome-ignore format: one line
    expect(scene.ask('GET', '/fapi/v1/leverageBracket').body).toMatchObject([{ symbol: 'BTCUSDT', brackets: [{ bracket: 1, initialLeverage: 125, notionalCap: 50_000, maintMarginRatio: 0.004, cum: 0 }, {}, {}] }]) // biome-ignore format: one line
  })
})

describe('what happens to the account', () => {
  test('funding is paid at its time: the balance alone is told of, and income has it', () => {
    const funding = { time: Float64Array.of(2 * HOUR), rate: Float64Array.of(0.0001), mark: Float64Array.of(100) }
    const scene = new VenueScene([CALM, CALM, CALM], { fees: { maker: 0, taker: 0 }, funding })
    scene.order(BUY)
    scene.bar()
    scene.listen()
    scene.bar()
    // 10 × 100 × 0.0001 = 0.1
    expect(scene.events).toMatchObject([
      { e: 'ACCOUNT_UPDATE', a: { m: 'FUNDING_FEE', B: [{ wb: '9999.90000000', bc: '-0.10000000' }], P: [] } },
    ])
    expect(scene.ask('GET', '/fapi/v1/income', { incomeType: 'FUNDING_FEE' }).body).toMatchObject([{ symbol: 'BTCUSDT', income: '-0.10000000', time: 2 * HOUR, asset: 'USDT' }]) // biome-ignore format: one line
  })

  test.each([
    [99.98765432, 0.00003403],
    [100.01234567, -0.00012345],
  ])('funding at mark %d and rate %d is quantity × mark × rate, to the last digit', (mark, rate) => {
    const funding = { time: Float64Array.of(2 * HOUR), rate: Float64Array.of(rate), mark: Float64Array.of(mark) }
    const scene = new VenueScene([CALM, CALM, CALM], { fees: { maker: 0, taker: 0 }, funding })
    scene.order({ ...BUY, quantity: '3.7' })
    scene.bar()
    scene.bar()
    const [{ income }] = scene.ask('GET', '/fapi/v1/income', { incomeType: 'FUNDING_FEE' }).body
    const units = (value: number) => BigInt(Math.round(value * 1e8))
    // cut to the eight decimals of the asset, as the engine of a backtest charges it
    const exact = (37n * units(mark) * units(rate)) / 10n ** 9n
    expect(BigInt(income.replace('.', ''))).toBe(-exact)
  })

  test('a position is called for margin, then taken away by an order of the exchange', () => {
    // 100 behind 1000: maintenance 4; at 91 the balance is 10 and maintenance 3.64, at 90.4 4 and 3.616
    const scene = new VenueScene([CALM, CALM, [91, 92, 90.4, 90.4], [90, 90, 80, 85]], {
      cash: 100,
      fees: { maker: 0, taker: 0 },
    })
    scene.order(BUY)
    scene.bar()
    scene.listen()
    scene.bar()
    expect(scene.events).toMatchObject([{ e: 'MARGIN_CALL', cw: '100.00000000', p: [{ s: 'BTCUSDT', pa: '10.000', mp: '90.40', up: '-96.00000000', mm: '3.61600000' }] }]) // biome-ignore format: one line
    scene.events.length = 0
    scene.bar()
    expect(scene.told()).toEqual(['ORDER_TRADE_UPDATE NEW NEW', 'TRADE_LITE', 'ORDER_TRADE_UPDATE CALCULATED FILLED', 'ACCOUNT_UPDATE']) // biome-ignore format: one line
    const [forced] = scene.ask('GET', '/fapi/v1/forceOrders').body
    expect(forced).toMatchObject({ type: 'LIQUIDATION', side: 'SELL', status: 'FILLED', executedQty: '10.000' })
    expect(forced.clientOrderId).toMatch(/^autoclose-/)
    expect(scene.ask('GET', '/fapi/v3/positionRisk').body).toEqual([])
  })

  test('nearness to a liquidation is told of once, until it was over', () => {
    const near: Row = [90.4, 90.4, 90.4, 90.4]
    const far: Row = [95, 95, 95, 95]
    const scene = new VenueScene([CALM, CALM, near, near, far, near], { cash: 100, fees: { maker: 0, taker: 0 } })
    scene.order(BUY)
    scene.bar()
    scene.listen()
    const calls = () => {
      scene.bar()
      return scene.told().length
    }
    expect([calls(), calls(), calls(), calls()]).toEqual([1, 0, 0, 1])
  })

  test('balance = start + income, and the ledger of the engine says the same', () => {
    const scene = new VenueScene([CALM, CALM, [104, 105, 103, 104], CALM, CALM])
    for (const order of [BUY, { ...SELL, quantity: '25' }, BUY, SELL]) {
      scene.order(order)
      scene.bar()
    }
    const rows: { income: string }[] = scene.ask('GET', '/fapi/v1/income', { limit: 1000 }).body
    const sum = rows.reduce((all, { income }) => all + BigInt(income.replace('.', '')), 0n)
    const { wallet } = scene.venue.engine.account
    expect(10_000n * 10n ** 8n + sum).toBe(BigInt(wallet))
    expect(scene.ask('GET', '/fapi/v3/balance').body[0].balance.replace('.', '')).toBe(String(wallet))
  })
})

describe('time', () => {
  test('a listenKey is the same while it lives, an hour after it was asked for last', () => {
    const scene = new VenueScene([CALM])
    const key = scene.listen()
    scene.at = NOW + 50 * 60_000
    expect(scene.send('PUT', '/fapi/v1/listenKey', '').body).toEqual({ listenKey: key })
    scene.venue.tick(NOW + 109 * 60_000)
    expect(scene.events).toEqual([])
    scene.venue.tick(NOW + 110 * 60_000)
    expect(scene.events).toMatchObject([{ e: 'listenKeyExpired', listenKey: key }])
    expect(scene.send('PUT', '/fapi/v1/listenKey', '').body.code).toBe(-1125)
    const next = scene.listen()
    expect(next).not.toBe(key)
    expect(scene.listen()).toBe(next)
    expect(scene.send('DELETE', '/fapi/v1/listenKey', '').body).toEqual({})
    expect(scene.events.at(-1)).toMatchObject({ e: 'listenKeyExpired', listenKey: next })
  })

  test('the old life of half an hour, where it is asked for', () => {
    const scene = new VenueScene([CALM], { listenKeyMinutes: 30 })
    scene.listen()
    scene.venue.tick(NOW + 30 * 60_000)
    expect(scene.events.map(({ e }) => e)).toEqual(['listenKeyExpired'])
  })

  test('a countdown cancels what is open unless it is begun anew', () => {
    const scene = new VenueScene([CALM, CALM])
    const { orderId } = scene.order({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '90' }).body
    const count = (countdownTime: number) =>
      scene.ask('POST', '/fapi/v1/countdownCancelAll', { symbol: 'BTCUSDT', countdownTime }).body
    const status = () => scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId }).body.status
    expect(count(1000)).toEqual({ symbol: 'BTCUSDT', countdownTime: '1000' })
    count(0)
    scene.venue.tick(NOW + 1000)
    expect(status()).toBe('NEW')
    count(1000)
    scene.venue.tick(NOW + 999)
    expect(status()).toBe('NEW')
    scene.venue.tick(NOW + 1000)
    expect(status()).toBe('CANCELED')
  })
})

describe('lists', () => {
  test('trades by id, by time, and the newest; a week at most', () => {
    const scene = new VenueScene([CALM, CALM, CALM, CALM])
    for (let k = 0; k < 3; k++) {
      scene.order({ ...BUY, quantity: '1' })
      scene.bar()
    }
    const trades = (params: Record<string, number>) => {
      const { body } = scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT', ...params })
      return body.code ?? body.map(({ id }: { id: number }) => id)
    }
    expect(trades({})).toEqual([1, 2, 3])
    expect(trades({ limit: 2 })).toEqual([2, 3])
    expect(trades({ fromId: 2 })).toEqual([2, 3])
    expect(trades({ startTime: HOUR, limit: 1 })).toEqual([1])
    expect(trades({ startTime: 2 * HOUR, endTime: 2 * HOUR })).toEqual([2])
    expect(trades({ fromId: 1, startTime: 0 })).toBe(-1128)
    expect(trades({ startTime: 0, endTime: 7 * 24 * HOUR + 1 })).toBe(-1127)
    const { orderId } = scene.ask('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT' }).body[1]
    expect(trades({ orderId })).toEqual([2])
    expect(scene.ask('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT', orderId }).body).toHaveLength(2)
  })

  test('an order that ended unfilled is forgotten after three days', () => {
    const hours = 24 * 3 + 2
    const scene = new VenueScene(Array.from({ length: hours + 1 }, () => CALM))
    const { orderId } = scene.order({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '90' }).body
    scene.ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId })
    const look = () => scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId }).body
    for (let k = 0; k < 72; k++) scene.bar()
    expect(look().status).toBe('CANCELED')
    scene.bar()
    expect(look().code).toBe(-2013)
  })
})

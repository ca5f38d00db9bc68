import { describe, expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const UP: Row = [100, 112, 99, 111]
const DOWN: Row = [100, 101, 88, 90]

function spot(next: readonly Row[], cash = 1000): VenueScene {
  const scene = new VenueScene([CALM, CALM, ...next], { kind: 'spot', fees: { maker: 0, taker: 0 }, cash })
  scene.listen()
  return scene
}

/** Two of the coin are held, the second bar has closed. */
function long(...next: Row[]): VenueScene {
  const scene = spot(next)
  scene.ask('POST', '/api/v3/order', { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '2' })
  scene.bar()
  scene.events.length = 0
  return scene
}

const post = (scene: VenueScene, path: string, params: Record<string, string>) =>
  scene.ask('POST', `/api/v3/${path}`, { symbol: 'BTCUSDT', ...params })
const OCO = {
  ...{ side: 'SELL', quantity: '2', listClientOrderId: 'both' },
  ...{ aboveType: 'LIMIT_MAKER', abovePrice: '110', aboveClientOrderId: 'profit' },
  ...{ belowType: 'STOP_LOSS', belowStopPrice: '90', belowClientOrderId: 'loss' },
}
const states = (scene: VenueScene) =>
  scene
    .ask('GET', '/api/v3/allOrders', { symbol: 'BTCUSDT' })
    .body.map((one: Record<string, string>) => `${one['clientOrderId']} ${one['status']}`)
    .filter((one: string) => !one.startsWith('x-'))
/** Of the stream: orders and lists, each with how it fares. */
const told = (scene: VenueScene) =>
  scene.events
    .splice(0)
    .filter(({ e }) => e !== 'outboundAccountPosition')
    .map((one) => (one.e === 'listStatus' ? `list ${one['l']} ${one['L']}` : `${one['c']} ${one['x']} ${one['X']}`))
const balance = (scene: VenueScene) => scene.ask('GET', '/api/v3/account').body.balances[1]

describe('OCO', () => {
  test('is told whole, and holds the coin back once', () => {
    const scene = long(CALM)
    const { status, body } = post(scene, 'orderList/oco', OCO)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      contingencyType: 'OCO', listStatusType: 'EXEC_STARTED', listOrderStatus: 'EXECUTING', listClientOrderId: 'both',
      symbol: 'BTCUSDT',
    }) // biome-ignore format: two lines
    expect(body.orders.map(({ clientOrderId }: { clientOrderId: string }) => clientOrderId)).toEqual(['profit', 'loss'])
    expect(body.orderReports).toMatchObject([
      { clientOrderId: 'profit', orderListId: body.orderListId, type: 'LIMIT_MAKER', price: '110.00000000', status: 'NEW' },
      { clientOrderId: 'loss', orderListId: body.orderListId, type: 'STOP_LOSS', stopPrice: '90.00000000', workingTime: -1 },
    ]) // biome-ignore format: a line each
    expect(balance(scene)).toEqual({ asset: 'BTC', free: '0.00000000', locked: '2.00000000' })
    expect(scene.events.filter(({ e }) => e === 'listStatus')).toMatchObject([
      { s: 'BTCUSDT', g: body.orderListId, c: 'OCO', r: 'NONE', C: 'both', O: body.orders.map((one: Record<string, unknown>) => ({ s: one['symbol'], i: one['orderId'], c: one['clientOrderId'] })) },
    ]) // biome-ignore format: one event
    expect(told(scene)).toEqual(['profit NEW NEW', 'loss NEW NEW', 'list EXEC_STARTED EXECUTING'])
    expect(scene.ask('GET', '/api/v3/openOrderList').body).toHaveLength(1)
    const { orderReports: _, ...list } = body
    const names: Record<string, string>[] = [{ orderListId: body.orderListId }, { origClientOrderId: 'both' }]
    for (const params of names) expect(scene.ask('GET', '/api/v3/orderList', params).body).toEqual(list)
  })

  test.each<[string, Row, string[], string]>([
    ['the limit', UP, ['profit FILLED', 'loss EXPIRED'], '1020.00000000'],
    ['the stop', DOWN, ['profit EXPIRED', 'loss FILLED'], '980.00000000'],
    // a bar that reaches both: the worse comes first, as in a backtest
    ['the stop of a bar that reaches both', [100, 115, 85, 100], ['profit EXPIRED', 'loss FILLED'], '980.00000000'],
  ])('%s ends the other', (_, bar, expected, cash) => {
    const scene = long(bar, UP)
    post(scene, 'orderList/oco', OCO)
    told(scene)
    scene.bar()
    expect(states(scene)).toEqual(expected)
    expect(told(scene).at(-1)).toBe('list ALL_DONE ALL_DONE')
    expect(scene.ask('GET', '/api/v3/openOrderList').body).toEqual([])
    const { balances } = scene.ask('GET', '/api/v3/account').body
    expect(balances).toEqual([
      { asset: 'USDT', free: cash, locked: '0.00000000' },
      { asset: 'BTC', free: '0.00000000', locked: '0.00000000' },
    ])
    scene.bar()
    expect(told(scene)).toEqual([])
  })

  test('a stop with a limit that is jumped over ends the other though it only rests', () => {
    const scene = long([80, 120, 79, 85])
    post(scene, 'orderList/oco', { ...OCO, belowType: 'STOP_LOSS_LIMIT', belowPrice: '90', belowTimeInForce: 'GTC' })
    told(scene)
    scene.open()
    expect(states(scene)).toEqual(['profit EXPIRED', 'loss NEW'])
    expect(told(scene)).toEqual(['loss NEW NEW', 'profit EXPIRED EXPIRED'])
  })

  test.each([
    ['DELETE', 'order', { origClientOrderId: 'loss' }],
    ['DELETE', 'orderList', { listClientOrderId: 'both' }],
    ['DELETE', 'openOrders', {}],
  ])('%s %s cancels both', (method, path, params) => {
    const scene = long(CALM)
    post(scene, 'orderList/oco', OCO)
    told(scene)
    const { body } = scene.ask(method, `/api/v3/${path}`, { symbol: 'BTCUSDT', ...params })
    const reply = Array.isArray(body) ? body[0] : body
    expect([body.length ?? 1, reply]).toMatchObject([
      1,
      { listStatusType: 'ALL_DONE', listOrderStatus: 'ALL_DONE', orderReports: [{ origClientOrderId: 'profit', status: 'CANCELED' }, { origClientOrderId: 'loss', status: 'CANCELED' }] },
    ]) // biome-ignore format: one reply
    expect(told(scene).at(-1)).toBe('list ALL_DONE ALL_DONE')
    expect(balance(scene)).toMatchObject({ free: '2.00000000' })
    expect(scene.ask('DELETE', '/api/v3/orderList', { symbol: 'BTCUSDT', listClientOrderId: 'both' }).body.code).toBe(
      -2011,
    )
  })

  test('the old route says the same', () => {
    const scene = long(DOWN)
    const old = { side: 'SELL', quantity: '2', price: '110', stopPrice: '90', stopLimitPrice: '89', stopLimitTimeInForce: 'GTC', limitClientOrderId: 'profit', stopClientOrderId: 'loss' } // biome-ignore format: one order
    expect(post(scene, 'order/oco', old).body.orderReports).toMatchObject([
      { type: 'LIMIT_MAKER' },
      { type: 'STOP_LOSS_LIMIT', price: '89.00000000' },
    ])
    scene.bar()
    expect(states(scene)).toEqual(['profit EXPIRED', 'loss FILLED'])
  })

  test.each<[string, Record<string, string>, number, RegExp]>([
    ['prices on one side', { abovePrice: '95' }, -2010, /^The relationship of the prices for the orders is not correct\.$/],
    ['two that take profit', { belowType: 'LIMIT_MAKER', belowPrice: '90' }, -1116, /Invalid orderType/],
    ['no price', { abovePrice: '' }, -1102, /'abovePrice'/],
    ['off the tick', { abovePrice: '110.001' }, -1013, /PRICE_FILTER/],
    ['more than is held', { quantity: '3' }, -2010, /insufficient balance/],
    ['one name twice', { aboveClientOrderId: 'loss' }, -2010, /Duplicate order sent/],
    ['an iceberg', { aboveIcebergQty: '1' }, -1130, /'aboveIcebergQty'/],
    ['a limit that would rest', { belowType: 'STOP_LOSS_LIMIT', belowPrice: '91', belowTimeInForce: 'GTC' }, -1130, /'belowPrice'/],
  ])('%s: refused, and nothing is left', (_, change, code, msg) => {
    const scene = long(CALM)
    const { status, body } = post(scene, 'orderList/oco', { ...OCO, ...change })
    expect([status, body]).toEqual([400, { code, msg: expect.stringMatching(msg) }])
    expect([states(scene), told(scene), balance(scene).free]).toEqual([[], [], '2.00000000'])
    expect(scene.ask('GET', '/api/v3/allOrderList').body).toEqual([])
  }) // biome-ignore format: a line a case

  test('a second leg that cannot be paid takes the first back, and nobody hears of it', () => {
    const scene = spot([CALM], 300)
    const buys = { side: 'BUY', quantity: '2', aboveType: 'STOP_LOSS', aboveStopPrice: '110', belowType: 'LIMIT_MAKER', belowPrice: '90' } // biome-ignore format: one order
    expect(post(scene, 'orderList/oco', buys).body).toEqual({
      code: -2010,
      msg: 'Account has insufficient balance for requested action. Of a pair that buys, the simulated exchange holds back what both orders would spend.',
    })
    expect([told(scene), scene.ask('GET', '/api/v3/openOrders').body]).toEqual([[], []])
    expect(scene.ask('GET', '/api/v3/account').body.balances[0]).toMatchObject({ free: '300.00000000' })
  })
})

const OLD = Array<Row>(80).fill(CALM)

/** The longest array that is gone through while something is done. */
function longestSearched(act: () => void): number {
  const names = ['find', 'findLast', 'filter'] as const
  const real = names.map((name) => Array.prototype[name])
  let most = 0
  for (const [k, name] of names.entries())
    Object.assign(Array.prototype, {
      [name](this: unknown[], ...args: unknown[]) {
        most = Math.max(most, this.length)
        return Reflect.apply(real[k]!, this, args)
      },
    })
  try {
    act()
  } finally {
    for (const [k, name] of names.entries()) Object.assign(Array.prototype, { [name]: real[k] })
  }
  return most
}

describe('a list that is over', () => {
  test('is not gone through for what is done with others', () => {
    const scene = long(CALM)
    const names = (k: number) => ({ listClientOrderId: `both${k}`, aboveClientOrderId: `profit${k}`, belowClientOrderId: `loss${k}` }) // biome-ignore format: one line
    for (let k = 0; k < 40; k++) {
      post(scene, 'orderList/oco', { ...OCO, ...names(k) })
      scene.ask('DELETE', '/api/v3/orderList', { symbol: 'BTCUSDT', listClientOrderId: `both${k}` })
    }
    const answers: number[] = []
    const most = longestSearched(() => {
      const plain = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '95', newClientOrderId: 'plain' } // biome-ignore format: one order
      answers.push(post(scene, 'order', plain).status)
      answers.push(scene.ask('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', origClientOrderId: 'plain' }).status)
      answers.push(post(scene, 'orderList/oco', { ...OCO, ...names(50) }).status)
      answers.push(scene.ask('GET', '/api/v3/orderList', { origClientOrderId: 'both50' }).status)
      answers.push(scene.ask('DELETE', '/api/v3/orderList', { symbol: 'BTCUSDT', listClientOrderId: 'both50' }).status)
    })
    expect(answers).toEqual([200, 200, 200, 200, 200])
    expect(most).toBeLessThan(20)
  })

  const read = (scene: VenueScene) =>
    ['both', 'again'].map((name) => scene.ask('GET', '/api/v3/orderList', { origClientOrderId: name }).status)
  const again = { listClientOrderId: 'again', aboveClientOrderId: 'profit2', belowClientOrderId: 'loss2' }

  test('is forgotten when its orders are, three days after it ended unfilled, and the next one comes', () => {
    const scene = long(...OLD)
    post(scene, 'orderList/oco', OCO)
    scene.ask('DELETE', '/api/v3/orderList', { symbol: 'BTCUSDT', listClientOrderId: 'both' })
    for (let hour = 0; hour < 72; hour++) scene.bar()
    post(scene, 'orderList/oco', { ...OCO, ...again })
    expect(read(scene)).toEqual([200, 200])
    scene.ask('DELETE', '/api/v3/orderList', { symbol: 'BTCUSDT', listClientOrderId: 'again' })
    scene.bar()
    expect(post(scene, 'orderList/oco', { ...OCO, listClientOrderId: 'last' }).status).toBe(200)
    expect(read(scene)).toEqual([400, 200])
    const all = scene.ask('GET', '/api/v3/allOrderList', { fromId: 1 }).body
    expect(all.map((one: Record<string, unknown>) => one['listClientOrderId'])).toEqual(['again', 'last'])
  })

  test('stays while it is open, and when one of its orders was filled', () => {
    const open = long(...OLD)
    post(open, 'orderList/oco', OCO)
    for (let hour = 0; hour < 79; hour++) open.bar()
    post(open, 'orderList/oco', { ...OCO, ...again, side: 'BUY', quantity: '1', abovePrice: '', aboveType: 'STOP_LOSS', aboveStopPrice: '110', belowType: 'LIMIT_MAKER', belowPrice: '90', belowStopPrice: '' }) // biome-ignore format: one line
    expect(read(open)).toEqual([200, 200])
    const filled = long(UP, ...OLD)
    post(filled, 'orderList/oco', OCO)
    for (let hour = 0; hour < 79; hour++) filled.bar()
    post(filled, 'orderList/oto', { workingType: 'LIMIT', workingSide: 'BUY', workingPrice: '95', workingQuantity: '1', workingTimeInForce: 'GTC', pendingSide: 'SELL', pendingQuantity: '1', pendingType: 'MARKET', listClientOrderId: 'again' }) // biome-ignore format: one line
    expect(read(filled)).toEqual([200, 200])
  })
})

const ENTRY = { workingType: 'LIMIT', workingSide: 'BUY', workingPrice: '95', workingQuantity: '1', workingTimeInForce: 'GTC', workingClientOrderId: 'entry' } // biome-ignore format: one order
const OTOCO = {
  ...{ ...ENTRY, pendingSide: 'SELL', pendingQuantity: '1' },
  ...{ pendingAboveType: 'LIMIT_MAKER', pendingAbovePrice: '105', pendingAboveClientOrderId: 'profit' },
  ...{ pendingBelowType: 'STOP_LOSS', pendingBelowStopPrice: '90', pendingBelowClientOrderId: 'loss' },
}

describe('OTO and OTOCO', () => {
  test('what waits is entered when the first is filled, and ends the other when it is', () => {
    const scene = spot([
      [100, 101, 94, 96],
      [96, 107, 95, 106],
    ])
    const { body } = post(scene, 'orderList/otoco', OTOCO)
    expect(body).toMatchObject({ contingencyType: 'OTO', listOrderStatus: 'EXECUTING' })
    expect(states(scene)).toEqual(['entry NEW', 'profit PENDING_NEW', 'loss PENDING_NEW'])
    expect(scene.ask('GET', '/api/v3/openOrders', { symbol: 'BTCUSDT' }).body).toHaveLength(3)
    scene.bar()
    scene.bar()
    expect(states(scene)).toEqual(['entry FILLED', 'profit NEW', 'loss NEW'])
    scene.bar()
    expect(states(scene)).toEqual(['entry FILLED', 'profit FILLED', 'loss EXPIRED'])
    expect(told(scene)).toEqual([
      'entry NEW NEW', 'profit NEW PENDING_NEW', 'loss NEW PENDING_NEW', 'list EXEC_STARTED EXECUTING', 'entry TRADE FILLED',
      'profit NEW NEW', 'loss NEW NEW', 'profit TRADE FILLED', 'loss EXPIRED EXPIRED', 'list ALL_DONE ALL_DONE',
    ]) // biome-ignore format: two lines
    expect(scene.ask('GET', '/api/v3/account').body.balances[0].free).toBe('1010.00000000')
  })

  test('a bar that reaches the entry and the stop is a loss, as it is of a bracket in a backtest', () => {
    const scene = spot([[100, 106, 85, 100]])
    post(scene, 'orderList/otoco', OTOCO)
    scene.bar()
    scene.bar()
    expect(states(scene)).toEqual(['entry FILLED', 'profit EXPIRED', 'loss FILLED'])
    expect(scene.ask('GET', '/api/v3/account').body.balances[0].free).toBe('995.00000000')
  })

  test('OTO: one that waits for one; and with the first it is cancelled', () => {
    const pending = { pendingType: 'LIMIT', pendingSide: 'SELL', pendingPrice: '105', pendingQuantity: '1', pendingTimeInForce: 'GTC', pendingClientOrderId: 'exit' } // biome-ignore format: one order
    const scene = spot([[100, 101, 94, 96]])
    post(scene, 'orderList/oto', { ...ENTRY, ...pending })
    scene.bar()
    scene.bar()
    expect(states(scene)).toEqual(['entry FILLED', 'exit NEW'])
    const other = spot([CALM])
    post(other, 'orderList/oto', { ...ENTRY, ...pending })
    other.ask('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', origClientOrderId: 'exit' })
    expect(states(other)).toEqual(['entry CANCELED', 'exit CANCELED'])
  })

  test('one that has been filled cannot be cancelled any more, and what it has brought stays', () => {
    const scene = spot([[100, 101, 94, 96]])
    post(scene, 'orderList/otoco', OTOCO)
    scene.bar()
    scene.bar()
    const { body } = scene.ask('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', origClientOrderId: 'entry' })
    expect(body.code).toBe(-2011)
    expect(states(scene)).toEqual(['entry FILLED', 'profit NEW', 'loss NEW'])
  })

  test('what cannot be paid when its time has come is rejected', () => {
    const scene = spot([[100, 101, 94, 96]])
    post(scene, 'orderList/otoco', { ...OTOCO, pendingQuantity: '2' })
    scene.bar()
    scene.bar()
    expect(states(scene)).toEqual(['entry FILLED', 'profit REJECTED', 'loss EXPIRED'])
    expect(told(scene).at(-1)).toBe('list ALL_DONE ALL_DONE')
  })
})

describe('cancelReplace', () => {
  const NEXT = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '2', price: '91', newClientOrderId: 'new' }
  const replace = (scene: VenueScene, change: Record<string, string> = {}) =>
    post(scene, 'order/cancelReplace', { cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrigClientOrderId: 'old', ...NEXT, ...change }) // biome-ignore format: one line
  const resting = () => {
    const scene = spot([CALM])
    post(scene, 'order', { ...NEXT, price: '90', newClientOrderId: 'old' })
    return scene
  }

  test('both halves succeed', () => {
    const scene = resting()
    const { status, body } = replace(scene)
    expect([status, body]).toMatchObject([
      200,
      { cancelResult: 'SUCCESS', newOrderResult: 'SUCCESS', cancelResponse: { origClientOrderId: 'old', status: 'CANCELED' }, newOrderResponse: { clientOrderId: 'new', status: 'NEW', fills: [] } },
    ]) // biome-ignore format: one reply
    expect(states(scene)).toEqual(['old CANCELED', 'new NEW'])
  })

  test('one of a list goes with all of it, also one that still waits for another', () => {
    for (const name of ['profit', 'entry']) {
      const scene = spot([[100, 101, 94, 96]])
      post(scene, 'orderList/otoco', OTOCO)
      const { status, body } = replace(scene, { cancelOrigClientOrderId: name })
      expect([status, body]).toMatchObject([
        200,
        { cancelResult: 'SUCCESS', cancelResponse: { origClientOrderId: name, status: 'CANCELED' }, newOrderResponse: { clientOrderId: 'new' } },
      ]) // biome-ignore format: one reply
      const gone = ['entry CANCELED', 'profit CANCELED', 'loss CANCELED']
      expect(states(scene)).toEqual([...gone, 'new NEW'])
      expect(told(scene).filter((one) => one.startsWith('list'))).toEqual(['list EXEC_STARTED EXECUTING', 'list ALL_DONE ALL_DONE'])
      scene.bar()
      expect(states(scene)).toEqual([...gone, 'new NEW'])
    }
  }) // biome-ignore format: one reply

  test.each<[string, Record<string, string>, number, object, string[]]>([
    ['no order to cancel, and that stops it', { cancelOrigClientOrderId: 'none' }, 400,
      { code: -2022, msg: 'Order cancel-replace failed.', data: { cancelResult: 'FAILURE', newOrderResult: 'NOT_ATTEMPTED', cancelResponse: { code: -2011, msg: 'Unknown order sent.' }, newOrderResponse: null } },
      ['old NEW']],
    ['no order to cancel, and that is allowed', { cancelOrigClientOrderId: 'none', cancelReplaceMode: 'ALLOW_FAILURE' }, 409,
      { code: -2021, msg: 'Order cancel-replace partially failed.', data: { cancelResult: 'FAILURE', newOrderResult: 'SUCCESS', cancelResponse: { code: -2011 }, newOrderResponse: { clientOrderId: 'new' } } },
      ['old NEW', 'new NEW']],
    ['the new one cannot be paid', { quantity: '100' }, 409,
      { code: -2021, data: { cancelResult: 'SUCCESS', newOrderResult: 'FAILURE', cancelResponse: { status: 'CANCELED' }, newOrderResponse: { code: -2010 } } },
      ['old CANCELED']],
    ['neither', { cancelOrigClientOrderId: 'none', cancelReplaceMode: 'ALLOW_FAILURE', quantity: '100' }, 400,
      { code: -2022, data: { cancelResult: 'FAILURE', newOrderResult: 'FAILURE', newOrderResponse: { code: -2010 } } },
      ['old NEW']],
    ['it is not partially filled', { cancelRestrictions: 'ONLY_PARTIALLY_FILLED' }, 400,
      { code: -2022, data: { cancelResponse: { code: -2011, msg: expect.stringMatching(/cancel restrictions/) } } }, ['old NEW']],
    ['off the tick: before either half', { price: '91.001' }, 400, { code: -1013, msg: 'Filter failure: PRICE_FILTER' }, ['old NEW']],
    ['no mode', { cancelReplaceMode: '' }, 400, { code: -1102, msg: /cancelReplaceMode/ }, ['old NEW']],
    ['no order named', { cancelOrigClientOrderId: '' }, 400, { code: -1102, msg: /cancelOrderId/ }, ['old NEW']],
  ])('%s', (_, change, status, said, left) => {
    const scene = resting()
    const reply = replace(scene, change)
    const { msg } = said as { msg?: unknown }
    if (msg instanceof RegExp) expect(reply.body.msg).toMatch(msg)
    expect([reply.status, reply.body]).toMatchObject([status, msg instanceof RegExp ? { code: (said as { code: number }).code } : said])
    expect(states(scene)).toEqual(left)
  }) // biome-ignore format: a line a case
})

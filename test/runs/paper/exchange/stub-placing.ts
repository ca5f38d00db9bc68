import { done, type StubAnswer, said } from './stub-answer.ts'
import { algoRow, cancelRow, plainRow, type StubOrder, stubOrder } from './stub-order.ts'
import type { StubStream } from './stub-stream.ts'

/** An order of USDS-M; conditional ones have a door of their own. */
export function place(stub: StubStream, route: StubOrder['route'], params: URLSearchParams): StubAnswer {
  const type = params.get('type')!
  if (route === 'order' && type !== 'LIMIT' && type !== 'MARKET')
    return said(-4120, 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.')
  const clientId = params.get(route === 'algo' ? 'clientAlgoId' : 'newClientOrderId')!
  if (!/^[.A-Z:/a-z0-9_-]{1,36}$/.test(clientId)) return said(-4015, 'Client order id is not valid.')
  if (stub.open().some((order) => order.clientId === clientId)) return said(-4116, 'ClientOrderId is duplicated.')
  if (!/^\d+(\.\d+)?$/.test(params.get('quantity')!)) return said(-1102, 'quantity')
  const order = stubOrder({
    ...{
      route,
      id: stub.nextId(),
      clientId,
      symbol: params.get('symbol')!,
      side: params.get('side') as 'BUY' | 'SELL',
    },
    ...{ type, qty: Number(params.get('quantity')), price: params.get('price') ?? '0' },
    ...{ trigger: params.get('triggerPrice') ?? '0', reduceOnly: params.get('reduceOnly') === 'true' },
    tif: params.get('timeInForce') ?? 'GTC',
  })
  stub.orders.push(order)
  if (route === 'algo') stub.tellAlgo(order, '')
  else stub.tellOrder(order, 'NEW')
  return done(route === 'algo' ? algoRow(order) : plainRow(order))
}

/** An order of spot, or two that hold the same coins. */
export function placeSpot(stub: StubStream, all: readonly URLSearchParams[]): StubAnswer {
  const [first] = all as [URLSearchParams]
  const [symbol, side] = [first.get('symbol')!, first.get('side') as 'BUY' | 'SELL']
  const qty = Number(first.get('quantity'))
  for (const one of all) {
    const clientId = one.get('newClientOrderId')!
    if (!/^[a-zA-Z0-9-_]{1,36}$/.test(clientId)) return said(-1100, 'Illegal characters found in parameter.')
    if (stub.open().some((order) => order.clientId === clientId)) return said(-2010, 'Duplicate order sent.')
    if (one.get('type')!.endsWith('_MARKET') || one.get('timeInForce') === 'GTX')
      return said(-1116, 'Invalid orderType.')
    if (one.has('reduceOnly') || one.has('triggerPrice')) return said(-1104, 'Not all sent parameters were read.')
  }
  if (side === 'SELL' && qty > stub.freeCoins(symbol) + 1e-9)
    return said(-2010, 'Account has insufficient balance for requested action.')
  const made = all.map((one) =>
    stubOrder({
      ...{ id: stub.nextId(), clientId: one.get('newClientOrderId')!, symbol, side, type: one.get('type')!, qty },
      ...{ price: one.get('price') ?? '0', trigger: one.get('stopPrice') ?? '0' },
      ...{ list: one.get('listClientOrderId'), isWorking: !one.has('stopPrice') },
    }),
  )
  stub.orders.push(...made)
  for (const one of made) stub.tellOrder(one, 'NEW')
  return done(plainRow(made[0]!))
}

export function placeList(stub: StubStream, params: URLSearchParams): StubAnswer {
  const legs = ['above', 'below'].map((prefix) => {
    const own = new URLSearchParams(params)
    for (const name of ['Type', 'Price', 'StopPrice', 'TimeInForce']) {
      const value = params.get(`${prefix}${name}`)
      if (value !== null) own.set(`${name[0]!.toLowerCase()}${name.slice(1)}`, value)
    }
    own.set('newClientOrderId', params.get(`${prefix}ClientOrderId`)!)
    return own
  })
  const answer = placeSpot(stub, legs)
  if (answer.status !== 200) return answer
  const names = legs.map((leg) => leg.get('newClientOrderId'))
  return done({ orderReports: names.map((name) => plainRow(stub.find(({ clientId }) => clientId === name))) })
}

export function cancelList(stub: StubStream, params: URLSearchParams): StubAnswer {
  const all = stub.open().filter(({ list }) => list === params.get('listClientOrderId'))
  if (all.length === 0) return said(-2011, 'Unknown order sent.')
  for (const one of all) stub.end(one, 'CANCELED')
  return done({ orderReports: all.map(cancelRow) })
}

export function amend(stub: StubStream, params: URLSearchParams): StubAnswer {
  const order = named(stub, 'order', params)
  if (order === undefined || !stub.open().includes(order)) return said(-2013, 'Order does not exist.')
  order.qty = Number(params.get('quantity'))
  order.price = params.get('price')!
  stub.tellOrder(order, 'AMENDMENT')
  return done(plainRow(order))
}

export function cancel(stub: StubStream, route: StubOrder['route'], params: URLSearchParams): StubAnswer {
  const order = named(stub, route, params)
  if (order === undefined || !stub.open().includes(order)) return said(-2011, 'Unknown order sent.')
  for (const other of stub.restOf(order)) stub.end(other, 'CANCELED')
  stub.end(order, 'CANCELED')
  if (route === 'algo') return done({ algoId: order.id, clientAlgoId: order.clientId, code: '200', msg: 'success' })
  return done(stub.kind === 'spot' ? cancelRow(order) : plainRow(order))
}

export function look(stub: StubStream, route: StubOrder['route'], params: URLSearchParams): StubAnswer {
  const order = named(stub, route, params)
  if (order === undefined) return said(-2013, 'Order does not exist.')
  return done(route === 'algo' ? algoRow(order) : plainRow(order))
}

function named(stub: StubStream, route: StubOrder['route'], params: URLSearchParams): StubOrder | undefined {
  const clientId = params.get('origClientOrderId') ?? params.get('clientAlgoId')
  return stub.orders.findLast(
    (one) =>
      one.route === route && (clientId === null ? String(one.id) === params.get('orderId') : one.clientId === clientId),
  )
}

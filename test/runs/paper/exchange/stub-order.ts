/** One order of the stub, plain or conditional; amounts in its own plain numbers. */
export interface StubOrder {
  readonly route: 'order' | 'algo'
  readonly id: number
  readonly clientId: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly type: string
  qty: number
  price: string
  readonly trigger: string
  readonly reduceOnly: boolean
  readonly tif: string
  status: string
  executed: number
  actualOrderId: number
  /** Of spot: its order list, and whether a stop has been reached. */
  readonly list?: string | null
  isWorking?: boolean
}

export interface StubTrade {
  readonly id: number
  readonly order: StubOrder
  readonly qty: number
  readonly price: string
  readonly fee: string
  readonly feeAsset: string
  /** On margin: what it closed, at the average price of what was held, before fees. */
  readonly realised: number
  readonly maker: boolean
  readonly time: number
}

/** As it begins; what is not said of it is said here. */
export function stubOrder(
  given: Partial<StubOrder> & Pick<StubOrder, 'id' | 'clientId' | 'symbol' | 'side' | 'type' | 'qty'>,
): StubOrder {
  return {
    ...{ route: 'order', price: '0', trigger: '0', reduceOnly: false, tif: 'GTC' },
    ...{ status: 'NEW', executed: 0, actualOrderId: 0 },
    ...given,
  }
}

export function plainRow(order: StubOrder): object {
  const { symbol, id, clientId, status, executed, qty, price, side, type } = order
  return {
    ...{ symbol, orderId: id, clientOrderId: clientId, status, executedQty: String(executed), origQty: String(qty) },
    ...{ price, side, type },
    ...(order.isWorking !== undefined && { isWorking: order.isWorking }),
  }
}

/** As spot answers to a cancel, which has a client id of its own. */
export function cancelRow(order: StubOrder): object {
  return { ...plainRow(order), clientOrderId: `c${order.id}`, origClientOrderId: order.clientId }
}

export function algoRow(order: StubOrder): object {
  const { symbol, id, clientId, status, qty, trigger, actualOrderId, type } = order
  return {
    ...{ symbol, algoId: id, clientAlgoId: clientId, algoStatus: status, quantity: String(qty) },
    ...{ triggerPrice: trigger, orderType: type },
    actualOrderId: actualOrderId === 0 ? '' : String(actualOrderId),
  }
}

export function tradeRow({ id, order, qty, price, fee, feeAsset, maker, time }: StubTrade, kind: 'usdm' | 'spot') {
  return {
    ...{ id, orderId: order.id, symbol: order.symbol, qty: String(qty), price },
    ...{ commission: fee, commissionAsset: feeAsset, time },
    ...(kind === 'spot' ? { isMaker: maker, isBuyer: order.side === 'BUY' } : { maker, side: order.side }),
  }
}

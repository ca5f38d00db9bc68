import type { StubOrder, StubTrade } from './stub-order.ts'

/** What the stub keeps: orders, trades, what is held, and how the account is set. */
export class StubBook {
  readonly keys = { key: 'stub-key', secret: 'stub-secret' }
  readonly kind: 'usdm' | 'spot'
  readonly orders: StubOrder[] = []
  readonly trades: StubTrade[] = []
  readonly positions = new Map<string, number>()
  wallet = 10_000
  clockAhead = 0
  leverage = 20
  marginType = 'cross'
  dual = false
  multi = false
  /** Of spot: whether order lists are taken, and what its fees are taken in. */
  takesLists = true
  feeAsset = 'USDT'
  /** What sales are charged in, and whether all fees are paid in BNB. */
  saleFeeAsset = 'USDT'
  paysInBnb = false
  tick = '0.01'
  step = '0.001'
  incomes: { symbol: string; income: string; time: number; tranId: number; incomeType: string; asset?: string }[] = []
  #entry = 0
  #lastId = 1000

  constructor(kind: 'usdm' | 'spot') {
    this.kind = kind
  }

  nextId(): number {
    return ++this.#lastId
  }

  open(): StubOrder[] {
    return this.orders.filter(({ status }) => status === 'NEW' || status === 'PARTIALLY_FILLED')
  }

  /** Whoever it was sent by. */
  find(predicate: (order: StubOrder) => boolean): StubOrder {
    const found = this.orders.findLast(predicate)
    if (found === undefined) throw new Error('the stub has no such order')
    return found
  }

  /** What stands in one list with an order, and is open. */
  restOf({ list, id }: StubOrder): StubOrder[] {
    return list == null ? [] : this.open().filter((one) => one.list === list && one.id !== id)
  }

  /** Coins that no sale holds back; a list holds them once. */
  freeCoins(symbol: string): number {
    const sales = this.open().filter((one) => one.symbol === symbol && one.side === 'SELL')
    const held = sales.filter(
      ({ list, id }, k) => list == null || sales.findIndex((one) => one.list === list) === k || id < 0,
    )
    return held.reduce((free, { qty, executed }) => free - (qty - executed), this.positions.get(symbol) ?? 0)
  }

  /** A trade, and what it makes of the order, of what is held and of the wallet. */
  settle(order: StubOrder, qty: number, price: string, fee: string, maker: boolean): StubTrade {
    order.executed = Number((order.executed + qty).toFixed(8))
    order.status = order.executed >= order.qty ? 'FILLED' : 'PARTIALLY_FILLED'
    order.isWorking = true
    const signed = order.side === 'BUY' ? qty : -qty
    const held = this.positions.get(order.symbol) ?? 0
    const feeAsset = this.feeAssetOf(order)
    // what closes is settled at the average price of what was held; no test turns a position over
    const realised = this.kind === 'usdm' && held * signed < 0 ? -signed * (Number(price) - this.#entry) : 0
    this.wallet += this.kind === 'spot' ? -signed * Number(price) : realised
    if (held * signed >= 0) this.#entry = (this.#entry * Math.abs(held) + Number(price) * qty) / (Math.abs(held) + qty)
    if (feeAsset === 'USDT') this.wallet -= Number(fee)
    const inCoins = this.kind === 'spot' && feeAsset === order.symbol.replace('USDT', '') ? Number(fee) : 0
    this.positions.set(order.symbol, Number((held + signed - inCoins).toFixed(8)))
    const of = { realised, feeAsset, maker, time: Date.now() }
    const trade = { id: this.trades.length + 1, order, qty, price, fee, ...of }
    this.trades.push(trade)
    return trade
  }

  /** Coins are taken out of what is bought. */
  feeAssetOf({ side }: StubOrder): string {
    return side === 'BUY' ? this.feeAsset : this.saleFeeAsset
  }
}

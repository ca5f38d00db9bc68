import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { amend, buy, cancel, close, type Decision } from '../../../../src/core/order.ts'
import { seededRandom } from '../../../../src/core/random.ts'
import { SPOT } from '../../../../src/runs/paper/exchange/spot-market.ts'
import { USDM } from '../../../../src/runs/paper/exchange/usdm-market.ts'
import { moneyBeside, type OwnFill } from '../../../../src/runs/paper/money-beside.ts'
import { toldTradeOf } from '../../../../src/runs/paper/told-trade.ts'
import { SessionDouble } from './session-double.ts'
import { type StubAnswer, said } from './stub-answer.ts'
import { StubExchange } from './stub-exchange.ts'
import type { StubOrder } from './stub-order.ts'

/**
 * Two brackets, and whatever may happen to them: orders fill in parts, answers and fills are lost, streams tear, and the session is
 * killed at requests and at records. Once it is quiet again all is as it has to be, and nothing has halted: nobody else was there.
 */
const { KLINELAB_SEED: asked } = process.env
const IS_SOAK = asked === 'random'
const FIRST = IS_SOAK ? Date.now() : Number(asked ?? 1)
const SEEDS = IS_SOAK ? 120 : 5
const STEPS = 12
/** Each waits more than it works. */
const AT_ONCE = 6

const DOORS = [
  'POST /fapi/v1/order', 'POST /fapi/v1/order', 'DELETE /fapi/v1/order', 'GET /fapi/v1/order', 'GET /fapi/v1/userTrades',
  'PUT /fapi/v1/order', 'POST /fapi/v1/algoOrder', 'DELETE /fapi/v1/algoOrder', 'GET /fapi/v1/algoOrder',
  'POST /fapi/v1/orderList/oco', 'POST /fapi/v1/orderList/oco', 'DELETE /fapi/v1/orderList',
] // biome-ignore format: a list

/** It takes what there is now: a market order, and a stop without a price that has been reached. */
function isAtMarket({ route, type, executed }: StubOrder): boolean {
  return route === 'order' && (type === 'MARKET' || (type === 'STOP_LOSS' && executed > 0))
}

class Story {
  readonly stub: StubExchange
  readonly log: string[] = []
  readonly #random: () => number
  readonly #critical: string[] = []
  #session!: SessionDouble
  /** What was armed and has not happened does not happen any more. */
  #isOver = false

  constructor(kind: 'usdm' | 'spot', seed: number) {
    this.stub = new StubExchange(kind)
    this.#random = seededRandom(seed)
  }

  /** Says what is wrong in the end. */
  async play(): Promise<string[]> {
    this.#session = new SessionDouble(await this.stub.start(), this.stub, [], { recvWindow: 400 })
    try {
      await this.#open()
      for (let step = 0; step < STEPS; step++) await this.#step()
      this.#isOver = true
      await this.#quiet()
      return this.#wrong()
    } finally {
      await this.#session.kill()
      await this.stub.close()
    }
  }

  async #step(): Promise<void> {
    if (this.#chance(0.35)) this.#arm()
    if (this.#chance(0.1)) this.#dieAtRecord(1 + this.#below(6))
    if (this.#chance(0.1)) {
      this.log.push('the stream is torn')
      this.stub.dropStreams()
    }
    await this.#live()
    const decision = this.#decision()
    if (decision !== null) this.log.push(JSON.stringify(decision))
    this.#session.decide(decision, 96 + this.#below(12))
    await (this.#chance(0.6) ? this.#idle(300) : wait(this.#below(20)))
    this.#market()
    if (this.#chance(0.6)) this.#fillOne()
    await wait(this.#below(8))
    await this.#live()
  }

  #decision(): Decision {
    const { run, position } = this.#session
    const orders = run.openOrders()
    const entries = orders.filter(({ role }) => role === 'order')
    const legs = orders.filter(({ role }) => role === 'stop' || role === 'target')
    const some = legs[this.#below(legs.length)]
    const entry = entries[0]
    const legsOf = this.#chance(0.3) ? { trailingStop: { distance: 6 } } : { stopLoss: 85 + this.#below(8) }
    if (orders.length < 6 && this.#chance(position === 0 && entry === undefined ? 0.9 : 0.12))
      return buy({ qty: 1, ...(this.#chance(0.6) && { limit: 100 }), ...legsOf, takeProfit: 115 + this.#below(8) })
    if (this.#chance(0.06)) return close()
    if (entry !== undefined && entry.type === 'limit' && this.#chance(0.2))
      return this.#chance(0.3) ? cancel(entry.id) : amend(entry.id, { limit: 95 + this.#below(8) })
    if (some?.role === 'stop' && this.#chance(0.4)) return amend(some.id, { stop: 85 + this.#below(10) })
    if (some?.role === 'target' && this.#chance(0.4))
      return this.#chance(0.3) ? cancel(some.id) : amend(some.id, { limit: 112 + this.#below(10) })
    return null
  }

  /** The next request of a kind is turned away, or its answer is lost, or the process that waits for it. */
  #arm(): void {
    const door = DOORS[this.#below(DOORS.length)]!
    const what = ['busy', 'never arrives', 'carried out, and its answer lost', 'killed before it', 'killed behind it'][
      this.#below(5)
    ]!
    this.log.push(`armed: ${door} ${what}`)
    this.stub.fault(door, ({ carryOut }): StubAnswer | undefined => {
      if (this.#isOver) return undefined
      this.log.push(`  ${door} ${what}`)
      if (what === 'busy') return said(-1008, 'busy', 503)
      if (what === 'killed behind it' || what === 'carried out, and its answer lost') carryOut()
      if (what.startsWith('killed')) void this.#session.kill()
      return said(-1007, 'Timeout waiting for response from backend server.', 504)
    })
  }

  #dieAtRecord(left: number): void {
    const session = this.#session
    session.onWritten = () => {
      if (this.#isOver || --left !== 0) return
      this.log.push('  killed at a record')
      void session.kill()
    }
  }

  /** Where it has been killed another process goes on; that may be killed as well. */
  async #live(): Promise<void> {
    while (this.#session.isDead) {
      this.#keepAlarms()
      this.#session = this.#session.again()
      this.log.push('goes on')
      await this.#open()
    }
  }

  async #open(): Promise<void> {
    const session = this.#session
    let [isOpen, failed] = [false, null as unknown]
    session.open().then(
      () => {
        isOpen = true
      },
      (error: unknown) => {
        failed = error
      },
    )
    while (!isOpen && !session.isDead) {
      if (failed !== null) throw failed
      await wait(3)
      this.#market()
    }
  }

  async #idle(ms: number): Promise<void> {
    const session = this.#session
    const until = Date.now() + ms
    let isIdle = false
    void session.broker.idle().then(() => {
      isIdle = true
    })
    while (!isIdle && !session.isDead && Date.now() < until) {
      await wait(3)
      this.#market()
    }
  }

  /** What leaves at the market fills at once; where nothing is left to reduce it expires. */
  #market(): void {
    for (const order of this.stub.open()) if (isAtMarket(order)) this.#fill(order, 1)
  }

  #fillOne(): void {
    const open = this.stub.open().filter((order) => !isAtMarket(order))
    const order = open[this.#below(open.length)]
    if (order === undefined) return
    if (order.route === 'order') return this.#fill(order, this.#chance(0.5) ? 1 : this.#random())
    if (this.#held(order) === 0) return
    this.log.push(`triggered: ${order.type} ${order.trigger}`)
    this.stub.trigger(order, this.#chance(0.5) ? order.clientId : `autogenerated-${order.id}`)
    this.#market()
  }

  #fill(order: StubOrder, part: number): void {
    const left = Number((order.qty - order.executed).toFixed(3))
    const most = order.side === 'BUY' ? left : Math.min(left, this.#held(order))
    const qty = Math.min(most, Math.max(0.001, Number((left * part).toFixed(3))))
    const price = order.price !== '0' ? order.price : order.trigger !== '0' ? order.trigger : '100'
    this.log.push(`filled: ${order.type} ${order.side} ${qty} of ${left} at ${price}`)
    const isTold = !this.#chance(0.1)
    if (!isTold) this.log.push('  and not told of')
    if (qty > 0) this.stub.fill(order, qty, price, { maker: order.price !== '0', isTold })
    if (order.type === 'MARKET' && qty < left) this.stub.end(order, 'EXPIRED')
  }

  #held({ symbol }: StubOrder): number {
    return this.stub.positions.get(symbol) ?? 0
  }

  async #quiet(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      await this.#live()
      await this.#idle(3000)
      await this.#session.broker.reconcile()
      const before = this.#happened
      await this.#idle(3000)
      quiet = before === this.#happened && !this.#session.isDead ? quiet + 1 : 0
    }
    this.#keepAlarms()
  }

  /** What fills as the waiting ends is heard of after it. */
  get #happened(): number {
    return this.#session.journal.length + this.stub.trades.length
  }

  #keepAlarms(): void {
    // a process that is killed says nothing of what it leaves
    for (const { severity, kind, text } of this.#session.alarms)
      if (severity === 'critical' && kind !== 'left-open') this.#critical.push(`${kind}: ${text}`)
  }

  #wrong(): string[] {
    const { stub } = this
    const { position, run } = this.#session
    const wrong = [...this.#critical]
    const say = (isWrong: boolean, text: string) => void (isWrong && wrong.push(text))
    const traded = stub.trades.reduce((sum, { order, qty }) => sum + (order.side === 'BUY' ? qty : -qty), 0)
    say(Math.abs(traded - position) > 1e-9, `position ${position}, and the trades come to ${traded}`)
    const names = stub.orders.map(({ route, clientId }) => `${route} ${clientId}`)
    say(new Set(names).size < names.length, 'a client id came twice')
    const sales = stub.open().filter(({ side }) => side === 'SELL')
    const covered = sales
      .filter(({ type }) => type.startsWith('STOP') || type === 'MARKET')
      .reduce((sum, { qty, executed }) => sum + qty - executed, 0)
    const has = `here ${run
      .openOrders()
      .map(({ id, role, qty, trigger }) => `${id} ${role} ${qty} ${trigger}`)
      .join(', ')}; there ${stub
      .open()
      .map(({ type, side, qty, executed, clientId }) => `${type} ${side} ${qty - executed} ${clientId}`)
      .join(', ')}`
    say(covered < position - 1e-9, `position ${position}, and stops of ${covered}: ${has}`)
    say(position === 0 && sales.length > 0, `flat, and sales rest: ${has}`)
    say(run.openOrders().length === 0 && stub.open().length > 0, `nothing is wanted, and orders rest: ${has}`)
    const isSpot = stub.kind === 'spot'
    // where a fill was heard of behind one that came after it, what is realised until the position is flat is another
    const here = (isSpot ? SPOT : USDM).walletHere(run) + moneyBeside([], this.#fills, isSpot)
    say(Math.abs(here - stub.wallet) > 1e-6, `wallet ${here}, and there ${stub.wallet}`)
    return wrong
  }

  get #fills(): OwnFill[] {
    const { run, journal } = this.#session
    const told = journal.flatMap((one) => ('note' in one ? (toldTradeOf(one.note) ?? []) : []))
    const fills = run.events.flatMap((event) => (event.type === 'fill' ? [event.fill] : []))
    return fills.map((fill, k) => ({ ...fill, tradeId: Number(told[k]!.tradeId) }))
  }

  #chance(of: number): boolean {
    return this.#random() < of
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }
}

test.each(['usdm', 'spot'] as const)(
  '%s: all is as it has to be, whatever has happened',
  async (kind) => {
    const seeds = Array.from({ length: SEEDS }, (_, k) => FIRST + k)
    const found: string[] = []
    const one = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const story = new Story(kind, seed)
        const wrong = await story.play().catch((error: Error) => [String(error.stack)])
        if (wrong.length > 0) found.push([`KLINELAB_SEED=${seed}`, ...wrong, ...story.log].join('\n    '))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    expect(found.join('\n\n')).toBe('')
  },
  600_000,
)

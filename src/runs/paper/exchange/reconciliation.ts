import type { IncomeMark } from '../foreign-income.ts'
import type { BrokerSymbol } from '../paper-broker.ts'
import { type Attempt, isCancellable, isOver } from './attempt.ts'
import { isOfSession } from './client-id.ts'
import type { Context } from './context.ts'
import { type Fields, rowsOf, textIn } from './fields.ts'
import type { Fills } from './fills.ts'
import type { Funding } from './funding.ts'
import { Gaps } from './gaps.ts'
import { Holdings } from './holdings.ts'
import type { Lines } from './lines.ts'
import { ownerOf } from './order-owner.ts'
import { OtherSymbols } from './other-symbols.ts'
import type { Settings } from './settings.ts'
import { isProtective } from './terms.ts'
import { LOOKS, Wallet } from './wallet.ts'

/** Clocks further apart than this are worth a word, ms. */
const CLOCK = 1000

/** Open orders of both lists, position, balance and settings against the engine's: what is not ours halts the session. */
export class Reconciliation {
  readonly #context: Context
  readonly #fills: Fills
  readonly #lines: Lines
  readonly #settings: Settings
  readonly #funding: Funding
  readonly #gaps: Gaps
  readonly #wallet: Wallet
  readonly #others: OtherSymbols
  readonly #holdings: Holdings
  /** Monotonic clock, ms, of the last comparison that left nothing out. */
  #wholeAt = performance.now()
  #underway: Promise<void> | null = null

  constructor(context: Context, fills: Fills, lines: Lines, settings: Settings, funding: Funding) {
    this.#context = context
    this.#fills = fills
    this.#lines = lines
    this.#settings = settings
    this.#funding = funding
    this.#gaps = new Gaps(context.host)
    this.#holdings = new Holdings(context, fills, this.#gaps)
    this.#others = new OtherSymbols(context)
    this.#wallet = new Wallet(context, { fills, lines, funding, others: this.#others, gaps: this.#gaps })
  }

  /** What the account was when the session began: nothing of these symbols may be there that is not its own. */
  async begin(): Promise<void> {
    const { host, gate, market } = this.#context
    const before = host.notes.find(({ note }) => note === 'baseline')
    if (before !== undefined) {
      this.#wallet.apart = Number(before['apart'])
      this.#holdings.restore((before['held'] ?? {}) as Record<string, string>)
      this.#context.teller.skip(before['funding'] as string[])
      for (const [symbol, id] of Object.entries(before['trades'] as Record<string, string>))
        this.#fills.startAfter(symbol, id)
      this.#gaps.restore(host.notes)
      this.#others.restore(before['income'] as IncomeMark | undefined, host.notes)
      return
    }
    const trades: Record<string, string> = {}
    for (const one of host.symbols) {
      const { symbol } = one
      await this.#holdings.begin(one)
      const outcome = await gate.read(market.paths.trades, { symbol, limit: 1 })
      if (outcome.kind !== 'done') throw new Error(`${symbol}: its trades could not be read: ${outcome.text}`)
      trades[symbol] = textIn(rowsOf(outcome.reply).at(-1) ?? {}, 'id') || '0'
      this.#fills.startAfter(symbol, trades[symbol])
    }
    const funding = market.hasMargin ? await this.#funding.before() : []
    if (funding === null) throw new Error('the income of the account could not be read')
    this.#context.teller.skip(funding)
    const income = market.hasMargin ? { income: await this.#beginWallet() } : {}
    if (!market.hasMargin) await this.#wallet.begin()
    const coins = market.hasMargin ? {} : { held: this.#holdings.before }
    await host.note({
      kind: 'broker',
      note: 'baseline',
      trades,
      funding,
      apart: this.#wallet.apart,
      ...income,
      ...coins,
    })
  }

  /** What the wallet holds and how far the income of others goes by then: nothing may lie between the two. */
  async #beginWallet(): Promise<IncomeMark> {
    for (let look = 1, before = await this.#others.begin(); ; look++) {
      await this.#wallet.begin()
      const after = await this.#others.begin()
      if (before === null || after === null) throw new Error('the income of the account could not be read')
      if (look >= LOOKS || JSON.stringify(after) === JSON.stringify(before)) return after
      before = after
    }
  }

  /** Compares everything; several who ask at once share the answer. */
  run(): Promise<void> {
    this.#underway ??= this.#run().finally(() => {
      this.#underway = null
    })
    return this.#underway
  }

  /** Compares once more what a comparison that is underway may have passed already. */
  async anew(): Promise<void> {
    await this.#underway?.catch(() => undefined)
    await this.run()
  }

  async #run(): Promise<void> {
    let isWhole = false
    try {
      isWhole = await this.#compare()
    } finally {
      await this.#sawWhole(isWhole)
    }
  }

  async #sawWhole(isWhole: boolean): Promise<void> {
    const { timing, signal } = this.#context
    if (isWhole) {
      this.#wholeAt = performance.now()
      this.#context.calm('not-compared')
    } else if (performance.now() - this.#wholeAt > timing.blind && !signal.aborted)
      await this.#context.halt(
        'not-compared',
        `the account has not been compared whole for ${timing.blind / 1000} s, as the exchange does not show all of it: nothing is opened any more`,
      )
  }

  /** Says whether nothing had to be left out. */
  async #compare(): Promise<boolean> {
    const { gate } = this.#context
    await gate.setClock()
    const offset = gate.clockOffset
    if (Math.abs(offset) > CLOCK)
      this.#context.alarm(
        'clock-offset',
        'warning',
        `this machine's clock is ${Math.abs(offset) > 60_000 ? 'minutes' : 'more than a second'} off the exchange's; requests are signed with its own`,
        { offset },
      )
    else this.#context.calm('clock-offset')
    if (this.#context.market.hasMargin && this.#funding.isDue) await this.#funding.take()
    const read = await Promise.all(this.#context.host.symbols.map((one) => this.#symbol(one)))
    read.push(await this.#settings.check(), await this.#wallet.compare())
    return read.every(Boolean)
  }

  async #symbol(one: BrokerSymbol): Promise<boolean> {
    const isRead = await this.#orders(one.symbol)
    return (await this.#holdings.compare(one)) && isRead
  }

  async #orders(symbol: string): Promise<boolean> {
    const { gate, attempts, host, market } = this.#context
    const before = new Set(attempts.unfinished())
    // what is sent while the lists are on their way need not be in them
    const rested = [...before].filter((one) => one.symbol === symbol && one.state === 'live')
    const [plain, algo] = await Promise.all([
      gate.read(market.paths.openOrders, { symbol }),
      market.conditional === null ? null : gate.read(market.conditional.open, { symbol }),
    ])
    if (plain.kind !== 'done' || (algo !== null && algo.kind !== 'done')) {
      host.log('warn', `open orders of ${symbol} could not be read`)
      return false
    }
    // a line at work comes to know by itself; asked before the rows are looked at, as on spot each look pokes all lines of the symbol
    const resting = rested.filter(({ order }) => !this.#lines.isBusy(symbol, order))
    const there = new Set<Attempt>()
    for (const row of rowsOf(plain.reply)) {
      const found = await this.#seen(symbol, row, textIn(row, 'clientOrderId'), textIn(row, 'orderId'), before)
      if (found !== null) there.add(found)
    }
    for (const row of rowsOf(algo?.reply)) {
      const found = await this.#seen(symbol, row, textIn(row, 'clientAlgoId'), '', before)
      if (found !== null) there.add(found)
    }
    for (const attempt of resting) {
      if (there.has(attempt) || attempt.state !== 'live') continue
      host.log('info', `${attempt.clientId} is in no list of open orders: asked for`, { clientId: attempt.clientId })
      attempt.state = 'unsure'
      this.#lines.look(symbol, attempt.order)
    }
    // whatever broke a line off: what protects a position is there, or is asked for
    for (const view of host.run.openOrders())
      if (view.symbol === symbol && isProtective(view) && !attempts.of(symbol, view.id).some((one) => there.has(one)))
        this.#lines.look(symbol, view.id)
    return true
  }

  /**
   * An order that is open there: one that the engine does not want is cancelled, one that nobody here sent halts.
   * @param before what was taken for unfinished when the list was asked for: of that it may be the list that is behind
   */
  async #seen(
    symbol: string,
    row: Fields,
    clientId: string,
    orderId: string,
    before: ReadonlySet<Attempt>,
  ): Promise<Attempt | null> {
    const { attempts, host, gate, market } = this.#context
    const attempt =
      attempts.byClientId(clientId) ??
      (orderId === '' ? undefined : ((await ownerOf(this.#context, symbol, orderId, clientId)) ?? undefined))
    if (attempt !== undefined) {
      const isWanted = this.#context.viewOf(symbol, attempt.order) !== undefined
      if (this.#lines.isBusy(symbol, attempt.order)) return attempt
      if (isOver(attempt)) {
        if (before.has(attempt) || attempt.status === 'FILLED') return attempt
        // it was taken for gone, and is not
        attempt.state = 'live'
        attempt.isDealtWith = false
      }
      // a market order that has left cannot be taken back: what it fills is told
      if (!isWanted && isCancellable(attempt)) {
        this.#context.alarm(
          'orphan-order',
          'warning',
          `${symbol}: ${clientId} is open there and not wanted: it is cancelled`,
          { symbol, order: attempt.order, clientId },
        )
      }
      this.#lines.look(symbol, attempt.order)
      return attempt
    }
    if (isOfSession(clientId, host.sessionId)) {
      // of this session, and in no note of it: its journal has been lost or copied
      this.#context.alarm(
        'orphan-order',
        'warning',
        `${symbol}: ${clientId} is of this session and not in its journal: it is cancelled`,
        { symbol, clientId },
      )
      if ('clientAlgoId' in row) await gate.send('DELETE', market.conditional!.order, { clientAlgoId: clientId })
      else await gate.send('DELETE', market.paths.order, { symbol, origClientOrderId: clientId })
    } else if (orderId === '') await this.#sayConditional(symbol, clientId)
    return null
  }

  async #sayConditional(symbol: string, clientId: string): Promise<void> {
    const { known, resume } = this.#context
    if (known.nameOf(symbol, clientId) !== undefined) return
    known.said(symbol, clientId, clientId)
    await this.#context.halt(
      'foreign-order',
      `${symbol}: conditional order ${clientId} is open there and was not sent by this session: somebody else trades on this account, so nothing is opened any more; cancel it there, or accept it as it is: ${resume}`,
      { symbol, clientId },
    )
  }
}

import type { ForeignTrade } from '../foreign-trade.ts'
import type { Attempt } from './attempt.ts'
import { systemOrder } from './client-id.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { Fees } from './fees.ts'
import { amountIn, type Fields, rowsOf, textIn } from './fields.ts'
import { MissedFills } from './missed-fills.ts'
import { findOwner } from './order-owner.ts'
import { Patience } from './patience.ts'
import { pause } from './pause.ts'
import { ASKINGS } from './questions.ts'
import { tradeKey } from './teller.ts'

/** One execution, whether the stream told of it or the list of trades. */
interface Execution {
  readonly tradeId: string
  readonly qty: string
  readonly price: string
  readonly fee: string
  readonly feeAsset: string
  readonly isMaker: boolean
  readonly at: number
}

/** Most trades in one answer. */
const PAGE = 1000

/**
 * Brings executions to the engine, each once. The stream is quick and may lose some; the list of trades by their ids knows them all, and
 * is asked whenever something does not add up.
 */
export class Fills {
  readonly #context: Context
  readonly #newest = new Map<string, bigint>()
  /** Symbols of which all trades since the session's beginning have been listed by this process. */
  readonly #listed = new Set<string>()
  readonly #underway = new Map<string, Promise<boolean>>()
  /** Symbols of which not all that there is was taken, or is being taken. */
  readonly #behind = new Set<string>()
  readonly #patience = new Patience()
  readonly #fees: Fees
  readonly missed: MissedFills
  readonly #onTaken: (attempt: Attempt) => void

  /** @param onTaken called when the engine knows of a fill, and its order may be compared with what rests there again */
  constructor(context: Context, onTaken: (attempt: Attempt) => void) {
    this.#context = context
    this.#fees = new Fees(context)
    this.missed = new MissedFills(context)
    this.#onTaken = onTaken
  }

  /** Trades up to this one were before the session. */
  startAfter(symbol: string, tradeId: string): void {
    this.#raise(symbol, tradeId)
  }

  async take(attempt: Attempt, execution: Execution): Promise<void> {
    const { symbol, order, clientId } = attempt
    const { teller, known } = this.#context
    const { tradeId, qty, price, isMaker, at } = execution
    const key = tradeKey(symbol, tradeId)
    if (teller.has(key)) return
    attempt.telling++
    try {
      const { feeIn, feeCoins, ...fee } = await this.#fees.ofOwn(attempt, execution)
      const told = {
        kind: 'fill',
        symbol,
        order,
        qty,
        price,
        ...fee,
        liquidity: isMaker ? 'maker' : 'taker',
        at,
      } as const
      const extra = { clientId, filled: qty, ...(feeIn && { feeIn }), ...(feeCoins && { feeCoins }) }
      if (await teller.tell(key, told, extra)) {
        attempt.filled += unitsOf(qty)
        known.addFill(symbol, tradeId, feeIn === undefined ? '0' : fee.fee)
        this.#context.attempts.count(attempt, told, feeCoins)
        if (feeCoins !== undefined) await this.#fees.sayCoinsGone(symbol)
      }
    } finally {
      attempt.telling--
    }
    this.#onTaken(attempt)
  }

  /** An execution of the stream, `ORDER_TRADE_UPDATE`'s `o`: behind those that came before it, unless the exchange does not answer. */
  async takeEvent(attempt: Attempt, o: Fields): Promise<void> {
    const patience = this.#isAhead(attempt, o) ? this.#patience.left(attempt.symbol) : 0
    if (patience > 0) await Promise.race([this.#takeMissed(attempt, o), pause(patience, this.#context.signal)])
    await this.take(attempt, {
      tradeId: textIn(o, 't'),
      qty: amountIn(o, 'l'),
      price: textIn(o, 'L'),
      fee: amountIn(o, 'n'),
      feeAsset: textIn(o, 'N'),
      isMaker: o['m'] === true,
      at: Number(o['T']),
    })
  }

  /** Whether something may have come before it that the engine does not know. */
  #isAhead(attempt: Attempt, o: Fields): boolean {
    const { symbol } = attempt
    if (this.#context.teller.has(tradeKey(symbol, textIn(o, 't')))) return false
    return this.#behind.has(symbol) || this.missed.isBefore(attempt, o)
  }

  /** The list may lag behind the stream: it is asked again for what it does not know yet. */
  async #takeMissed(attempt: Attempt, o: Fields): Promise<void> {
    const { timing, signal } = this.#context
    for (let askings = 1; ; askings++) {
      await this.catchUp(attempt.symbol).catch(() => false)
      if (askings >= ASKINGS || !this.#isAhead(attempt, o)) return
      await pause(timing.backoff * 2 ** (askings - 1), signal)
    }
  }

  /** Asks for all trades of a symbol since those that are known, and takes what is new; says whether all are known now. */
  catchUp(symbol: string): Promise<boolean> {
    // who asks while an answer is underway wants one that is younger than his question
    const before = this.#underway.get(symbol) ?? Promise.resolve(true)
    const next = before.then(() => this.#catchUp(symbol))
    const settled = next.catch(() => false)
    this.#underway.set(symbol, settled)
    this.#behind.add(symbol)
    void settled.then((isWhole) => {
      if (!isWhole) return
      this.#patience.restore(symbol)
      if (this.#underway.get(symbol) === settled) this.#behind.delete(symbol)
    })
    return next
  }

  /** Of all symbols, and again where no answer comes: what follows is booked on what was missed. */
  async catchUpAll(): Promise<void> {
    const { host, timing, signal } = this.#context
    for (const { symbol } of host.symbols)
      for (let askings = 1; !(await this.catchUp(symbol)) && askings < ASKINGS; askings++)
        await pause(timing.backoff * 2 ** (askings - 1), signal)
  }

  async #catchUp(symbol: string): Promise<boolean> {
    const { gate, signal } = this.#context
    for (;;) {
      const newest = this.#newest.get(symbol)
      const params: Record<string, string | number> = { symbol, limit: PAGE }
      if (newest !== undefined) params['fromId'] = String(newest + 1n)
      const outcome = await gate.send('GET', this.#context.market.paths.trades, params, { isQuestion: true })
      if (outcome.kind !== 'done') {
        this.#context.host.log('warn', `trades of ${symbol} could not be read: ${outcome.text}`)
        return false
      }
      const trades = rowsOf(outcome.reply)
      for (const trade of trades) if (!(await this.#takeTrade(symbol, trade))) return false
      if (signal.aborted) return true
      if (trades.length < PAGE) {
        this.#listed.add(symbol)
        return true
      }
    }
  }

  /** Id up to which all trades are told; `null` before this process has listed them: until then each may come again. */
  toldUpTo(symbol: string): bigint | null {
    return this.#listed.has(symbol) ? (this.#newest.get(symbol) ?? null) : null
  }

  async #takeTrade(symbol: string, trade: Fields): Promise<boolean> {
    const tradeId = textIn(trade, 'id')
    const key = tradeKey(symbol, tradeId)
    if (!this.#context.teller.has(key)) {
      const owner = await findOwner(this.#context, symbol, textIn(trade, 'orderId'), '', true)
      if (owner === undefined) return false
      const execution = {
        tradeId,
        qty: amountIn(trade, 'qty'),
        price: textIn(trade, 'price'),
        fee: amountIn(trade, 'commission'),
        feeAsset: textIn(trade, 'commissionAsset'),
        isMaker: trade['maker'] === true || trade['isMaker'] === true,
        at: Number(trade['time']),
      }
      if (typeof owner === 'string') await this.#takeOthers(key, symbol, owner, trade, execution)
      else if (owner !== null) await this.take(owner, execution)
    }
    this.#raise(symbol, tradeId)
    return true
  }

  /**
   * It has been said, and has halted: after a restart it is known, and does not do so again. What the exchange itself reduces of the
   * session's position is a fill of it; where it takes more than the session holds, somebody else's part is in it.
   */
  async #takeOthers(key: string, symbol: string, clientId: string, trade: Fields, execution: Execution): Promise<void> {
    // USDS-M names the side, spot says whether it was the buyer's
    const isBuy = textIn(trade, 'side') === 'BUY' || trade['isBuyer'] === true
    const { tradeId, qty, price, at } = execution
    const fee = await this.#fees.of(symbol, execution)
    const of = { symbol, tradeId, orderId: textIn(trade, 'orderId'), clientId, system: systemOrder(clientId) }
    const kept = { ...of, side: isBuy ? 'buy' : 'sell', qty, price, ...fee, at } as const
    if (await this.#reducesOwn(kept)) return this.#takeSystem(key, kept, execution.isMaker)
    if (await this.#context.teller.keep(key, kept)) this.#context.known.addTrade(kept)
  }

  async #reducesOwn({ symbol, system, side, qty }: ForeignTrade): Promise<boolean> {
    const { host, teller, market } = this.#context
    if (system === null || !market.hasMargin) return false
    // fills that came before it are in the books first
    await teller.inTurn(async () => undefined)
    const held = unitsOf(host.run.positionOf(symbol).qty)
    return unitsOf(qty) <= (side === 'sell' ? held : -held)
  }

  async #takeSystem(key: string, trade: ForeignTrade, isMaker: boolean): Promise<void> {
    const { teller, known } = this.#context
    const { symbol, orderId, clientId, system, side, qty, price, fee, feeIn, at } = trade
    const told = {
      kind: 'fill',
      ...{ symbol, order: `${system}-${orderId}`, qty, price, fee, at },
      liquidity: isMaker ? 'maker' : 'taker',
      system: { by: system!, side },
    } as const
    const isNews = await teller.tell(key, told, { system: { orderId, clientId }, ...(feeIn && { feeIn }) })
    if (isNews) known.addFill(symbol, trade.tradeId, feeIn === undefined ? '0' : fee)
  }

  #raise(symbol: string, tradeId: string): void {
    if (!/^\d+$/.test(tradeId)) return
    const id = BigInt(tradeId)
    if (id > (this.#newest.get(symbol) ?? -1n)) this.#newest.set(symbol, id)
  }
}

/** Whether the exchange says that more of it was filled than the engine has been told. */
export function isBehind(attempt: Attempt): boolean {
  return unitsOf(attempt.executed) > attempt.filled
}

export function filledText(attempt: Attempt): string {
  return textOf(attempt.filled)
}

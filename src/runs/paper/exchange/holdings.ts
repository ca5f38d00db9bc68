import type { BrokerSymbol } from '../paper-broker.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import type { Fills } from './fills.ts'
import type { Gaps } from './gaps.ts'
import { pause } from './pause.ts'
import { LOOKS } from './wallet.ts'

/** Positions and coins at the exchange against the engine's: what the session has not traded halts it. */
export class Holdings {
  readonly #context: Context
  readonly #fills: Fills
  readonly #gaps: Gaps
  /** Coins of a spot account that were there before the session, by symbol. */
  readonly #before = new Map<string, bigint>()

  constructor(context: Context, fills: Fills, gaps: Gaps) {
    this.#context = context
    this.#fills = fills
    this.#gaps = gaps
  }

  restore(held: Readonly<Record<string, string>>): void {
    for (const [symbol, units] of Object.entries(held)) this.#before.set(symbol, unitsOf(units))
  }

  /** @throws Error where the account does not say what it holds, or holds a position already */
  async begin(one: BrokerSymbol): Promise<void> {
    const { market, gate } = this.#context
    const held = await market.heldThere(gate, one)
    if (held === null) throw new Error(`${one.symbol}: what the account holds of it could not be read`)
    if (held !== 0n && market.hasMargin)
      throw new Error(
        `${one.symbol}: the account holds ${textOf(held)} already: close it, a session begins with what it trades itself`,
      )
    this.#before.set(one.symbol, held)
  }

  /** For the journal; coins only, as no position may be there. */
  get before(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#before].map(([symbol, units]) => [symbol, textOf(units)]))
  }

  /** Says whether it could be compared. */
  async compare(one: BrokerSymbol): Promise<boolean> {
    const { host, signal, timing, market, gate, attempts, known } = this.#context
    const { symbol } = one
    for (let look = 1; !signal.aborted; look++) {
      const here = () => market.heldHere(host.run, attempts, symbol)
      const accepted = () => unitsOf(known.acceptedOf(symbol))
      const before = here()
      const held = await market.heldThere(gate, one)
      if (held === null) return false
      const there = held - (this.#before.get(symbol) ?? 0n)
      if (there === here() + accepted()) return this.#isRight(symbol)
      const isKnown = await this.#fills.catchUp(symbol)
      if (there === here() + accepted()) return this.#isRight(symbol)
      // what trades of others explain to the last digit need not be looked at again; that they have none may be a sale of ours not heard of
      const traded = known.tradedOf(symbol)
      const isExplained = isKnown && here() === before && traded !== 0n && there - here() === traded
      if (!isExplained && (look < LOOKS || !isKnown || here() !== before)) {
        if (look >= 2 * LOOKS) return false
        await pause(timing.backoff, signal)
        continue
      }
      if (there === here()) {
        // coins of others that were accepted have gone again: what comes next is new
        await host.note(known.gone(symbol))
        return this.#isRight(symbol)
      }
      await this.#isWrong(one, held, there, here())
      return true
    }
    return false
  }

  async #isRight(symbol: string): Promise<true> {
    const { known } = this.#context
    known.differs(symbol, null)
    this.#context.calm('position', { symbol })
    await this.#gaps.note(symbol, known.acceptedOf(symbol))
    return true
  }

  /** @param there what of `held` was not there before the session */
  async #isWrong({ symbol, instrument }: BrokerSymbol, held: bigint, there: bigint, here: bigint): Promise<void> {
    const { known, market, resume, host } = this.#context
    const off = there - here
    await this.#gaps.note(symbol, textOf(off))
    // accepted while it was found
    if (off === unitsOf(known.acceptedOf(symbol))) return void (await this.#isRight(symbol))
    // coins of others lie beside the session's, as those do that were there before; on margin there is one position, and nobody can tell whose it is
    const canAccept = !market.hasMargin && held >= here
    known.differs(symbol, canAccept ? textOf(off) : null)
    const left = off - unitsOf(known.acceptedOf(symbol))
    const [how, size] = left > 0n ? ['sell', left] : ['buy', -left]
    const unit = market.hasMargin ? symbol : `${instrument.base} for ${instrument.quote}`
    const undo = `${how} ${textOf(size)} ${unit} at the exchange and then write ${resume}`
    const what = canAccept
      ? `where these coins are somebody else's business, ${resume} accepts that; else ${undo}`
      : `${undo}. A resume alone does not help: ${market.hasMargin ? 'it is one position there, and nobody can tell whose part is whose' : 'coins that this session has bought are gone'}. Or give this session up: ${host.command('stop')}`
    await this.#context.halt(
      'position',
      `${symbol}: the account holds ${textOf(there)}, and this session has traded ${textOf(here)}: somebody else has changed it, so nothing is opened any more; ${what}`,
      { symbol, there: textOf(there), here: textOf(here) },
    )
  }
}

import type { Context } from './context.ts'
import type { Fills } from './fills.ts'
import type { Funding } from './funding.ts'
import type { Gaps } from './gaps.ts'
import type { Lines } from './lines.ts'
import type { OtherSymbols } from './other-symbols.ts'
import { pause } from './pause.ts'

/** Times that a difference is looked at before it is believed: what is underway makes one that is none. */
export const LOOKS = 4
/** A balance is reckoned in eight decimals on both sides, fee by fee: here more than doubles make of them, and what halts. */
const UNIT = 1e-7
const SLACK = 0.01

interface Parts {
  readonly fills: Fills
  readonly lines: Lines
  readonly funding: Funding
  readonly others: OtherSymbols
  readonly gaps: Gaps
}

/** The wallet at the exchange against the engine's: money that no trade of the session explains is said, or halts it. */
export class Wallet {
  /** In the quote asset: the exchange's less the engine's, when the session began. */
  apart = 0
  readonly #context: Context
  readonly #parts: Parts

  constructor(context: Context, parts: Parts) {
    this.#context = context
    this.#parts = parts
  }

  /** @throws Error where the account does not say what it holds */
  async begin(): Promise<void> {
    const there = await this.#there()
    if (there === null) throw new Error('the balance of the account could not be read')
    this.apart = there - this.#context.market.walletHere(this.#context.host.run)
  }

  /** Says whether it could be compared. */
  async compare(): Promise<boolean> {
    const { host, signal, timing, market } = this.#context
    const { fills, lines, funding, others } = this.#parts
    for (let look = 1; !signal.aborted; look++) {
      const [before, explained] = [this.#here, this.#explained]
      const there = await this.#there()
      if (there === null) return false
      if (Math.abs(there - this.#expected) < UNIT) return this.#isRight()
      // funding is told of by no trade, and its event may have been lost: what it came to may be less than what is worth a halt
      if (market.hasMargin) await funding.take()
      const known = [!market.hasMargin || (await others.take())]
      if (!this.#isOff(there)) return this.#isRight()
      // a trade whose event was lost may have left no position that differs
      for (const { symbol } of host.symbols) known.push(await fills.catchUp(symbol))
      if (!this.#isOff(there)) return this.#isRight()
      // a fill between two questions is in the answer to one of them: that says nothing
      const isStill = this.#here === before && this.#explained === explained
      if (look >= LOOKS && isStill && known.every(Boolean)) {
        if (lines.isIdle) await this.#isWrong(there)
        return true
      }
      if (look >= 2 * LOOKS) return false
      await pause(timing.backoff, signal)
    }
    return false
  }

  get #here(): number {
    return this.#context.market.walletHere(this.#context.host.run) + this.apart
  }

  #there(): Promise<number | null> {
    const { market, gate, host } = this.#context
    return market.walletThere(gate, host.symbols[0]?.instrument.quote ?? 'USDT')
  }

  /** With what is known to have changed it, and what a person has let pass. */
  get #expected(): number {
    return this.#here + this.#explained + Number(this.#context.known.acceptedOf(''))
  }

  get #explained(): number {
    return this.#context.known.money(this.#context.host.run.events)
  }

  #isOff(there: number): boolean {
    return Math.abs(there - this.#expected) > Math.max(SLACK, Math.abs(there) * 1e-6)
  }

  async #isRight(): Promise<true> {
    const { known } = this.#context
    known.differs('', null)
    this.#context.calm('balance')
    const off = this.#expected - this.#here
    await this.#parts.gaps.note('', Math.abs(off) < UNIT ? '0' : off.toFixed(8))
    return true
  }

  /** A payment, another's trade, an account made anew: which of them nobody can tell from here. */
  async #isWrong(held: number): Promise<void> {
    const { known, resume } = this.#context
    await this.#parts.gaps.note('', (held - this.#here).toFixed(8))
    // accepted while it was found
    if (!this.#isOff(held)) return void (await this.#isRight())
    known.differs('', (held - this.#here - this.#explained).toFixed(8))
    const off = held - this.#expected
    const beside = this.#expected === this.#here ? '' : ' and what is known beside them'
    const others = known.others.size === 0 ? '' : ` (others trade ${[...known.others].join(', ')} on this account)`
    const text = `the wallet holds ${held.toFixed(2)}, ${Math.abs(off).toFixed(2)} ${off > 0 ? 'more' : 'less'} than this session's trades${beside} explain: changed by something that is not this session's${others}`
    if (off > 0)
      this.#context.alarm(
        'balance',
        'warning',
        `${text}; nothing is halted, as the session trades with its own money alone`,
        { held, off },
      )
    else
      await this.#context.halt(
        'balance',
        `${text}, so nothing is opened any more; when you know what it was, ${resume} accepts it${this.#nextTime()}`,
        { held, off },
      )
  }

  /** On margin the income explains what others do; of what they spend on spot nothing does. */
  #nextTime(): string {
    const { known, market } = this.#context
    if (market.hasMargin) return ''
    const others = [...known.others].join(', ')
    return others === ''
      ? ', be it a transfer or an order of another symbol; on spot each one halts the session again, so trade others on an account of their own'
      : `; on spot each order of others that spends halts the session again, so trade ${others} on an account of their own`
  }
}

import { closeTimeOf } from '../core/interval.ts'
import type { Market } from './market.ts'
import type { Pace, Pause } from './pace.ts'
import type { SymbolMarket } from './symbol-market.ts'

/** What the account side does as bars go by. */
export interface BarLife {
  begin(at: number): void
  meetOpen(symbol: string): void
  meetInside(symbol: string): boolean
  end(): void
  /** Reference price of the symbol's newest fill; `null` before the first. */
  lastFill(symbol: string): number | null
  /** 1 long, −1 short, 0 flat. */
  sideOf(symbol: string): number
}

/** Share of a symbol's turn during which the open is the present price; the rest is its path. */
const OPEN_SHARE = 0.5
/** Share of the bars' time in which the symbols have their turns: what follows them is the time ahead of the close. */
const TURNS = 0.9

/**
 * Plays bars instant by instant, and within an instant symbol by symbol in declared order (fills.md 2): the open is public and met, then
 * the bar's path is played fill by fill, then all close together.
 */
export class Replay {
  readonly #market: Market
  readonly #account: BarLife
  readonly #pace: Pace

  constructor(market: Market, account: BarLife, pace: Pace) {
    this.#market = market
    this.#account = account
    this.#pace = pace
  }

  /** Plays every bar from the rows at hand to the last, or until `signal` says stop. */
  async run(signal: AbortSignal): Promise<void> {
    const pause: Pause = { at: 'start', symbol: null, time: this.#market.now() }
    await this.#pace.pause(pause, 0, 0)
    for (let fresh = this.#next(); fresh.length > 0 && !signal.aborted; fresh = this.#next()) await this.play(fresh)
  }

  /** One instant: bars of these symbols that close together, each the next of its symbol. */
  async play(fresh: readonly SymbolMarket[]): Promise<void> {
    const market = this.#market
    const [first] = fresh
    const opens = first!.bars.openTime[first!.row + 1]!
    const at = closeTimeOf(opens, first!.interval)
    const length = at - opens
    market.moveTo(opens)
    this.#account.begin(at)
    for (const [k, one] of fresh.entries()) await this.#playOne(one, { opens, length, k, of: fresh.length })
    market.moveTo(at - 1)
    for (const one of fresh) {
      one.close(at)
      market.tell(one, 'mark')
    }
    market.moveTo(at)
    this.#account.end()
    for (const one of fresh) market.tell(one, 'close')
    await this.#pace.pause({ at: 'close', symbol: null, time: at }, 1, length)
  }

  async #playOne(one: SymbolMarket, turn: { opens: number; length: number; k: number; of: number }): Promise<void> {
    const market = this.#market
    const { symbol } = one
    const { opens, length, k, of } = turn
    const share = (part: number) => ((k + part) / of) * TURNS
    const to = async (at: Pause['at'], part: number) => {
      await this.#pace.pause({ at, symbol, time: market.now() }, share(part), length)
      market.moveTo(opens + Math.floor(share(part) * length))
    }
    one.open(one.row + 1)
    market.tell(one, 'open')
    this.#account.meetOpen(symbol)
    await to('open', OPEN_SHARE)
    one.stage = 'inside'
    const extremes = one.extremes(this.#account.sideOf(symbol))
    while (this.#account.meetInside(symbol)) {
      const price = this.#account.lastFill(symbol)
      if (price !== null) one.move(price)
      market.tell(one, 'move')
      await to('fill', OPEN_SHARE)
    }
    for (const [n, part] of extremes.entries()) {
      one.show(part, market.now())
      market.tell(one, 'move')
      await to('path', OPEN_SHARE + ((n + 1) / extremes.length) * (1 - OPEN_SHARE))
    }
  }

  /** Symbols whose next bars close first. */
  #next(): SymbolMarket[] {
    let soonest = Number.POSITIVE_INFINITY
    let fresh: SymbolMarket[] = []
    for (const one of this.#market.symbols.values()) {
      const row = one.row + 1
      if (row >= one.bars.length) continue
      const at = closeTimeOf(one.bars.openTime[row]!, one.interval)
      if (at > soonest) continue
      if (at < soonest) fresh = []
      soonest = at
      fresh.push(one)
    }
    return fresh
  }
}

/** How many instants the rows to be played have. */
export function countInstants(
  sources: readonly { readonly bars: SymbolMarket['bars']; readonly startRow: number }[],
): number {
  const times = new Set<number>()
  for (const { bars, startRow } of sources)
    for (let row = startRow; row < bars.length; row++) times.add(closeTimeOf(bars.openTime[row]!, bars.series.interval))
  return times.size
}

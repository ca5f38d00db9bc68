import { type Bars, firstRowAt } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { OrderView } from '../core/order.ts'
import type { EquityColumns } from '../core/run.ts'
import type { OpenTrade, Trade } from '../core/trade.ts'
import type { Drawdown } from './drawdown.ts'

/** What the band is reckoned from; the bars are those of the run's range, in declared order. */
export interface BandInput {
  readonly bars: readonly Bars[]
  /** Finer bars that decided fills, where a series has some. */
  readonly details?: readonly (Bars | null)[]
  readonly events: readonly RunEvent[]
  readonly trades: readonly Trade[]
  readonly openTrades: readonly OpenTrade[]
  readonly equity: EquityColumns
  readonly startEquity: number
  /** Fee of a target that fills, as a fraction, by symbol. */
  readonly makerFee: Readonly<Record<string, number>>
  /** Of the equity, where they are known already. */
  readonly drawdowns?: readonly Drawdown[]
  /** Whether a mere touch fills a target (`--limit-touch`); false where absent. */
  readonly limitTouch?: boolean
}

/** One bar on which the order of prices decides: what the better path would have added, and when it would have shown. */
export interface Choice {
  readonly symbol: string
  readonly time: number
  /** Quote asset, never below 0: the engine has taken the worse path. */
  readonly gain: number
  /** Close time from which equity would have it. */
  readonly from: number
}

/** Brackets as the events tell of them: what rests, and what was opened by a fill inside the bar at hand. */
export function choicesOf(input: BandInput): Choice[] {
  const { events } = input
  const found: Choice[] = []
  const ofSymbol = new Map(
    input.bars.map((bars, k) => [bars.series.symbol, new Market(bars, input.details?.[k] ?? null, input)]),
  )
  for (let k = 0; k < events.length; k++) {
    const event = events[k]!
    if (event.type !== 'fill') continue
    const { fill } = event
    const market = ofSymbol.get(fill.symbol)!
    const choice = fill.phase === 'inside' ? choiceOf(events, k, market) : null
    if (choice !== null) found.push(choice)
    if (fill.position * market.soldAtOnce <= 0) market.soldAtOnce = 0
  }
  return found
}

/** What the path decides of the fill that is event `k`, inside its bar. */
function choiceOf(events: readonly RunEvent[], k: number, market: Market): Choice | null {
  const { fill } = events[k] as Extract<RunEvent, { type: 'fill' }>
  if (fill.role === 'stop' || fill.role === 'trail') {
    // on the better path it was over before
    if (market.soldAtOnce !== 0) return null
    const target = targetBeside(events, k)
    if (market.enteredAt === fill.time) return market.survives(fill, target, k)
    return target === null ? null : market.targetFirst(fill, target)
  }
  if (fill.role !== 'order' || fill.position === 0) return null
  market.enteredAt = fill.time
  market.entry = fill
  const { target, isStopped } = legsAfter(events, k, market.closeOf(fill.time))
  if (target === null || isStopped) return null
  const choice = market.targetAtOnce(fill, target)
  if (choice !== null) market.soldAtOnce = Math.sign(fill.position)
  return choice
}

/** The other leg of a stop that filled: right after it is cancelled, or shrinks where the stop filled in part. */
function targetBeside(events: readonly RunEvent[], at: number): number | null {
  for (let k = at + 1; k < events.length; k++) {
    const event = events[k]!
    if (event.type === 'amended' && event.order.role === 'target') return event.order.limit
    if (event.type !== 'cancelled' && event.type !== 'dust') break
    if (event.type !== 'cancelled' || event.reason !== 'oco') continue
    const other = orderBefore(events, at, event)
    if (other?.role === 'target') return other.limit
  }
  return null
}

/** The order of an id as it last stood before event `at`; looked for backwards, as it has mostly not lived for long. */
function orderBefore(
  events: readonly RunEvent[],
  at: number,
  { id, symbol }: { readonly id: string; readonly symbol: string },
): OrderView | null {
  for (let k = at - 1; k >= 0; k--) {
    const event = events[k]!
    if (event.type !== 'accepted' && event.type !== 'amended') continue
    if (event.order.id === id && event.order.symbol === symbol) return event.order
  }
  return null
}

/**
 * What came of an entry's fill in the same bar, which ends at `end`: the target that it put on the book, and whether what
 * it had opened was closed again.
 */
function legsAfter(
  events: readonly RunEvent[],
  at: number,
  end: number,
): { target: number | null; isStopped: boolean } {
  const { fill: entry } = events[at] as Extract<RunEvent, { type: 'fill' }>
  let target: number | null = null
  for (let k = at + 1; k < events.length && events[k]!.at < end; k++) {
    const event = events[k]!
    if (event.type === 'fill') {
      const { symbol, time, role } = event.fill
      if (symbol === entry.symbol && time === entry.time && role !== 'order') return { target, isStopped: true }
      // what it brought follows before anything else fills
      if (target === null) break
    }
    const isLeg = event.type === 'accepted' || event.type === 'amended'
    if (target === null && isLeg && event.order.role === 'target' && event.order.symbol === entry.symbol)
      target = event.order.limit
  }
  return { target, isStopped: false }
}

/** Another end of a trade: price, and fee as a fraction. */
interface Exit {
  readonly price: number
  readonly fee: number
  readonly isTarget: boolean
}

type Happens = (bars: Bars, row: number) => boolean

function isBeyond({ high, low }: Bars, row: number, side: Fill['side'], stop: number): boolean {
  return side === 'sell' ? low[row]! <= stop : high[row]! >= stop
}

/** One instrument's bars, and what of its trades is needed to price another path. */
class Market {
  /** Open time of the bar inside which it was entered last. */
  enteredAt = Number.NaN
  /** The fill that did it. */
  entry: Fill | null = null
  /** Side of the open trade where its target might have come inside the bar of its entry, which ends it: 1, −1; else 0. */
  soldAtOnce = 0
  readonly #bars: Bars
  readonly #detail: Bars | null
  readonly #makerFee: number
  readonly #trades: readonly Trade[]
  readonly #open: OpenTrade | undefined
  readonly #events: readonly RunEvent[]
  readonly #limitTouch: boolean

  constructor(bars: Bars, detail: Bars | null, input: BandInput) {
    const { trades, openTrades, makerFee, events } = input
    this.#limitTouch = input.limitTouch ?? false
    const { symbol } = bars.series
    this.#bars = bars
    this.#detail = detail
    this.#makerFee = makerFee[symbol]!
    this.#trades = trades.filter((trade) => trade.symbol === symbol)
    this.#open = openTrades.find((trade) => trade.symbol === symbol)
    this.#events = events
  }

  /** When it was entered next after `time`, the bar of event `at`. */
  #nextEntry(time: number, at: number): number {
    const { symbol } = this.#bars.series
    for (let k = at + 1; k < this.#events.length; k++) {
      const event = this.#events[k]!
      if (event.type !== 'fill' || event.fill.symbol !== symbol) continue
      if (event.fill.role === 'order' && event.fill.time > time) return event.fill.time
    }
    return Number.POSITIVE_INFINITY
  }

  /** When the bar that opens at `time` ends. */
  closeOf(time: number): number {
    return closeTimeOf(time, this.#bars.series.interval)
  }

  /** Both in one bar, the stop was taken: the target might have come first. */
  targetFirst(fill: Fill, target: number): Choice | null {
    const row = firstRowAt(this.#bars.openTime, fill.time)
    const isStop = (bars: Bars, k: number) => isBeyond(bars, k, fill.side, fill.reference)
    if (
      !this.#isReached(row, fill, target) ||
      this.#isDecided(row, isStop, (bars, k) => this.#reaches(bars, k, fill, target))
    )
      return null
    return this.#choice(fill, target, this.#makerFee, row, row)
  }

  /** Entered and stopped inside one bar: the extreme might have come before the entry, and the trade have lived on. */
  survives(fill: Fill, target: number | null, event: number): Choice | null {
    const { openTime, open, close, length } = this.#bars
    const row = firstRowAt(openTime, fill.time)
    const isStop = (bars: Bars, k: number) => isBeyond(bars, k, fill.side, fill.reference)
    const part = this.#partWith(row, (bars, k) => this.#isEntered(bars, k, this.entry!))
    // the run has come through that part of the bar, and was stopped in a later one
    const isToldApart = part !== -1 && !isStop(this.#detail!, part)
    // the part of the bar in which it was entered, where finer bars tell, else all of it
    const [bars, k] = part === -1 ? [this.#bars, row] : [this.#detail!, part]
    if (target !== null && this.#reaches(bars, k, fill, target))
      return this.#choice(fill, target, this.#makerFee, row, row)
    const end = this.closeOf(fill.time)
    for (let j = part + 1; part !== -1 && j < bars.length && bars.openTime[j]! < end; j++) {
      const exit = this.#exitOn(bars, j, fill, target)
      if (exit !== null)
        return isToldApart && !exit.isTarget ? null : this.#choice(fill, exit.price, exit.fee, row, row)
    }
    if (isToldApart) return null
    const next = this.#nextEntry(fill.time, event)
    for (let j = row + 1; j < length; j++) {
      // by then it must have been over: the run entered anew
      const exit = openTime[j]! >= next ? this.#atMarket(fill, open[j]!) : this.#exitOn(this.#bars, j, fill, target)
      if (exit !== null) return this.#choice(fill, exit.price, exit.fee, row, j)
    }
    return this.#choice(fill, close[length - 1]!, 0, row, length - 1)
  }

  /** Where a bar ends a trade that has lived on to it, by the stop of `fill` or by its target: of both the target, as in the bar of any stop. */
  #exitOn(bars: Bars, k: number, fill: Fill, target: number | null): Exit | null {
    const open = bars.open[k]!
    const stop = fill.reference
    const isLong = fill.side === 'sell'
    if (isLong ? open <= stop : open >= stop) return this.#atMarket(fill, open)
    if (target !== null && (isLong ? open > target : open < target))
      return { ...this.#atMarket(fill, open), price: open, isTarget: true }
    const isStop = (of: Bars, row: number) => isBeyond(of, row, fill.side, stop)
    const isTarget = (of: Bars, row: number) => target !== null && this.#reaches(of, row, fill, target)
    const isStopped = isStop(bars, k)
    const isDecided = isStopped && bars === this.#bars && this.#isDecided(k, isStop, isTarget)
    if (isTarget(bars, k) && !isDecided) return { price: target!, fee: this.#makerFee, isTarget: true }
    return isStopped ? this.#atMarket(fill, stop) : null
  }

  /** A sale at the market, which loses beside its price what the stop that was taken did. */
  #atMarket({ price, reference, fee, qty }: Fill, at: number): Exit {
    return { price: at + price - reference, fee: fee / (price * qty), isTarget: false }
  }

  /** Entered inside a bar that reaches the target too: it might have come after the entry. */
  targetAtOnce(fill: Fill, target: number): Choice | null {
    const row = firstRowAt(this.#bars.openTime, fill.time)
    const exit = { ...fill, side: fill.side === 'buy' ? ('sell' as const) : ('buy' as const) }
    const isEntry = (bars: Bars, k: number) => this.#isEntered(bars, k, fill)
    if (
      !this.#isReached(row, exit, target) ||
      this.#isDecided(row, isEntry, (bars, k) => this.#reaches(bars, k, exit, target))
    )
      return null
    const trade = this.#trades.find(({ entryTime }) => entryTime === fill.time)
    const pnl = trade?.pnl ?? (this.#open?.entryTime === fill.time ? this.#open.pnl : undefined)
    // less than was bought where the fee is taken from that
    const qty = Math.abs(fill.position)
    // a trade that grew later is no longer this entry's alone
    if (pnl === undefined || (trade ?? this.#open)!.qty !== qty) return null
    const sign = fill.side === 'buy' ? 1 : -1
    const other = sign * qty * (target - fill.price) - fill.fee - target * qty * this.#makerFee
    return this.#of(fill.time, other - pnl, row)
  }

  #isReached(row: number, exit: Pick<Fill, 'side'>, target: number): boolean {
    return this.#reaches(this.#bars, row, exit, target)
  }

  /** A target fills where the bar trades through it, or, if asked, touches it (fills.md 8). */
  #reaches({ high, low }: Bars, row: number, { side }: Pick<Fill, 'side'>, target: number): boolean {
    const beyond = side === 'sell' ? high[row]! - target : target - low[row]!
    return beyond > 0 || (this.#limitTouch && beyond === 0)
  }

  /** Whether a bar reaches the price of an entry: a limit, which fills as maker, is traded through, or touched where that is enough (fills.md 8). */
  #isEntered({ high, low }: Bars, row: number, { reference, liquidity, side }: Fill): boolean {
    if (liquidity === 'maker' && !this.#limitTouch)
      return side === 'buy' ? low[row]! < reference : high[row]! > reference
    return low[row]! <= reference && high[row]! >= reference
  }

  /**
   * Whether finer bars have told the order: they make up the row, and the one on which `first` happens first does not have
   * `second` as well.
   */
  #isDecided(row: number, first: Happens, second: Happens): boolean {
    const part = this.#partWith(row, first)
    return part !== -1 && !second(this.#detail!, part)
  }

  /** The first of the finer bars that make up a row on which `happens` does; −1 where none do. */
  #partWith(row: number, happens: Happens): number {
    const detail = this.#detail
    if (detail === null) return -1
    const { openTime, high, low, series } = this.#bars
    const [from, to] = [openTime[row]!, closeTimeOf(openTime[row]!, series.interval)]
    let found = -1
    let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let k = firstRowAt(detail.openTime, from); k < detail.length && detail.openTime[k]! < to; k++) {
      most = Math.max(most, detail.high[k]!)
      least = Math.min(least, detail.low[k]!)
      if (found === -1 && happens(detail, k)) found = k
    }
    return most === high[row] && least === low[row] ? found : -1
  }

  /** The exit `fill` at `price` instead, which shows from the close of row `at` on. */
  #choice(fill: Fill, price: number, feeRate: number, row: number, at: number): Choice | null {
    const sign = fill.side === 'sell' ? 1 : -1
    const gain = sign * fill.qty * (price - fill.price) - (price * fill.qty * feeRate - fill.fee)
    return this.#of(this.#bars.openTime[row]!, gain, at)
  }

  #of(time: number, gain: number, at: number): Choice {
    const { openTime, series } = this.#bars
    return { symbol: series.symbol, time, gain: Math.max(0, gain), from: closeTimeOf(openTime[at]!, series.interval) }
  }
}

import type { Execution } from '../core/execution.ts'
import type { Path } from './broker.ts'
import type { ParamValue } from './params.ts'
import type { Risk } from './risk-limits.ts'
import type { SlotOptions } from './slot-options.ts'
import type { Strategy } from './strategy.ts'

export interface EngineOptions {
  readonly strategy: Strategy
  readonly params: Readonly<Record<string, ParamValue>>
  /** In declared order, which decides ties within an instant. All must share one quote asset. */
  readonly slots: readonly SlotOptions[]
  /** Starting cash in the quote asset. */
  readonly cash: number
  /** fills.md 8: a limit fills at a mere touch. */
  readonly limitTouch: boolean
  /** Orders meet the bars (where absent), or are filled at an exchange, of which the engine is told (`Engine.tell`). */
  readonly fills?: 'bars' | 'told'
  /** What keeps orders from filling at once, whole and at the price that was seen; plain where absent. */
  readonly execution?: Execution
  /** Which of the paths that a bar allows is taken; the worse where absent. */
  readonly path?: Path
  /** Why an order is turned away when its trigger is reached, as a simulated exchange may have it; `null`: it is not. */
  readonly turnsAway?: (symbol: string, id: string) => string | null
  /** Limits that no order may pass. */
  readonly risk?: Risk | null
  /** How many instants the run has: sizes the equity column. */
  readonly instants: number
  /** Their close times, UTC ms, from a host that knows them before; else the engine keeps what it is told. */
  readonly times?: () => Float64Array
  /** False where nobody will look at the log of events: it is counted and not kept. Kept where absent. */
  readonly keepsEvents?: boolean
  /** False where nobody will look at the fills; kept where absent. */
  readonly keepsFills?: boolean
  /** False where nobody asks closed trades for `mae` and `mfe`, which are NaN then; kept where absent. */
  readonly keepsExtremes?: boolean
  /** Memory for the equity column, used where it is large enough; the result lies in it until it is used again. */
  readonly equity?: Float64Array | null
}

/** @throws RangeError where cash is not a positive amount, slots are missing, or instruments do not go together */
export function checkOptions(options: EngineOptions): void {
  if (!Number.isFinite(options.cash) || options.cash <= 0)
    throw new RangeError(`cash is ${options.cash}: start with an amount above 0 of the quote asset`)
  if (options.slots.length === 0) throw new RangeError('a run needs at least one series')
  const [first] = options.slots
  const seen = new Set<string>()
  for (const { instrument, margin } of options.slots) {
    if ((instrument.kind === 'perpetual') !== (margin != null))
      throw new RangeError(
        instrument.kind === 'perpetual'
          ? `${instrument.symbol} is a perpetual and has no margin terms`
          : `${instrument.symbol} is spot and has no margin`,
      )
    if (instrument.kind !== first!.instrument.kind)
      throw new RangeError(
        `one account trades spot or perpetuals: ${first!.instrument.symbol} is ${first!.instrument.kind}, ${instrument.symbol} ${instrument.kind}; run them apart`,
      )
    if (instrument.quote !== first!.instrument.quote)
      throw new RangeError(
        `one account holds one quote asset: ${first!.instrument.symbol} is quoted in ${first!.instrument.quote}, ${instrument.symbol} in ${instrument.quote}; run them apart`,
      )
    if (seen.has(instrument.symbol)) throw new RangeError(`${instrument.symbol} is given twice: each symbol once a run`)
    seen.add(instrument.symbol)
  }
}

import type { Bars } from '../core/bar.ts'
import type { Indicator } from '../core/indicator.ts'
import type { Params, Trial } from '../core/search.ts'
import { type IndicatorColumns, resolveParams, type Strategy } from '../engine/index.ts'
import { computeColumns } from '../indicators/index.ts'
import { sharedColumn } from './scene.ts'

/** One indicator over the bars of one slot, in memory that threads share; who needs it first computes it. */
export interface SharedIndicator {
  readonly slot: number
  /** Of the indicator. */
  readonly key: string
  readonly outputs: readonly Float64Array[]
  /** One of the states below. */
  readonly state: Int32Array
}

const [EMPTY, IN_WORK, THERE, FAILED] = [0, 1, 2, 3]

/** Nobody computes a column any more: its thread has ended. Who waits for it computes by himself, and so may the next. */
export function abandon(state: Int32Array): void {
  if (Atomics.compareExchange(state, 0, IN_WORK, EMPTY) === IN_WORK) Atomics.notify(state, 0)
}

type Declared = Readonly<Record<string, Indicator>>

/** Makes room for the columns that trials will need, as long as there is room. */
export class IndicatorPlan {
  readonly #bars: readonly Bars[]
  readonly #known = new Set<string>()
  readonly #budget: number
  #bytes = 0

  /** @param budget bytes that all columns together may take */
  constructor(bars: readonly Bars[], budget: number) {
    this.#bars = bars
    this.#budget = budget
  }

  /** Room for what is declared and not known yet; what no longer fits is left to the runs themselves. */
  add(declared: Declared): SharedIndicator[] {
    const made: SharedIndicator[] = []
    for (const indicator of Object.values(declared)) this.#add(indicator, made)
    return made
  }

  #add(indicator: Indicator, made: SharedIndicator[]): void {
    if (this.#known.has(indicator.key)) return
    for (const input of indicator.inputs) if (typeof input !== 'string') this.#add(input.indicator, made)
    const bytes = this.#bars.reduce((sum, { length }) => sum + 8 * length * indicator.outputs.length, 0)
    if (this.#bytes + bytes > this.#budget) return
    this.#bytes += bytes
    this.#known.add(indicator.key)
    for (const [slot, { length }] of this.#bars.entries())
      made.push({
        ...{ slot, key: indicator.key },
        outputs: indicator.outputs.map(() => sharedColumn(length)),
        state: new Int32Array(new SharedArrayBuffer(4)),
      })
  }
}

/** Makes room for the columns of a trial before it is handed on. */
export type MakeRoom = (trial: Trial) => readonly SharedIndicator[]

/** For trials of a strategy. @param fixed parameters that are not searched */
export function roomOf(strategy: Strategy, fixed: Params, plan: IndicatorPlan): MakeRoom {
  return ({ params }) => {
    try {
      return plan.add(strategy.indicators(resolveParams(strategy, { ...fixed, ...params })))
    } catch {
      // what is wrong with these parameters is told by the trial itself
      return []
    }
  }
}

/** The shared columns as one thread sees them. */
export class SharedIndicators {
  readonly #bars: readonly Bars[]
  readonly #known = new Map<string, SharedIndicator>()

  constructor(bars: readonly Bars[]) {
    this.#bars = bars
  }

  learn(made: readonly SharedIndicator[]): void {
    for (const one of made) this.#known.set(`${one.slot} ${one.key}`, one)
  }

  /** What is declared as columns; `null` where one of them is not shared. */
  columnsOf(slot: number, declared: Declared): IndicatorColumns | null {
    const columns: Record<string, Readonly<Record<string, Float64Array>>> = {}
    for (const [name, indicator] of Object.entries(declared)) {
      const outputs = this.#outputs(slot, indicator)
      if (outputs === null) return null
      columns[name] = Object.fromEntries(indicator.outputs.map((output, k) => [output, outputs[k]!]))
    }
    return columns
  }

  #outputs(slot: number, indicator: Indicator): readonly Float64Array[] | null {
    const shared = this.#known.get(`${slot} ${indicator.key}`)
    if (shared === undefined) return null
    const { state, outputs } = shared
    if (Atomics.compareExchange(state, 0, EMPTY, IN_WORK) === EMPTY) {
      const isThere = this.#compute(slot, indicator, outputs)
      Atomics.store(state, 0, isThere ? THERE : FAILED)
      Atomics.notify(state, 0)
    } else if (Atomics.load(state, 0) === IN_WORK) Atomics.wait(state, 0, IN_WORK)
    return Atomics.load(state, 0) === THERE ? outputs : null
  }

  /** Whether it could be: what an indicator throws is thrown again in the run that has to compute it by itself. */
  #compute(slot: number, indicator: Indicator, outputs: readonly Float64Array[]): boolean {
    const bars = this.#bars[slot]!
    try {
      const inputs = indicator.inputs.map((input) => {
        if (typeof input === 'string') return bars[input]
        const of = this.#outputs(slot, input.indicator)
        if (of === null) throw new RangeError(`${input.indicator.key} is not there`)
        return of[input.indicator.outputs.indexOf(input.output)]!
      })
      computeColumns(indicator, inputs, outputs, bars)
      return true
    } catch {
      return false
    }
  }
}

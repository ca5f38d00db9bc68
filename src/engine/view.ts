import type { Bar, BarColumns } from '../core/bar.ts'
import { closeTimeOf, type Interval } from '../core/interval.ts'
import { didYouMean } from '../core/suggest.ts'

/** What Node asks an object for before it prints it. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Lazy views: `bar`, `ind` and `prev` are objects whose prototype getters read columns at the current row. Measured, this
 * runs at the speed of a hand-written loop, where copying values into fields each bar costs five times as much. It
 * needs one class per shape, kept across runs: a fresh class per run makes the strategy's call sites megamorphic.
 */

/** The row that views look at, −1 before the first bar, and where in rings of indicators it and the one before lie. */
export interface Cursor {
  row: number
  now: number
  before: number
}

type ViewClass = new (
  cursor: Cursor,
  columns: readonly Float64Array[],
  groups: readonly object[],
  back: number,
) => object

/** What one class of views shows: numbers read off columns, and views within the view. */
interface Shape {
  readonly what: string
  readonly values: readonly string[]
  readonly groups: readonly string[]
  /** Where a value lies: in a whole column at the cursor's row or so many before it, or in a ring where the cursor says. */
  readonly place: 'row' | 'back' | 'now' | 'before'
  /** All of them as they were declared. */
  readonly declared: readonly string[]
}

/** The value before the first row. Out of a column like every other, so that no value has to be boxed to be either. */
const NONE = Float64Array.of(Number.NaN)

const classes = new Map<string, ViewClass>()

/**
 * The class whose instances have one getter per name, reading row `cursor.row − back` of its column, NaN before row 0. Where nobody can
 * ask before row 0 the getter is so small that it always vanishes into the strategy: a number that it returned would be boxed. Columns
 * and cursor are private to it: with them a strategy could read the next bar. Names are computed keys, which unlike
 * written ones may be any text, `constructor` included.
 */
function viewClass(shape: Shape): ViewClass {
  const key = JSON.stringify(shape)
  const known = classes.get(key)
  if (known !== undefined) return known
  const { values, groups, declared, place } = shape
  const getter = (name: string, body: string) => `get [${JSON.stringify(name)}]() { ${body} }`
  const build = new Function(
    'Base',
    'NONE',
    `return class extends Base {
      #cursor; #back; ${values.map((_, k) => `#c${k};`).join(' ')} ${groups.map((_, k) => `#g${k};`).join(' ')}
      constructor(cursor, columns, groups, back) {
        super(); this.#cursor = cursor; this.#back = back
        ${values.map((_, k) => `this.#c${k} = columns[${k}]`).join('; ')}
        ${groups.map((_, k) => `this.#g${k} = groups[${k}]`).join('; ')}
      }
      ${declared.includes('toJSON') ? '' : `toJSON() { return Object.fromEntries(${JSON.stringify(declared)}.map((name) => [name, this[name]])) }`}
      ${values.map((name, k) => getter(name, place === 'back' ? `const row = this.#cursor.row - this.#back; return row >= 0 ? this.#c${k}[row] : NONE[0]` : `return this.#c${k}[this.#cursor.${place}]`)).join('\n')}
      ${groups.map((name, k) => getter(name, `return this.#g${k}`)).join('\n')}
    }`,
  )
  const made = build(strictBase(shape.what, declared), NONE) as ViewClass
  // shared by all runs of this shape: what one strategy writes on it would be seen by the next
  Object.freeze(made.prototype)
  classes.set(key, made)
  return made
}

/**
 * Reading a name that was never declared must be an error: `undefined > 1` is false, so a misspelt indicator would
 * silently never trade. The proxy sits at the end of the prototype chain, where only unknown names arrive.
 */
export function strictBase(what: string, names: readonly string[]): new () => object {
  class Base {
    /** `${bar}` and `console.log(bar)` show the values: looking at a view is the first thing one does with it. */
    toString(): string {
      return JSON.stringify(this)
    }
    [INSPECT](): unknown {
      return { ...(this as { toJSON?(): object }).toJSON?.() }
    }
  }
  Object.setPrototypeOf(
    Base.prototype,
    new Proxy(Object.freeze(Object.create(null)) as object, {
      get(_, key) {
        if (typeof key === 'symbol' || key === 'toJSON' || key === 'then' || key === 'constructor') return undefined
        throw new ReferenceError(
          `${what}.${key} is not declared${didYouMean(key, names)}; declared: ${names.length > 0 ? names.join(', ') : 'none'}`,
        )
      },
    }),
  )
  Object.freeze(Base.prototype)
  return Base
}

type ParamsClass = new (params: object) => object

const paramsClasses = new Map<string, ParamsClass>()

/** Parameters as a strategy sees them: a name that was never declared is an error here too. One class per list of names. */
export function paramsView<P extends object>(params: P): Readonly<P> {
  const names = Object.keys(params)
  const key = JSON.stringify(names)
  const known = paramsClasses.get(key)
  if (known !== undefined) return new known(params) as P
  class Params extends strictBase('params', names) {
    constructor(values: object) {
      super()
      Object.freeze(Object.assign(this, values))
    }
    toJSON() {
      return { ...this }
    }
  }
  Object.freeze(Params.prototype)
  paramsClasses.set(key, Params)
  return new Params(params) as P
}

/** What JSON and error texts show of a view whose names lie on its prototype. */
export function snapshot(view: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (view as Record<string, unknown>)[name]]))
}

const BAR = ['openTime', 'closeTime', 'open', 'high', 'low', 'close', 'volume'] as const

/** The bar at the cursor: one object per instrument, reused for every bar. */
export class BarView extends strictBase('bar', BAR) implements Bar {
  readonly #cursor: Cursor
  readonly #bars: BarColumns
  readonly #interval: Interval

  constructor(cursor: Cursor, bars: BarColumns, interval: Interval) {
    super()
    this.#cursor = cursor
    this.#bars = bars
    this.#interval = interval
    Object.freeze(this)
  }
  toJSON() {
    return snapshot(this, BAR)
  }
  get openTime() {
    return this.#bars.openTime[this.#cursor.row]!
  }
  get closeTime() {
    return closeTimeOf(this.openTime, this.#interval)
  }
  get open() {
    return this.#bars.open[this.#cursor.row]!
  }
  get high() {
    return this.#bars.high[this.#cursor.row]!
  }
  get low() {
    return this.#bars.low[this.#cursor.row]!
  }
  get close() {
    return this.#bars.close[this.#cursor.row]!
  }
  get volume() {
    return this.#bars.volume[this.#cursor.row]!
  }
}

// one for all runs, as the classes of indicators are
Object.freeze(BarView.prototype)

/** Places in a ring, of this bar and of the one before it. */
const RING = ['now', 'before'] as const

/** Columns of declared indicators: name → output → values. */
export type IndicatorColumns = Readonly<Record<string, Readonly<Record<string, Float64Array>>>>

/**
 * A view of indicators: single ones as numbers, those with several outputs as a view of their own; `back` 1 looks one bar
 * back. Columns are whole, or rings in which the cursor says where to look. Whole ones that may be asked for before their first row
 * (`early`) are those of a higher interval, and of an instrument that `onBars` sees before it has begun.
 */
export function indicatorView(
  what: string,
  cursor: Cursor,
  indicators: IndicatorColumns,
  back: 0 | 1,
  lie: 'whole' | 'in rings' | 'early',
): object {
  const place = lie === 'in rings' ? RING[back] : back === 0 && lie === 'whole' ? 'row' : 'back'
  const all = Object.entries(indicators)
  const singles = all.filter(([, outputs]) => Object.hasOwn(outputs, 'value'))
  const groups = all.filter(([, outputs]) => !Object.hasOwn(outputs, 'value'))
  const View = viewClass({
    what,
    values: singles.map(([name]) => name),
    groups: groups.map(([name]) => name),
    place,
    declared: Object.keys(indicators),
  })
  return Object.freeze(
    new View(
      cursor,
      singles.map(([, outputs]) => outputs['value']!),
      groups.map(([name, outputs]) => groupView(`${what}.${name}`, cursor, outputs, back, place)),
      back,
    ),
  )
}

function groupView(
  what: string,
  cursor: Cursor,
  outputs: Readonly<Record<string, Float64Array>>,
  back: number,
  place: Shape['place'],
): object {
  const names = Object.keys(outputs)
  const View = viewClass({ what, values: names, groups: [], place, declared: names })
  return Object.freeze(new View(cursor, Object.values(outputs), [], back))
}

import type { Bar, BarColumns } from '../core/bar.ts'
import { closeTimeOf, type Interval } from '../core/interval.ts'

/**
 * Lazy views: `bar`, `ind` and `prev` are objects whose prototype getters read columns at the current row. Measured, this
 * runs at the speed of a hand-written loop, where copying values into fields each bar costs five times as much. It
 * needs one class per shape, kept across runs: a fresh class per run makes the strategy's call sites megamorphic.
 */

/** The row that views look at. `row` is −1 before the first bar. */
export interface Cursor {
  row: number
}

type ViewClass = new (cursor: Cursor, columns: readonly Float64Array[], back: number) => object

const classes = new Map<string, ViewClass>()

/** The class whose instances have one getter per name, reading `columns[k][cursor.row − back]`, NaN before row 0. */
function viewClass(what: string, names: readonly string[], declared: readonly string[]): ViewClass {
  const key = `${what}|${names.join('|')}|${declared.join('|')}`
  const known = classes.get(key)
  if (known !== undefined) return known
  const body = names.map(
    (name, k) => `get ${JSON.stringify(name)}() {
    const row = this.cursor.row - this.back
    return row >= 0 ? this.c${k}[row] : NaN
  }`,
  )
  const fields = names.map((_, k) => `this.c${k} = columns[${k}]`)
  const build = new Function(
    'Base',
    `return class extends Base {
      constructor(cursor, columns, back) { super(); this.cursor = cursor; this.back = back; ${fields.join('; ')} }
      ${body.join('\n')}
    }`,
  )
  const made = build(strictBase(what, declared)) as ViewClass
  classes.set(key, made)
  return made
}

/**
 * Reading a name that was never declared must be an error: `undefined > 1` is false, so a misspelt indicator would
 * silently never trade. The proxy sits at the end of the prototype chain, where only unknown names arrive.
 */
function strictBase(what: string, names: readonly string[]): new () => object {
  class Base {}
  Object.setPrototypeOf(
    Base.prototype,
    new Proxy(Object.create(null) as object, {
      get(_, key) {
        if (typeof key === 'symbol' || key === 'toJSON' || key === 'then' || key === 'constructor') return undefined
        throw new ReferenceError(
          `${what}.${key} is not declared; declared: ${names.length > 0 ? names.join(', ') : 'none'}`,
        )
      },
    }),
  )
  return Base
}

/** The bar at the cursor: one object per instrument, reused for every bar. */
export class BarView
  extends strictBase('bar', ['openTime', 'closeTime', 'open', 'high', 'low', 'close', 'volume'])
  implements Bar
{
  readonly #cursor: Cursor
  readonly #bars: BarColumns
  readonly #interval: Interval

  constructor(cursor: Cursor, bars: BarColumns, interval: Interval) {
    super()
    this.#cursor = cursor
    this.#bars = bars
    this.#interval = interval
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

/** A view of flat columns; `back` 1 looks one bar back. */
function columnView(
  what: string,
  cursor: Cursor,
  columns: Readonly<Record<string, Float64Array>>,
  back: number,
  declared: readonly string[] = Object.keys(columns),
): object {
  const names = Object.keys(columns)
  const View = viewClass(what, names, declared)
  return new View(
    cursor,
    names.map((name) => columns[name]!),
    back,
  )
}

/** Columns of declared indicators: name → output → one value per row. */
export type IndicatorColumns = Readonly<Record<string, Readonly<Record<string, Float64Array>>>>

/** A view of indicators: single ones as numbers, those with several outputs as a view of their own. */
export function indicatorView(what: string, cursor: Cursor, indicators: IndicatorColumns, back: number): object {
  const singles: Record<string, Float64Array> = {}
  const groups: [string, object][] = []
  for (const [name, outputs] of Object.entries(indicators)) {
    if (Object.hasOwn(outputs, 'value')) singles[name] = outputs['value']!
    else groups.push([name, columnView(`${what}.${name}`, cursor, outputs, back)])
  }
  const view = columnView(what, cursor, singles, back, Object.keys(indicators))
  for (const [name, group] of groups) Object.defineProperty(view, name, { value: group, enumerable: true })
  return view
}

/** A view's values as a plain object: for error texts and `explain`, off the hot path. */
export function snapshot(view: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (view as Record<string, unknown>)[name]]))
}

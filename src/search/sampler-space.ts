import type { Random } from '../core/random.ts'
import type { Params } from '../core/search.ts'
import type { SamplerRequest } from './sampler-contract.ts'
import { type Axis, axisOf, type Value } from './space-axis.ts'
import type { Where } from './where.ts'

/** Up to this many combinations are gone through one by one. */
export const LARGEST_SPACE = 10_000_000
/** Draws in vain after which what is left is taken as it comes, of a space that can be gone through. */
const PATIENCE = 1_000
/** Draws in vain after which a space too large for that is taken to have no more. */
const LAST_PATIENCE = 200_000

export function sizeOfSpace(axes: readonly Axis[]): number {
  return axes.reduce((product, axis) => product * axis.size, 1)
}

/** Every combination of finite axes, the first slowest. */
export function* combinations(axes: readonly Axis[]): Generator<Params> {
  const at = axes.map(() => 0)
  for (;;) {
    const params: Record<string, Value> = {}
    for (let k = 0; k < axes.length; k++) params[axes[k]!.name] = axes[k]!.at(at[k]!)
    yield params
    let k = axes.length - 1
    while (k >= 0 && ++at[k]! === axes[k]!.size) at[k--] = 0
    if (k < 0) return
  }
}

/** The combination at a place in that order, from 0. */
function combinationAt(axes: readonly Axis[], place: number): Params {
  const values: [string, Value][] = []
  let rest = place
  for (const axis of axes.toReversed()) {
    values.push([axis.name, axis.at(rest % axis.size)])
    rest = Math.floor(rest / axis.size)
  }
  return Object.fromEntries(values.reverse())
}

export function leavesNothing(where: Where, refused: number): RangeError {
  return new RangeError(
    `--where '${where.text}' leaves nothing to try: it refuses all ${refused.toLocaleString('en-US')} combinations ` +
      'that were looked at; loosen it, or widen what --set gives',
  )
}

/** Values of points in the unit cube. */
export function paramsAt(axes: readonly Axis[], point: readonly number[]): Params {
  const params: Record<string, Value> = {}
  for (let k = 0; k < axes.length; k++) params[axes[k]!.name] = axes[k]!.from(point[k]!)
  return params
}

/** The same text for the same values, whatever the order in which they are kept. */
export function keyOf(axes: readonly Axis[], params: Params): string {
  return JSON.stringify(axes.map((axis) => params[axis.name]))
}

/** Keeps a search from trying anything twice, or what its constraint refuses; knows when there is nothing left. */
export class Untried {
  readonly axes: readonly Axis[]
  readonly total: number
  readonly #where: Where | null
  readonly #random: Random
  readonly #size: number
  readonly #proposed = new Set<string>()
  readonly #refused = new Set<string>()
  /** What is allowed, in the order in which it is tried where draws find nothing any more, and how far that has come. */
  #left: Uint32Array | null = null
  #leftAt = 0

  /** @param random puts what is left at the end into order */
  constructor({ dimensions, where, trials }: SamplerRequest, random: Random) {
    this.axes = dimensions.map(axisOf)
    this.#where = where
    this.#random = random
    this.#size = sizeOfSpace(this.axes)
    this.total = Math.min(trials, this.#size)
    if (where === null || this.#size > LARGEST_SPACE) return
    let allowed = 0
    for (const params of combinations(this.axes)) if (where.allows(params) && ++allowed === trials) break
    if (allowed === 0) throw leavesNothing(where, this.#size)
    this.total = allowed
  }

  /** Refused combinations that were met so far. */
  get excluded(): number {
    return this.#refused.size
  }

  /** The first of what is drawn that may be tried and was not; `null` where nothing is left or all were proposed. */
  take(draw: () => Params): Params | null {
    if (this.#proposed.size >= this.total) return null
    const isCountable = this.#size <= LARGEST_SPACE
    for (let misses = 0; misses < (isCountable ? PATIENCE : LAST_PATIENCE); misses++) {
      const params = draw()
      if (this.#isOpen(params)) return this.#propose(params)
    }
    if (isCountable) return this.#takeLeft()
    if (this.#proposed.size === 0 && this.#where !== null) throw leavesNothing(this.#where, this.#refused.size)
    return null
  }

  /** Whether it may be tried, and was not. */
  #isOpen(params: Params): boolean {
    const key = keyOf(this.axes, params)
    if (this.#proposed.has(key) || this.#refused.has(key)) return false
    if (this.#where === null || this.#where.allows(params)) return true
    this.#refused.add(key)
    return false
  }

  #propose(params: Params): Params {
    this.#proposed.add(keyOf(this.axes, params))
    return params
  }

  #takeLeft(): Params | null {
    this.#left ??= this.#shuffled()
    while (this.#leftAt < this.#left.length) {
      const params = combinationAt(this.axes, this.#left[this.#leftAt++]!)
      if (this.#isOpen(params)) return this.#propose(params)
    }
    return null
  }

  /** Places of all that is allowed among all combinations, in an order of chance. */
  #shuffled(): Uint32Array {
    const places = new Uint32Array(this.#size)
    let count = 0
    let place = 0
    for (const params of combinations(this.axes)) {
      if (this.#where === null || this.#where.allows(params)) places[count++] = place
      place++
    }
    for (let k = count - 1; k > 0; k--) {
      const other = Math.floor(this.#random() * (k + 1))
      const kept = places[k]!
      places[k] = places[other]!
      places[other] = kept
    }
    return places.subarray(0, count)
  }
}

/** All that a search proposes which does not heed what comes of it. */
export function proposeAll(untried: Untried, draw: () => Params): Params[] {
  const all: Params[] = []
  for (let params = untried.take(draw); params !== null; params = untried.take(draw)) all.push(params)
  return all
}

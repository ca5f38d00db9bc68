import type { Dimension, Params } from '../core/search.ts'
import { type ParamValue, resolveParams, type Strategy } from '../engine/index.ts'

/** Corners that are looked at, at most. */
const MOST = 4096

/**
 * Sets of parameters at the ends of what is searched, by which the bars before the range are counted: the longest lookback
 * lies at one of them. All values of a list are ends; where there are too many corners, every dimension is looked at with the
 * others at their first and at their last value.
 */
export function cornersOf(
  strategy: Strategy,
  dimensions: readonly Dimension[],
  fixed: Params,
): readonly Readonly<Record<string, ParamValue>>[] {
  const ends = dimensions.map((one) => (one.kind === 'list' ? one.values : [one.from, one.to]))
  const count = ends.reduce((product, values) => product * values.length, 1)
  const corners = count <= MOST ? everyCorner(ends) : crossOf(ends)
  return corners.flatMap((corner) => {
    const params = Object.fromEntries(dimensions.map(({ name }, k) => [name, corner[k]!]))
    try {
      const all = resolveParams(strategy, { ...fixed, ...params })
      strategy.indicators(all)
      return [all]
    } catch {
      // what is wrong with a set of parameters is told by the trial that has it
      return []
    }
  })
}

type Values = readonly ParamValue[]

function everyCorner(ends: readonly Values[]): Values[] {
  return ends.reduce<Values[]>((corners, values) => corners.flatMap((c) => values.map((value) => [...c, value])), [[]])
}

function crossOf(ends: readonly Values[]): Values[] {
  const [first, last] = [ends.map((values) => values[0]!), ends.map((values) => values.at(-1)!)]
  return [first, last].flatMap((base) => ends.flatMap((values, k) => values.map((value) => base.with(k, value))))
}

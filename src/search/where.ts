import type { Dimension, Params } from '../core/search.ts'
import type { Value } from './space-axis.ts'
import { compileWhere, type TypeName } from './where-parse.ts'

/** Which sets of parameters may be tried. */
export interface Where {
  /** All constraints as they were written. */
  readonly text: string
  allows(params: Params): boolean
}

/**
 * Reads constraints such as `fast < slow && kind != 'sma'`; all of them must hold.
 * @param dimensions what is searched
 * @param others values of parameters that are not searched, which constraints may name too
 * @throws RangeError that quotes the constraint and the place in it
 */
export function parseWhere(
  constraints: readonly string[],
  dimensions: readonly Dimension[],
  others: Params,
): Where | null {
  if (constraints.length === 0) return null
  const types = new Map<string, TypeName>()
  for (const [name, value] of Object.entries(others)) types.set(name, typeof value as TypeName)
  for (const dimension of dimensions)
    types.set(dimension.name, dimension.kind === 'list' ? (typeof dimension.values[0] as TypeName) : 'number')
  const tests = constraints.map((text) => compileWhere(text, types))
  const searched = new Set(dimensions.map((dimension) => dimension.name))
  return {
    text: constraints.length === 1 ? constraints[0]! : constraints.map((text) => `(${text})`).join(' && '),
    allows(params) {
      const value = (name: string): Value => (searched.has(name) ? params[name]! : others[name]!)
      return tests.every((test) => test(value))
    },
  }
}

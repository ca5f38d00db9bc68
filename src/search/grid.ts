import type { Dimension, Params } from '../core/search.ts'
import type { Sampler, SamplerRequest } from './sampler-contract.ts'
import { combinations, LARGEST_SPACE, leavesNothing, sizeOfSpace } from './sampler-space.ts'
import { niceStep } from './space.ts'
import { type Axis, axisOf } from './space-axis.ts'

/** Every combination, all at once: the first parameter moves slowest, the last fastest, as loops within loops would. */
export function gridSampler({ dimensions, where }: Pick<SamplerRequest, 'dimensions' | 'where'>): Sampler {
  for (const dimension of dimensions) refuseEndless(dimension)
  const axes = dimensions.map(axisOf)
  const size = sizeOfSpace(axes)
  if (size > LARGEST_SPACE) throw new RangeError(tooMany(axes, size))
  let total = size
  if (where !== null) {
    total = 0
    for (const params of combinations(axes)) if (where.allows(params)) total++
    if (total === 0) throw leavesNothing(where, size)
  }
  let isDone = false
  return {
    total,
    excluded: size - total,
    next() {
      if (isDone) return []
      isDone = true
      const all: Params[] = []
      for (const params of combinations(axes)) if (where === null || where.allows(params)) all.push(params)
      return all
    },
  }
}

function refuseEndless(dimension: Dimension): void {
  if (dimension.kind === 'list' || dimension.step !== null) return
  const { name, from, to, isLog } = dimension
  if (isLog)
    throw new RangeError(
      `--set ${name}=${from}..${to}:log: a grid needs values; list them, as in ${name}=${decades(from, to).join(',')}, ` +
        'or search by --method random, sobol or tpe',
    )
  throw new RangeError(
    `--set ${name}=${from}..${to}: a grid needs a step; write ${name}=${from}..${to}:${niceStep(from, to)}, ` +
      'or search by --method random, sobol or tpe',
  )
}

/** The ends of a range, and the powers of ten between them. */
function decades(from: number, to: number): readonly number[] {
  const values = [from]
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++) {
    const value = Number(`1e${power}`)
    if (value > from && value < to) values.push(value)
  }
  return to > from ? [...values, to] : values
}

function tooMany(axes: readonly Axis[], size: number): string {
  const sizes = axes.map((axis) => `${axis.name} ${count(axis.size)}`).join(' × ')
  return (
    `the grid has ${count(size)} combinations (${sizes}), more than ${count(LARGEST_SPACE)}; ` +
    'take wider steps, fix a parameter, or search by --method random, sobol or tpe with --trials'
  )
}

const count = (value: number) => value.toLocaleString('en-US')

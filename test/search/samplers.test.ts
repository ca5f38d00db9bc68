import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dimension, Params, SearchMethod } from '../../src/core/search.ts'
import { createSampler, type Sampler, type SamplerRequest, type Told } from '../../src/search/sampler.ts'
import { parseSpace } from '../../src/search/space.ts'
import { parseWhere } from '../../src/search/where.ts'

const dimensionsOf = (...settings: string[]) => parseSpace(settings, null).dimensions
const requestOf = (
  method: SearchMethod,
  settings: readonly string[],
  rest: Partial<SamplerRequest> & { constraints?: string[] } = {},
): SamplerRequest => {
  const dimensions = dimensionsOf(...settings)
  const { constraints = [], ...others } = rest
  return { method, dimensions, where: parseWhere(constraints, dimensions, {}), trials: 30, seed: 1, ...others }
}

/** A made-up result, some of them failed; the same for the same parameters. */
const worth = (params: Params): number | null => {
  const text = JSON.stringify(params)
  const mark = [...text].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 1009, 7)
  return mark % 11 === 0 ? null : mark
}

/** All that a sampler proposes, when each batch comes to `objective`. */
function proposals(sampler: Sampler, objective: (params: Params) => number | null = worth): Params[] {
  const told: Told[] = []
  for (let batch = sampler.next(told); batch.length > 0; batch = sampler.next(told))
    told.push(...batch.map((params) => ({ params, objective: objective(params) })))
  return told.map(({ params }) => params)
}

/** Whether a value is one that the dimension has, from its definition. */
function isOf(dimension: Dimension, value: unknown): boolean {
  if (dimension.kind === 'list') return dimension.values.some((one) => one === value)
  if (typeof value !== 'number' || value < dimension.from || value > dimension.to) return false
  if (dimension.kind === 'int' && !Number.isInteger(value)) return false
  const steps = dimension.step === null ? 0 : (value - dimension.from) / dimension.step
  return Math.abs(steps - Math.round(steps)) < 1e-9
}

const setting = fc.oneof(
  fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4 }))
    .map(([from, step, steps]) => `${from}..${from + step * steps}:${step}`),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }))
    .map(([from, width]) => `${from}..${from + width}`),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 30 }))
    .map(([from, width]) => `${from}..${from + width}:log`),
  fc.constantFrom('0.5..2.5', '0.001..1:log', '0.1..0.5:0.1', 'ema,sma', 'true,false', '10,40,20', '3,1,2'),
)
const settings = fc.array(setting, { minLength: 1, maxLength: 4 }).map((all) => all.map((text, k) => `p${k}=${text}`))
const method = fc.constantFrom<SearchMethod>('random', 'sobol', 'tpe')

describe('every sampler', () => {
  test('proposes values of the parameters, never twice, as many as it said, the same for the same seed', () => {
    fc.assert(
      fc.property(method, settings, fc.integer({ min: 1, max: 60 }), fc.nat(), (how, texts, trials, seed) => {
        const request = requestOf(how, texts, { trials, seed })
        const sampler = createSampler(request)
        const all = proposals(sampler)
        expect(all).toHaveLength(sampler.total)
        for (const params of all) {
          expect(Object.keys(params)).toEqual(request.dimensions.map(({ name }) => name))
          for (const dimension of request.dimensions) expect(isOf(dimension, params[dimension.name])).toBe(true)
        }
        expect(new Set(all.map((params) => JSON.stringify(params))).size).toBe(all.length)
        expect(proposals(createSampler(request))).toEqual(all)
      }),
      { numRuns: 80 },
    )
  })

  test('proposes only what the constraint allows, and all of it where that is less than was asked for', () => {
    fc.assert(
      fc.property(method, fc.integer({ min: 1, max: 40 }), fc.nat(), (how, bound, seed) => {
        const texts = ['fast=1..12', 'slow=2..24:2']
        const constraints = ['fast < slow', `fast + slow <= ${bound}`]
        const sampler = (trials: number) => createSampler(requestOf(how, texts, { trials, seed, constraints }))
        const allowed: string[] = []
        for (let fast = 1; fast <= 12; fast++)
          for (let slow = 2; slow <= 24; slow += 2)
            if (fast < slow && fast + slow <= bound) allowed.push(`${fast} ${slow}`)
        if (allowed.length === 0) {
          expect(() => sampler(500)).toThrow(
            new RangeError(
              `--where '(fast < slow) && (fast + slow <= ${bound})' leaves nothing to try: it refuses all 144 combinations that ` +
                'were looked at; loosen it, or widen what --set gives',
            ),
          )
          return
        }
        const all = sampler(500)
        expect(all.total).toBe(allowed.length)
        expect(
          proposals(all)
            .map(({ fast, slow }) => `${fast} ${slow}`)
            .sort(),
        ).toEqual([...allowed].sort())
        const few = proposals(sampler(3)).map(({ fast, slow }) => `${fast} ${slow}`)
        expect(few).toHaveLength(Math.min(3, allowed.length))
        for (const one of few) expect(allowed).toContain(one)
      }),
      { numRuns: 25 },
    )
  })

  test.each(['random', 'sobol', 'tpe'] as const)('%s proposes other things for another seed', (how) => {
    const all = (seed: number) => proposals(createSampler(requestOf(how, ['a=0.0..1', 'b=1..1000'], { seed })))
    expect(all(1)).not.toEqual(all(2))
  })

  test.each(['random', 'sobol', 'tpe'] as const)('%s spreads over the values of a parameter evenly', (how) => {
    // nothing is better than anything else, so that nothing draws the search anywhere
    const counts = new Map<unknown, number>()
    for (let seed = 1; seed <= 40; seed++) {
      const sampler = createSampler(requestOf(how, ['a=1..4', 'b=0.0..1'], { seed, trials: 16 }))
      for (const { a } of proposals(sampler, () => null)) counts.set(a, (counts.get(a) ?? 0) + 1)
    }
    // 640 draws, a quarter each: 160 with a deviation of 11; five of them
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4])
    for (const count of counts.values()) expect(Math.abs(count - 160)).toBeLessThan(55)
  })

  test('counts what the constraint refused', () => {
    const grid = createSampler(requestOf('grid', ['a=1..4:1', 'b=1..4:1'], { constraints: ['a < b'] }))
    expect([grid.total, grid.excluded]).toEqual([6, 10])
    const random = createSampler(requestOf('random', ['a=1..4', 'b=1..4'], { constraints: ['a < b'], trials: 99 }))
    expect([random.total, random.excluded]).toEqual([6, 0])
    expect(proposals(random)).toHaveLength(6)
    // each that was met counts once, however often it was drawn
    expect(random.excluded).toBeGreaterThan(0)
    expect(random.excluded).toBeLessThanOrEqual(10)
  })

  test('a constraint that leaves a sliver of an endless space is searched in that sliver', () => {
    const sampler = createSampler(
      requestOf('random', ['a=0.0..1', 'b=0.0..1'], { constraints: ['a + b < 0.02'], trials: 20 }),
    )
    const all = proposals(sampler)
    expect(all).toHaveLength(20)
    for (const { a, b } of all) expect(Number(a) + Number(b)).toBeLessThan(0.02)
  })

  test('a constraint that leaves nothing of an endless space is found out', () => {
    const sampler = createSampler(requestOf('sobol', ['a=0.0..1'], { constraints: ['a > 2'] }))
    expect(() => sampler.next([])).toThrow(
      /^--where 'a > 2' leaves nothing to try: it refuses all 200,000 combinations that were looked at; loosen it/,
    )
  })

  test('nothing to search, or too few trials, is said', () => {
    expect(() => createSampler(requestOf('grid', ['a=3']))).toThrow(
      new RangeError(
        'there is nothing to search: every --set is a single value; write a range (fast=10..100:10) or a list (kind=ema,sma)',
      ),
    )
    for (const trials of [0, -1, 1.5, Number.NaN])
      expect(() => createSampler(requestOf('random', ['a=1..9'], { trials }))).toThrow(
        new RangeError(`--trials ${trials}: write a whole number above 0`),
      )
  })
})

describe('the grid', () => {
  test('is what loops within loops make, the first parameter outermost', () => {
    fc.assert(
      fc.property(settings, (texts) => {
        const dimensions = dimensionsOf(...texts).filter((one) => one.kind === 'list' || one.step !== null)
        fc.pre(dimensions.length > 0)
        const sampler = createSampler({ method: 'grid', dimensions, where: null, trials: 0, seed: 0 })
        let naive: Record<string, unknown>[] = [{}]
        for (const one of dimensions) {
          const values: unknown[] = one.kind === 'list' ? [...one.values] : []
          if (one.kind !== 'list')
            for (let k = 0; k <= Math.round((one.to - one.from) / one.step!); k++)
              values.push(Number((one.from + k * one.step!).toFixed(6)) + 0)
          naive = naive.flatMap((params) => values.map((value) => ({ ...params, [one.name]: value })))
        }
        expect(sampler.total).toBe(naive.length)
        expect(sampler.next([])).toEqual(naive)
        expect(sampler.next([])).toEqual([])
      }),
    )
  })

  // biome-ignore format: a table, one case a line
  test.each([
    [['fast=10..100'], '--set fast=10..100: a grid needs a step; write fast=10..100:10, or search by --method random, sobol or tpe'],
    [['lr=0.0001..0.1:log'], '--set lr=0.0001..0.1:log: a grid needs values; list them, as in lr=0.0001,0.001,0.01,0.1, or search by --method random, sobol or tpe'],
    [['lr=0.003..0.2:log'], '--set lr=0.003..0.2:log: a grid needs values; list them, as in lr=0.003,0.01,0.1,0.2, or search by --method random, sobol or tpe'],
    [['a=1..4000:1', 'b=1..5000:1'], 'the grid has 20,000,000 combinations (a 4,000 × b 5,000), more than 10,000,000; take wider steps, fix a parameter, or search by --method random, sobol or tpe with --trials'],
  ])('%j', (texts, message) => {
    expect(() => createSampler(requestOf('grid', texts))).toThrow(new RangeError(message))
  })

  test('of a million combinations is counted without keeping them', () => {
    const texts = ['a=1..200:1', 'b=1..5000:1']
    const sampler = createSampler(requestOf('grid', texts, { constraints: ['a == 7'] }))
    expect([sampler.total, sampler.excluded]).toEqual([5000, 995_000])
  })
})

test.each(['random', 'sobol'] as const)('%s finds the last of 5,000 combinations too', (how) => {
  const all = proposals(createSampler(requestOf(how, ['a=1..50', 'b=1..100'], { trials: 9_999 })))
  expect(new Set(all.map(({ a, b }) => `${a} ${b}`)).size).toBe(5_000)
})

test('100,000 trials of a space that has hardly more are proposed within seconds', () => {
  const started = performance.now()
  const all = proposals(createSampler(requestOf('random', ['a=1..400', 'b=1..251'], { trials: 100_000 })))
  expect(new Set(all.map(({ a, b }) => `${a} ${b}`)).size).toBe(100_000)
  expect(performance.now() - started).toBeLessThan(20_000)
})

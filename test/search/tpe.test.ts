import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import type { Params } from '../../src/core/search.ts'
import { createSampler, type Sampler, type Told } from '../../src/search/sampler.ts'
import { parseSpace } from '../../src/search/space.ts'
import { TPE_BATCH } from '../../src/search/tpe.ts'

type Goal = (params: Readonly<Record<string, number>> & { readonly kind?: string }) => number

const FUNCTIONS: readonly (readonly [name: string, settings: readonly string[], goal: Goal])[] = [
  ['a bowl', ['x=-5.0..5', 'y=-5.0..5'], ({ x, y }) => -((x - 1) ** 2) - (y + 2) ** 2],
  [
    'whole numbers, words and a logarithmic scale',
    ['x=-5.0..5', 'n=1..50', 'kind=a,b,c', 'lr=0.0001..1:log'],
    ({ x, n, kind, lr }) =>
      -((x - 1) ** 2) / 5 - ((n - 20) / 10) ** 2 - (kind === 'b' ? 0 : 1) - (Math.log10(lr) + 2) ** 2,
  ],
  [
    'Rosenbrock’s valley',
    ['a=-2.0..2', 'b=-2.0..2', 'c=-2.0..2'],
    ({ a, b, c }) => -100 * ((b - a ** 2) ** 2 + (c - b ** 2) ** 2) - (1 - a) ** 2 - (1 - b) ** 2,
  ],
]

const samplerOf = (method: 'random' | 'tpe', settings: readonly string[], seed: number, trials = 96) =>
  createSampler({ method, dimensions: parseSpace(settings, null).dimensions, where: null, trials, seed })

function search(sampler: Sampler, objective: (params: Params) => number | null, mix = (told: Told[]) => told): Told[] {
  const told: Told[] = []
  for (let batch = sampler.next(told); batch.length > 0; batch = sampler.next(told))
    told.push(...mix(batch.map((params) => ({ params, objective: objective(params) }))))
  return told
}

const keys = (told: readonly Told[]) => told.map(({ params }) => JSON.stringify(params))

describe('TPE', () => {
  test.each(FUNCTIONS)('finds more than chance does: %s', (_, settings, goal) => {
    const best = (method: 'random' | 'tpe', seed: number) =>
      Math.max(
        ...search(samplerOf(method, settings, seed), (params) => goal(params as never)).map((one) => one.objective!),
      )
    let wins = 0
    for (let seed = 1; seed <= 30; seed++) if (best('tpe', seed) > best('random', seed)) wins++
    // were they alike, 23 of 30 would come about once in 400 times (binomial)
    expect(wins).toBeGreaterThanOrEqual(23)
  })

  test('proposes batches of one size, from what all before came to', () => {
    const [, settings, goal] = FUNCTIONS[0]!
    const sampler = samplerOf('tpe', settings, 3, 40)
    const first = sampler.next([])
    const told = first.map((params) => ({ params, objective: goal(params as never) }))
    const second = sampler.next(told)
    const third = sampler.next([...told, ...second.map((params) => ({ params, objective: 0 }))])
    expect([first.length, second.length, third.length]).toEqual([TPE_BATCH, TPE_BATCH, 40 - 2 * TPE_BATCH])
    const other = samplerOf('tpe', settings, 3, 40)
    expect(other.next([])).toEqual(first)
    // the same seed told the opposite looks elsewhere
    expect(other.next(told.map(({ params, objective }) => ({ params, objective: -objective })))).not.toEqual(second)
  })

  test('does not hang on the order in which a batch is told', () => {
    const [, settings, goal] = FUNCTIONS[1]!
    const run = (mix: (told: Told[]) => Told[]) =>
      keys(search(samplerOf('tpe', settings, 5, 64), (params) => goal(params as never), mix))
    const inOrder = run((told) => told)
    const random = seededRandom(1)
    const shuffled = run((told) =>
      told
        .map((one) => ({ one, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one),
    )
    expect(shuffled).not.toEqual(inOrder)
    for (let k = 0; k < 64; k += TPE_BATCH)
      expect(shuffled.slice(k, k + TPE_BATCH).sort()).toEqual(inOrder.slice(k, k + TPE_BATCH).sort())
  })

  test('keeps away from where trials fail', () => {
    let [failed, all] = [0, 0]
    for (let seed = 1; seed <= 20; seed++) {
      const told = search(samplerOf('tpe', ['x=0.0..1', 'y=0.0..1'], seed, 96), ({ x, y }) =>
        Number(x) < 0.5 ? (seed % 2 === 0 ? null : Number.NaN) : -((Number(y) - 0.5) ** 2),
      )
      const late = told.slice(32)
      all += late.length
      failed += late.filter(({ params }) => Number(params.x) < 0.5).length
    }
    // half of the space fails, so that chance would fail half of the time
    expect(failed / all).toBeLessThan(0.2)
  })

  test('finds the word that is good among ten', () => {
    let [found, all] = [0, 0]
    for (let seed = 1; seed <= 10; seed++) {
      const told = search(samplerOf('tpe', ['kind=a,b,c,d,e,f,g,h,i,j', 'x=0.0..1'], seed, 96), ({ kind, x }) =>
        kind === 'g' ? 1 + Number(x) : Number(x),
      ).slice(32)
      all += told.length
      found += told.filter(({ params }) => params.kind === 'g').length
    }
    // chance would find it a tenth of the time
    expect(found / all).toBeGreaterThan(0.5)
  })

  test('where everything fails, it goes on evenly', () => {
    const told = search(samplerOf('tpe', ['x=0.0..1'], 2, 64), () => null)
    for (let part = 0; part < 8; part++)
      expect(told.filter(({ params }) => Math.floor(Number(params.x) * 8) === part)).toHaveLength(8)
  })

  test('cannot go on from what it was not told', () => {
    const sampler = samplerOf('tpe', ['x=1..99'], 1)
    const [first, ...rest] = sampler.next([])
    expect(() => sampler.next(rest.map((params) => ({ params, objective: 1 })))).toThrow(
      new Error(`nothing was told of ${JSON.stringify(first)}, which was proposed before`),
    )
  })

  test('a proposal looks at no more trials after many than after a few hundred', () => {
    let reads = 0
    const sampler = samplerOf('tpe', ['x=0.0..1'], 1, 9_999)
    const told: Told[] = []
    const readBy: number[] = []
    while (told.length < 1_760) {
      const before = reads
      const batch = sampler.next(told)
      readBy.push(reads - before)
      for (const params of batch) {
        const x = Number(params.x)
        told.push({ params: { ...params }, objective: -((x - 0.3) ** 2) })
        // its own memory of what it proposed: every look at it is counted
        Object.defineProperty(params, 'x', {
          enumerable: true,
          get() {
            reads++
            return x
          },
        })
      }
    }
    // the batch of the first 560, and the last
    const [young, old] = [readBy[560 / TPE_BATCH]!, readBy.at(-1)!]
    expect(young).toBeGreaterThan(500)
    // were all trials looked at, it would be thrice
    expect(old).toBeLessThan(1.05 * young)
  })
})

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import type { Params } from '../../src/core/search.ts'
import { gridSampler } from '../../src/search/grid.ts'
import { heatMaps } from '../../src/search/heat-maps.ts'
import { binsOf } from '../../src/search/heat-maps-bins.ts'
import { createSampler } from '../../src/search/sampler.ts'
import { parseSpace } from '../../src/search/space.ts'
import { outcome, tried } from './outcomes.ts'

const dimensionsOf = (...settings: string[]) => parseSpace(settings, null).dimensions
const sampled = (settings: readonly string[], trials: number) => {
  const dimensions = dimensionsOf(...settings)
  return { dimensions, sets: createSampler({ method: 'random', dimensions, where: null, trials, seed: 7 }).next([]) }
}

describe('maps of the objective', () => {
  test('a cell has the best and the median of its trials, whatever the other parameters are', () => {
    const dimensions = dimensionsOf('a=2,1', 'kind=ema,sma', 'c=1..3:1')
    const sets = gridSampler({ dimensions, where: null }).next([])
    // a kind c: 2 ema 1 2 3, 2 sma 1 2 3, 1 ema 1 2 3, 1 sma 1 2 3
    const { trials, outcomes } = tried(sets, (_, k) => [4, 1, 3, 8, null, 6, 5, 5, 2, null, null, null][k]!)
    const maps = heatMaps(dimensions, trials, outcomes, 'max')
    expect(maps.map(({ x, y }) => `${x} ${y}`)).toEqual(['a kind', 'a c', 'kind c'])
    expect(maps[0]).toEqual({
      x: 'a',
      y: 'kind',
      columns: ['1', '2'],
      rows: ['ema', 'sma'],
      cells: [
        { column: 0, row: 0, trials: 3, best: 5, median: 5 },
        { column: 1, row: 0, trials: 3, best: 4, median: 3 },
        { column: 0, row: 1, trials: 3, best: null, median: null },
        { column: 1, row: 1, trials: 3, best: 8, median: 7 },
      ],
    })
    expect(heatMaps(dimensions, trials, outcomes, 'min')[0]!.cells.map(({ best }) => best)).toEqual([2, 1, null, 6])
  })

  test('trials that were given up are counted, and no more', () => {
    const dimensions = dimensionsOf('a=1,2', 'b=1,2')
    const sets = gridSampler({ dimensions, where: null }).next([])
    const { trials } = tried(sets, () => 0)
    const outcomes = [outcome(1, 1), outcome(2, 9, 'pruned'), outcome(3, 3), outcome(4, 4)]
    expect(heatMaps(dimensions, trials, outcomes, 'max')[0]!.cells).toContainEqual({
      column: 0,
      row: 1,
      trials: 1,
      best: null,
      median: null,
    })
  })

  test('of many parameters, all pairs of the four that the objective hangs on most', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const { dimensions, sets } = sampled([...names.map((name) => `${name}=1..10`), 'g=ema,sma'], 600)
    const weight: Readonly<Record<string, number>> = { a: 0, b: 3, c: 0.5, d: 0, e: -2, f: 4 }
    const { trials, outcomes } = tried(sets, (params) =>
      names.reduce((sum, name) => sum + weight[name]! * Number(params[name]), params.g === 'sma' ? 12 : 0),
    )
    expect(heatMaps(dimensions, trials, outcomes, 'max').map(({ x, y }) => x + y)).toEqual([
      'be',
      'bf',
      'bg',
      'ef',
      'eg',
      'fg',
    ])
  })

  test('one parameter has no map, nor has one of a single value', () => {
    const one = sampled(['a=1..9'], 5)
    const { trials, outcomes } = tried(one.sets, (_, k) => k)
    expect(heatMaps(one.dimensions, trials, outcomes, 'max')).toEqual([])
    const two = sampled(['a=1..9', 'b=4..4:1'], 5)
    expect(heatMaps(two.dimensions, tried(two.sets, () => 1).trials, outcomes, 'max')).toEqual([])
  })

  test('cells are what going through all trials for each of them finds', () => {
    const { dimensions, sets } = sampled(['a=1..60', 'b=1..5'], 200)
    const random = seededRandom(5)
    const { trials, outcomes } = tried(sets, () => (random() < 0.1 ? null : Math.floor(random() * 50)))
    const [map] = heatMaps(dimensions, trials, outcomes, 'max')
    expect(map!.columns.map((label) => label.split('..').map(Number))).toEqual(
      Array.from({ length: 12 }, (_, k) => [5 * k + 1, 5 * k + 5]),
    )
    let seen = 0
    for (let column = 0; column < 12; column++)
      for (let row = 0; row < 5; row++) {
        const inside = ({ a, b }: Params) => Math.floor((Number(a) - 1) / 5) === column && b === row + 1
        const own = trials.filter(({ params }) => inside(params))
        const figures = own.flatMap(({ number }) => outcomes[number - 1]!.objective ?? []).sort((x, y) => x - y)
        const cell = map!.cells.find((one) => one.column === column && one.row === row)
        expect(cell?.trials ?? 0).toBe(own.length)
        if (cell === undefined) continue
        seen++
        expect(cell.best).toBe(figures.at(-1) ?? null)
        const middle = figures.length >> 1
        const median = figures.length % 2 === 1 ? figures[middle]! : (figures[middle - 1]! + figures[middle]!) / 2
        expect(cell.median).toBe(figures.length === 0 ? null : median)
      }
    expect(map!.cells).toHaveLength(seen)
  })

  test('100,000 trials of eight parameters take seconds at most', () => {
    const { dimensions, sets } = sampled(
      ['a=0.0..1', 'b=1..500', 'c=0.001..1:log', 'd=ema,sma', 'e=1..9', 'f=0.0..1', 'g=0.0..1', 'h=0.0..1'],
      100_000,
    )
    const { trials, outcomes } = tried(sets, ({ a, b }) => Number(a) * Number(b))
    const before = process.cpuUsage().user
    const maps = heatMaps(dimensions, trials, outcomes, 'max')
    expect(process.cpuUsage().user - before).toBeLessThan(5_000_000)
    expect(maps).toHaveLength(6)
    for (const map of maps) expect(map.cells.reduce((sum, cell) => sum + cell.trials, 0)).toBe(100_000)
  })
})

describe('bins', () => {
  const [of24, of25, words, free, logs, whole] = [
    'n=1..24',
    'n=1..25',
    `k=${Array.from({ length: 30 }, (_, k) => `w${k}`).join(',')}`,
    'x=0.0..1.2',
    'x=0.001..1:log',
    'n=1..1000:log',
  ].map((setting) => binsOf(dimensionsOf(setting)[0]!))

  test('a value has a bin of its own up to 24', () => {
    expect(of24!.labels).toEqual(Array.from({ length: 24 }, (_, k) => String(k + 1)))
    expect(of25!.labels).toHaveLength(12)
    expect(of25!.labels.slice(0, 3)).toEqual(['1..2', '3..4', '5..6'])
    // 12 bins of 25 ÷ 12 values: 24 ends at 23.5 × 12 ÷ 25 = 11.28
    expect(of25!.labels.at(-1)).toBe('24..25')
  })

  test('words are laid together in the order in which they were written', () => {
    expect(words!.labels.slice(0, 2)).toEqual(['w0..w2', 'w3..w4'])
    expect(words!.find('w2')).toBe(0)
    expect(words!.find('w29')).toBe(11)
  })

  test('any number lies between the edges of its label', () => {
    expect(free!.labels[0]).toBe('0..0.1')
    expect(free!.find(0)).toBe(0)
    expect(free!.find(1.2)).toBe(11)
    expect(free!.find(0.35)).toBe(3)
    expect(logs!.labels[0]).toBe('0.001..0.00178')
    expect(logs!.find(0.0017)).toBe(0)
    expect(logs!.find(0.0018)).toBe(1)
  })

  test('each whole number lies in the bin that names it, and no bin is empty', () => {
    const counts = whole!.labels.map(() => 0)
    for (let n = 1; n <= 1000; n++) {
      const [low, high = low] = whole!.labels[whole!.find(n)]!.split('..').map(Number)
      expect(n >= low! && n <= high!).toBe(true)
      counts[whole!.find(n)]!++
    }
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })
})

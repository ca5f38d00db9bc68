import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MarketFigures, MEASURES, type Mix, parseMix, rankMarkets } from '../../../src/data/scan/rank.ts'

const market = (symbol: string, change: number, volume: number, spread = 0.001) => ({ symbol, change, volume, spread })
const A = market('A', 0.1, 300, 0.002)
const B = market('B', -0.2, 200, 0.001)
const C = market('C', 0.3, 100, 0.003)
const order = (by: string | Mix, markets: readonly MarketFigures[] = [A, B, C]) =>
  rankMarkets(markets, by).map(({ symbol }) => symbol)

describe('rankMarkets', () => {
  test('more is better, of the spread less; a weight below 0 turns it round', () => {
    expect(order('change')).toEqual(['C', 'A', 'B'])
    expect(order('volume')).toEqual(['A', 'B', 'C'])
    expect(order('spread')).toEqual(['B', 'A', 'C'])
    expect(order('change=-1')).toEqual(['B', 'A', 'C'])
    expect(order('spread=-2')).toEqual(['C', 'A', 'B'])
  })

  test('a mix is the weighted mean of places, which are 1 for the first and 0 for the last', () => {
    // volume: A 1, B 0.5, C 0; change: C 1, A 0.5, B 0
    const scores = rankMarkets([A, B, C], 'volume=0.75,change=0.25').map(({ symbol, rank, score }) => [
      rank,
      symbol,
      score,
    ])
    expect(scores).toEqual([
      [1, 'A', 0.875],
      [2, 'B', 0.375],
      [3, 'C', 0.25],
    ])
    // weights are relative
    expect(rankMarkets([A, B, C], { volume: 3, change: 1 })[0]).toEqual({ ...A, rank: 1, score: 0.875 })
  })

  test('equal figures share their place, equal scores go by symbol', () => {
    const same = [market('D', 1, 5), market('C', 1, 7), market('B', 2, 1), market('A', 0, 1)]
    // change: B 1, C and D share 2/3 and 1/3, A 0
    expect(rankMarkets(same, 'change').map(({ symbol, score }) => [symbol, score])).toEqual([
      ['B', 1], ['C', 0.5], ['D', 0.5], ['A', 0],
    ]) // biome-ignore format: one row
    expect(rankMarkets([A], 'change')).toEqual([{ ...A, rank: 1, score: 1 }])
    expect(rankMarkets([], 'change')).toEqual([])
  })

  test('who lacks a figure that is asked for is left out, and takes nobody’s place', () => {
    const lacking = { symbol: 'N', change: Number.NaN, volume: 1000 }
    expect(order('change', [A, lacking, C, { symbol: 'M', volume: 5 }])).toEqual(['C', 'A'])
    expect(order('volume', [A, lacking, C])).toEqual(['N', 'A', 'C'])
    expect(rankMarkets([A, lacking, C], 'change')[1]!.score).toBe(0)
  })

  test('the order of the list does not matter, and every score is a plain mean of places', () => {
    const figure = fc.integer({ min: -3, max: 3 })
    const markets = fc.array(fc.record({ change: figure, volume: figure, spread: figure }), {
      minLength: 2,
      maxLength: 8,
    })
    const weight = fc.integer({ min: -4, max: 4 })
    fc.assert(
      fc.property(markets, weight, weight, fc.integer({ min: 1, max: 3 }), (list, change, volume, spread) => {
        const named = list.map((one, k) => ({ ...one, symbol: `S${k}` }))
        const mix = { spread, ...(change !== 0 && { change }), ...(volume !== 0 && { volume }) }
        const ranked = rankMarkets(named, mix)
        expect(rankMarkets([...named].reverse(), mix)).toEqual(ranked)
        // a place: of all others, those that are worse, and half of those that are as good
        const place = (values: readonly number[], at: number) =>
          (values.filter((v) => v < values[at]!).length + (values.filter((v) => v === values[at]!).length - 1) / 2) /
          (values.length - 1)
        for (const { symbol, score } of ranked) {
          const at = Number(symbol.slice(1))
          const goods = [
            [change, named.map((one) => one.change * Math.sign(change))],
            [volume, named.map((one) => one.volume * Math.sign(volume))],
            [spread, named.map((one) => -one.spread)],
          ] as const
          const total = Math.abs(change) + Math.abs(volume) + spread
          const expected = goods.reduce((sum, [w, values]) => sum + (Math.abs(w) / total) * place(values, at), 0)
          expect(score).toBeCloseTo(expected, 12)
        }
        for (const [k, one] of ranked.entries()) if (k > 0) expect(one.score).toBeLessThanOrEqual(ranked[k - 1]!.score)
      }),
      { numRuns: 200 },
    )
  })
})

describe('parseMix', () => {
  test('reads one measure, or several with weights', () => {
    for (const measure of MEASURES) expect(parseMix(measure)).toEqual({ [measure]: 1 })
    expect(parseMix('volume=0.5, change=-2')).toEqual({ volume: 0.5, change: -2 })
  })

  test('an unknown word is told with what was probably meant', () => {
    expect(() => parseMix('volum')).toThrow('nothing can be ranked by "volum" (did you mean "volume"?); known: change')
    expect(() => parseMix('change,momentun=2')).toThrow('(did you mean "momentum"?)')
    for (const bad of ['volume=', 'volume=0', 'volume=x', 'volume=1=2', 'volume=Infinity'])
      expect(() => parseMix(bad), bad).toThrow('write a weight other than 0, e.g. volume=0.5')
    expect(() => parseMix('volume,volume=2')).toThrow('volume is there twice')
    expect(() => parseMix('')).toThrow('nothing can be ranked by ""')
  })
})

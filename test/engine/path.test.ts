import { describe, expect, test } from 'vitest'
import { buy, close, type OrderOptions, sell } from '../../src/core/order.ts'
import { fullBand, pathBand } from '../../src/metrics/index.ts'
import { barsOf, fillLines, play, type Row, type Scene } from './scene.ts'

const flat = (price: number): Row => [price, price, price, price]
const BOTH: Row = [100, 111, 94, 100]
const run = (rows: readonly Row[], order: OrderOptions, path: 'worse' | 'better', side = buy) =>
  fillLines(play({ rows, decide: { 0: () => side(order) }, kind: 'perpetual', path }))

describe('the better of the paths that a bar allows', () => {
  const bracket = { qty: 1, stopLoss: 95, takeProfit: 110 }

  test('of a stop and a target the target comes first', () => {
    const rows = [flat(100), flat(100), BOTH, flat(100)]
    expect(run(rows, bracket, 'worse').at(-1)).toBe('2 inside sell 1 @ 95 taker')
    expect(run(rows, bracket, 'better').at(-1)).toBe('2 inside sell 1 @ 110 maker')
    const short = { qty: 1, stopLoss: 105, takeProfit: 90 }
    expect(run([flat(100), flat(100), [100, 106, 89, 100], flat(100)], short, 'better', sell).at(-1)).toBe(
      '2 inside buy 1 @ 90 maker',
    )
  })

  test('after an entry inside a bar its bad extreme came before, its good one comes after', () => {
    const entry = { qty: 1, limit: 98, stopLoss: 95, takeProfit: 110 }
    const low: Row = [100, 100, 94, 97]
    expect(run([flat(100), low, flat(97)], entry, 'worse')).toEqual([
      '1 inside buy 1 @ 98 maker',
      '1 inside sell 1 @ 95 taker',
    ])
    expect(run([flat(100), low, flat(97)], entry, 'better')).toEqual(['1 inside buy 1 @ 98 maker'])
    const high: Row = [100, 111, 97, 100]
    expect(run([flat(100), high, flat(100)], entry, 'worse')).toEqual(['1 inside buy 1 @ 98 maker'])
    expect(run([flat(100), high, flat(100)], entry, 'better')).toEqual([
      '1 inside buy 1 @ 98 maker',
      '1 inside sell 1 @ 110 maker',
    ])
  })

  test('a gap is a gap on either path, and what only touches a target does not fill it', () => {
    for (const path of ['worse', 'better'] as const) {
      expect(run([flat(100), flat(100), [94, 111, 90, 100], flat(100)], bracket, path).at(-1)).toBe(
        '2 open sell 1 @ 94 taker',
      )
      expect(run([flat(100), flat(100), [100, 110, 94, 100], flat(100)], bracket, path).at(-1)).toBe(
        '2 inside sell 1 @ 95 taker',
      )
    }
  })
})

test('the full band follows what the strategy decides after the other outcome', () => {
  // after a loss it stays out; after a gain it buys again, and loses more than it had gained
  const rows = [flat(100), flat(100), BOTH, flat(100), flat(100), flat(70), flat(70)]
  const decide: Scene['decide'] = {
    0: () => buy({ qty: 1, stopLoss: 95, takeProfit: 110 }),
    2: ({ account }) => (account.grossProfit > 0 ? buy({ qty: 1 }) : undefined),
    5: () => close(),
  }
  const of = (path: 'worse' | 'better') => play({ rows, decide, kind: 'perpetual', cash: 1000, path })
  const [worse, better] = [of('worse'), of('better')]
  expect([worse.endEquity, better.endEquity]).toEqual([995, 980])
  const repriced = pathBand({ ...worse, bars: [barsOf(rows)], makerFee: { BTCUSDT: 0 } })
  expect(repriced.endEquity).toEqual({ low: 995, high: 1010 })
  expect(fullBand(repriced, worse, better)).toMatchObject({
    method: 'full', bars: 1, endEquity: { low: 980, high: 995 }, totalReturn: { low: 980 / 1000 - 1, high: 995 / 1000 - 1 },
    maxDrawdown: { low: 5 / 1000, high: 30 / 1010 },
  }) // biome-ignore format: one look
})

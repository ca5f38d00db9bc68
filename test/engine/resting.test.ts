import { describe, expect, test } from 'vitest'
import { buy, type OrderOptions, sell } from '../../src/core/order.ts'
import { HOUR, play, type Scene } from './scene.ts'

/**
 * Bars that no resting order can notice are passed over (`Broker.match`): an order that has slept through some of them
 * wakes at the very tick at which it would have on its first bar.
 */
const FLAT = [100, 101, 99, 100] as const
const SLEPT = [FLAT, FLAT, FLAT, FLAT, FLAT]

/** The order is placed holding one coin, sleeps, and meets `bar`. */
function wakesAt(
  order: Parameters<typeof sell>[0],
  side: typeof buy,
  bar: readonly [number, number, number, number],
  more: Partial<Scene> = {},
) {
  const run = play({
    rows: [...SLEPT, bar, FLAT],
    decide: { 0: () => buy({ qty: 1 }), 1: () => side({ ...order, id: 'it' } as OrderOptions) },
    ...more,
  })
  return run.fills.filter((fill) => fill.order === 'it').map(({ time, price }) => [time / HOUR, price])
}

describe('an order that has slept wakes at the tick it waits for, and not one before', () => {
  test.each([
    ['a sell stop', sell, { qty: 1, stop: 95 }, [100, 101, 95, 96], [100, 101, 95.01, 96], 95],
    ['a buy stop', buy, { qty: 1, stop: 105 }, [100, 105, 99, 104], [100, 104.99, 99, 104], 105],
    ['a sell touch', sell, { qty: 1, touch: 105 }, [100, 105, 99, 104], [100, 104.99, 99, 104], 105],
    ['a buy touch', buy, { qty: 1, touch: 95 }, [100, 101, 95, 96], [100, 101, 95.01, 96], 95],
    ['a sell limit', sell, { qty: 1, limit: 105 }, [100, 105.01, 99, 104], [100, 105, 99, 104], 105],
    ['a buy limit', buy, { qty: 1, limit: 95 }, [100, 101, 94.99, 96], [100, 101, 95, 96], 95],
    ['a sell stop-limit', sell, { qty: 1, stop: 95, limit: 94 }, [100, 101, 95, 96], [100, 101, 95.01, 96], 95],
    ['a buy stop-limit', buy, { qty: 1, stop: 105, limit: 106 }, [100, 105, 99, 104], [100, 104.99, 99, 104], 105],
  ] as const)('%s', (_, side, order, reaches, misses, price) => {
    expect(wakesAt(order, side, reaches)).toEqual([[5, price]])
    expect(wakesAt(order, side, misses)).toEqual([])
  })

  test.each([
    ['a sell limit', sell, { qty: 1, limit: 105 }, [100, 105, 99, 104], [100, 104.99, 99, 104], 105],
    ['a buy limit', buy, { qty: 1, limit: 95 }, [100, 101, 95, 96], [100, 101, 95.01, 96], 95],
  ] as const)('%s with limitTouch', (_, side, order, reaches, misses, price) => {
    expect(wakesAt(order, side, reaches, { limitTouch: true })).toEqual([[5, price]])
    expect(wakesAt(order, side, misses, { limitTouch: true })).toEqual([])
  })

  test('of two the one in reach wakes, whichever was placed first', () => {
    for (const ids of [
      ['far', 'near'],
      ['near', 'far'],
    ])
      expect(
        play({
          rows: [...SLEPT, [100, 101, 95, 96], FLAT],
          decide: {
            0: () => buy({ qty: 1 }),
            1: () =>
              ids.map((id) => (id === 'near' ? sell({ qty: 0.5, stop: 95, id }) : sell({ qty: 0.5, limit: 200, id }))),
          },
        }).fills.slice(1),
      ).toMatchObject([{ order: 'near', time: 5 * HOUR, price: 95 }])
  })
})

test('an order out of reach expires on the bar that opens at its time', () => {
  const run = play({
    rows: SLEPT,
    decide: { 0: () => buy({ qty: 1, limit: 50, tif: 'GTD', expiresAt: 3 * HOUR, id: 'it' }) },
  })
  expect(run.events.filter(({ type }) => type === 'cancelled')).toMatchObject([{ at: 3 * HOUR, reason: 'expired' }])
})

test('a trailing stop beside orders out of reach goes on trailing', () => {
  const run = play({
    rows: [FLAT, FLAT, FLAT, [100, 110, 100, 110], [110, 110, 107, 108], FLAT],
    decide: {
      0: () => buy({ qty: 1 }),
      1: () => [sell({ qty: 0.5, limit: 500 }), sell({ qty: 0.5, trail: { distance: 2 }, id: 'it' })],
    },
  })
  expect(run.fills.at(-1)).toMatchObject({ order: 'it', time: 4 * HOUR, price: 108 })
})

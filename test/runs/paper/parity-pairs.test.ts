import { expect, test } from 'vitest'
import { barOfIntervals, type OrderStory, pairOrders } from '../../../src/runs/paper/parity-pairs.ts'

/** Which order of a session is which of its backtest, where ids alone would say something else. */
const HOUR = 3_600_000
const barOf = barOfIntervals({ BTCUSDT: '1h' })

const order = (id: string, k: number, more: Partial<OrderStory> = {}): OrderStory => ({
  ...{ symbol: 'BTCUSDT', id, side: 'buy', role: 'order', tag: null, at: k * HOUR, qty: 1 },
  ...{ fills: [], refused: null, ended: null, ...more },
})

const paired = (paper: OrderStory[], backtest: OrderStory[]) => {
  const name = (one: OrderStory | null) => (one === null ? 'none' : `${one.id} ${one.at / HOUR}`)
  return pairOrders(paper, backtest, barOf).map((pair) => `${name(pair.paper)} = ${name(pair.backtest)}`)
}

test('legs of an entry that filled late are those of the entry, though of another bar', () => {
  const stop = { side: 'sell', role: 'stop' } as const
  expect(paired([order('in', 1), order('o2', 4, stop)], [order('in', 1), order('o2', 2, stop)])).toEqual([
    'in 1 = in 1',
    'o2 4 = o2 2',
  ])
})

test('of orders with one id on other bars the nearest is the one', () => {
  expect(paired([order('in', 21)], [order('in', 1), order('in', 20)])).toEqual(['in 21 = in 20', 'none = in 1'])
  expect(paired([order('in', 2), order('in', 21)], [order('in', 20)])).toEqual(['in 2 = none', 'in 21 = in 20'])
})

test('an order that the session did not send is not one of the same id long after, with what both sent between', () => {
  expect(paired([order('in', 10), order('in', 20)], [order('in', 1), order('in', 10)])).toEqual([
    'in 10 = in 10',
    'in 20 = none',
    'none = in 1',
  ])
})

test("a number that a counter has come to by another way is no other trade's stop", () => {
  const stop = { side: 'sell', role: 'stop' } as const
  // the session entered at 2, and its counter is ahead from then on; the backtest entered at 8
  const paper = [order('o1', 2), order('o2', 2, stop), order('o3', 5)]
  const backtest = [order('o1', 5), order('o2', 8, stop)]
  expect(paired(paper, backtest)).toEqual(['o1 2 = none', 'o2 2 = none', 'o3 5 = o1 5', 'none = o2 8'])
})

test('orders that all have one id are each paired with the nearest, however many there are', () => {
  const many = 20_000
  const all = (late: number) => Array.from({ length: many }, (_, k) => order('in', 3 * k + late))
  const pairs = pairOrders(all(1), all(0), barOf)
  // all with all would be 400 million pairs, which nobody's memory holds
  expect(pairs.length).toBe(many)
  expect(pairs.every(({ paper, backtest }) => paper!.at - backtest!.at === HOUR)).toBe(true)
})

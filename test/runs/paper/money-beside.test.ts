import { expect, test } from 'vitest'
import { AverageCost } from '../../../src/runs/paper/average-cost.ts'
import { moneyBeside, type OtherTrade, type OwnFill } from '../../../src/runs/paper/money-beside.ts'

/** `buy 2 at 100 as 7`: the id of the trade, and all of them in one millisecond where no time is said. */
function own(text: string, time = 0): OwnFill {
  const [side, qty, , price, , id] = text.split(' ')
  const amounts = { qty: Number(qty), price: Number(price), tradeId: Number(id) }
  return { symbol: 'BTCUSDT', side: side as 'buy' | 'sell', ...amounts, time }
}

const beside = (...fills: string[]) =>
  moneyBeside(
    [],
    fills.map((text) => own(text)),
    false,
  )

test.each([
  ['in the exchange’s order', ['buy 1 at 100 as 1', 'buy 1 at 105 as 2', 'sell 1 at 120 as 3'], 0],
  // 120 − 102.50 there, 120 − 100 here
  ['an entry behind a sale', ['buy 1 at 100 as 1', 'sell 1 at 120 as 3', 'buy 1 at 105 as 2'], -2.5],
  // 10 and nothing there; 110 − 90 here
  ['a sale behind an entry', ['buy 2 at 100 as 1', 'buy 1 at 70 as 3', 'sell 1 at 110 as 2'], -10],
  [
    'until the position is flat',
    ['buy 1 at 100 as 1', 'sell 1 at 120 as 3', 'buy 1 at 105 as 2', 'sell 1 at 90 as 4'],
    0,
  ],
  ['entries of a short', ['sell 1 at 100 as 1', 'buy 1 at 90 as 3', 'sell 1 at 94 as 2'], -3],
  ['a position turned over', ['buy 1 at 100 as 1', 'sell 2 at 110 as 3', 'buy 3 at 120 as 2'], -10],
])('%s', (_what, fills, money) => {
  expect(beside(...fills)).toBeCloseTo(money, 12)
})

test('the exchange’s times say it where an id is not known', () => {
  const fills = [own('buy 1 at 100 as ?', 1), own('sell 1 at 120 as ?', 3), own('buy 1 at 105 as ?', 2)]
  expect(moneyBeside([], fills, false)).toBeCloseTo(-2.5, 12)
})

test('on spot nothing is realised, and nothing differs', () => {
  const fills = ['buy 1 at 100 as 1', 'sell 1 at 120 as 3', 'buy 1 at 105 as 2'].map((text) => own(text))
  expect(moneyBeside([], fills, true)).toBe(0)
})

test('symbols have their own order', () => {
  const eth = { ...own('buy 1 at 50 as 1'), symbol: 'ETHUSDT' }
  expect(moneyBeside([], [own('buy 1 at 100 as 5'), eth, own('sell 1 at 120 as 6')], false)).toBe(0)
})

test('a trade of somebody else stands between fills of one millisecond by its id, whenever it was heard of', () => {
  const trade = { symbol: 'BTCUSDT', orderId: '9', clientId: 'web_1', system: null, at: 0, fee: '0' } as const
  const other: OtherTrade = { ...trade, tradeId: '2', side: 'buy', qty: '1', price: '110', after: 2 }
  // 120 − 105 there, 120 − 100 here
  expect(
    moneyBeside(
      [other],
      ['buy 1 at 100 as 1', 'sell 1 at 120 as 3'].map((text) => own(text)),
      false,
    ),
  ).toBe(-5)
})

test('what a fill would realise changes nothing', () => {
  const cost = new AverageCost()
  cost.take('buy', 2, 100)
  cost.take('buy', 2, 110)
  expect([cost.wouldRealise('sell', 1, 125), cost.wouldRealise('buy', 1, 125)]).toEqual([20, 0])
  expect([cost.take('sell', 5, 125), cost.held, cost.take('buy', 1, 120)]).toEqual([80, -1, 5])
})

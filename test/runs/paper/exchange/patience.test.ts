import { afterEach, expect, test, vi } from 'vitest'
import { Patience } from '../../../../src/runs/paper/exchange/patience.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('a symbol has a second of it in all, ten without any where that was not enough, and all of it again once what was waited for has come', () => {
  let now = 5000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const patience = new Patience()
  const after = (ms: number) => {
    now += ms
    return patience.left('BTCUSDT')
  }
  expect([after(0), after(400), after(700), after(5000)]).toEqual([1000, 600, 0, 0])
  expect(patience.left('ETHUSDT')).toBe(1000)
  expect(after(5000)).toBe(1000)
  expect(after(900)).toBe(100)
  patience.restore('BTCUSDT')
  expect(after(5000)).toBe(1000)
})

import { expect, test } from 'vitest'
import type { RunEvent } from '../../../src/core/event.ts'
import { comparePaid } from '../../../src/runs/paper/parity-funding.ts'

const PAID = { type: 'funding', at: 0, symbol: 'BTCUSDT', rate: 0.0001, mark: 50_000, qty: 2, paid: 10 } as const

test.each([
  [
    'the account held another position',
    { paid: 15 },
    'foreign',
    /position that is not the session’s: changed by somebody else/,
  ],
  ['another mark', { mark: 51_000, paid: 10.2 }, 'funding', /at another mark price/],
  ['another rate', { rate: 0.0002, paid: 20 }, 'funding', /at another rate/],
  ['another position of the session', { qty: 1, paid: 5 }, 'funding', /on another position/],
  ['digits that are left off', { paid: 10.00000001 }, 'funding', /was rounded otherwise/],
] as const)('funding that differs, by its cause: %s', (_, own, cause, text) => {
  const [item, ...more] = comparePaid([{ ...PAID, ...own }], [PAID])
  expect(more).toEqual([])
  expect(item).toMatchObject({ cause, symbol: 'BTCUSDT' })
  expect(item!.text).toMatch(text)
})

test('funding that is charged while the session holds nothing is somebody else’s, whatever the backtest held', () => {
  const own = { ...PAID, qty: 0, paid: 15 }
  const foreign = { cause: 'foreign', text: expect.stringMatching(/position that is not the session’s/) }
  expect(comparePaid([own], [])).toMatchObject([{ ...foreign, exact: -15n * 10n ** 28n, backtest: 'nothing' }])
  expect(comparePaid([own], [PAID])).toMatchObject([
    { ...foreign, exact: -15n * 10n ** 28n },
    { cause: 'funding', text: expect.stringMatching(/was not charged/), exact: 10n * 10n ** 28n },
  ])
})

test('funding of a position that only the session held is no other’s, though its end was told first', () => {
  const fill = (side: 'buy' | 'sell', time: number) =>
    ({ type: 'fill', at: time, fill: { symbol: 'BTCUSDT', side, qty: 2, time } }) as unknown as RunEvent
  const late = { ...PAID, at: 3_600_000, qty: 0 }
  const events = (end: number) => [fill('buy', 0), fill('sell', end), late]
  for (const end of [3_590_000, 3_600_020]) expect(comparePaid(events(end), [])).toMatchObject([{ cause: 'funding' }])
  expect(comparePaid(events(1_800_000), [])).toMatchObject([{ cause: 'foreign' }])
  const text = expect.stringMatching(/on a position that the backtest did not hold/)
  expect(comparePaid([PAID], [])).toMatchObject([{ cause: 'funding', text }])
})
